"""The cost of a month: true to its formulas, open about what it does not know."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import yaml

from deploy.bill import PRICES, Book, CostError, Line, Volumes, bill, deployed, read, worked_out
from deploy.cost import main
from deploy.cost_page import page, table, totals
from shared.config import HERE
from tests.benchmarks import invocations

EXAMPLE = Volumes()


@pytest.fixture
def book() -> Book:
    return read()


def line(lines: list[Line], begin: str) -> Line:
    return next(line for line in lines if line.item.item.startswith(begin))


def test_the_page_is_the_one_that_the_command_makes(book: Book) -> None:
    written = (HERE / "docs" / "cost.md").read_text(encoding="utf-8")
    assert written == page(book, EXAMPLE, bill(book, EXAMPLE)) + "\n"


def test_the_quantities_are_what_the_formulas_say(book: Book) -> None:
    """Worked out here by hand, for a trail alone that is busy enough for a call in each interval."""
    lines = bill(book, Volumes(events=86_400, hosts=0, host_lines=0, oss_requests=0, alerts=0))
    calls = 30 * 86_400 / 3 + deployed()["timers"] * 30
    gigabytes = 86_400 * 30 * 1247 / 1e9 + calls * 1000 / 1e9
    assert line(lines, "Log Service: indexed").quantity == pytest.approx(gigabytes)
    assert line(lines, "Log Service: stored").quantity == pytest.approx(gigabytes * 1.2 * 365)
    assert line(lines, "Function Compute").quantity > calls / 10_000 * 75


def test_without_any_volume_the_timers_are_left(book: Book) -> None:
    lines = bill(book, Volumes(0, 0, 0, 0, 0, 0))
    assert line(lines, "Function Compute").quantity > 0
    assert line(lines, "Log Service: indexed").quantity < 1


def test_more_comes_to_more(book: Book) -> None:
    fewer, more = bill(book, EXAMPLE), bill(book, replace(EXAMPLE, host_lines=10 * EXAMPLE.host_lines))
    assert all(b.quantity >= a.quantity for a, b in zip(fewer, more, strict=True))
    assert line(more, "Log Service: stored").quantity > 3 * line(fewer, "Log Service: stored").quantity


def test_what_s_yaml_says_is_read_from_it(book: Book, tmp_path: Path) -> None:
    text = (HERE / "s.yaml").read_text().replace("memorySize: 512", "memorySize: 1024")
    (tmp_path / "s.yaml").write_text(text)
    assert deployed(tmp_path / "s.yaml")["memory_gb"] == 2 * deployed()["memory_gb"]
    assert (deployed()["interval"], deployed()["audits"], deployed()["retention"]) == (3, 144, 365)


def test_what_has_no_price_is_shown_and_left_out_by_name(book: Book) -> None:
    lines = bill(book, EXAMPLE)
    written = line(lines, "Tablestore: rows written")
    assert written.cost("USD") is None
    assert "| 10,000 CU | price: yours | price: yours |" in table([written])
    assert "left out, as no price is known: Tablestore: rows written" in totals(lines).splitlines()[0]


def test_a_price_of_yours_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = yaml.safe_load(PRICES.read_text())
    (written,) = (item for item in document["items"] if item["item"] == "Tablestore: rows written")
    written["prices"] = {"USD": {"per_unit": 0.006, "source": "our contract", "read": "2026-11-29"}}
    mine = tmp_path / "prices.yml"
    mine.write_text(yaml.safe_dump(document, sort_keys=False))
    assert main(["--prices", str(mine)]) == 0
    (usd, cny) = capsys.readouterr().out.splitlines()[-2:]
    assert "8 of 8 lines" in usd
    assert "left out" not in usd
    assert "left out" in cny


def test_a_price_without_its_source_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "prices.yml"
    mine.write_text(PRICES.read_text().replace("{per_unit: 4.5, source: ", "{per_unit: 4.5, sauce: "))
    assert main(["--prices", str(mine)]) == 2
    assert "source" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("event * 2", "event is not known"),
        ("__import__('os')", r"__import__\('os'\) is not known"),
        ("events.real", "events.real is not known"),
        ("events ** 9", r"events \*\* 9 is not known"),
        ("events / nothing", "division by zero"),
        ("events *", "formula 'events \\*'"),
    ],
)
def test_a_formula_that_can_t_be_worked_out_is_named(formula: str, told: str) -> None:
    with pytest.raises(CostError, match=told):
        worked_out(formula, {"events": 2, "nothing": 0})


def test_a_formula_is_arithmetic() -> None:
    assert worked_out("min(events, 5) * 2 + max(1, events) / 4 - 1", {"events": 8}) == 11


def test_every_name_that_is_measured_or_assumed_is_used(book: Book) -> None:
    formulas = " ".join([*book.quantities.values(), *(item.formula for item in book.items)])
    used = set(re.findall(r"[a-z]\w*", formulas))
    assert {*book.measured, *book.assumed, *deployed(), *vars(EXAMPLE)} - used == set()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_figures_are_still_of_the_order_that_a_function_uses(
    book: Book, package: Path, python: str
) -> None:
    """Rows and requests, which no noise of the machine changes; of a warm instance, and 100 events."""
    with invocations.bench(package, "actiontrail", "actiontrail_t") as bench:
        made = invocations.events()
        _, used = (bench.batch(list(islice(made, 100))) for _ in range(2))
    figures = book.measured
    reads = figures["trail_call_reads"] + 100 * figures["trail_record_reads"]
    assert reads / 3 < used.read < reads * 3
    assert figures["call_requests"] / 3 < used.requests < figures["call_requests"] * 3
    assert used.cpu > 0
