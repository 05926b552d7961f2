"""The shipped rules: every test in their files, and what holds for all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.config import HERE, load_alerts
from shared.detection.items import ITEMS
from shared.detection.rule import Rule, RuleTest
from shared.detection.testing import run_test
from shared.events.sources import SOURCES

CONFIG = load_alerts()
RULES = CONFIG.shipped
FILES = sorted((HERE / "alerts" / "rules").rglob("*.yml"))
TESTS = [(rule, test) for rule in RULES for test in rule.tests]
CIS = [f"cis.alibaba.2.{number}" for number in range(10, 23)]
"""CIS Alibaba Cloud Foundation Benchmark 2.0.0, section 2: the controls that ask for an alert."""


def test_nothing_in_alerts_is_broken() -> None:
    assert [str(problem) for problem in CONFIG.problems] == []
    assert len(RULES) == len(FILES) > 100


@pytest.mark.parametrize(("rule", "test"), TESTS, ids=[f"{rule.name}: {test.name}" for rule, test in TESTS])
def test_a_rule_does_what_its_file_says(rule: Rule, test: RuleTest) -> None:
    assert run_test(rule, test, SOURCES[rule.source]) == ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_what_every_rule_needs(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert {bool(test.fires) for test in rule.tests} == {True, False}
    assert len({test.name for test in rule.tests}) == len(rule.tests)
    assert (CONFIG.directory / rule.runbook).is_file()
    assert rule.item in ITEMS
    assert rule.references
    assert rule.falsepositives
    assert rule.dedupe


@pytest.mark.parametrize("what", ["id", "name", "title"])
def test_no_two_rules_share(what: str) -> None:
    values = [getattr(rule, what).lower() for rule in RULES]
    assert [value for value in values if values.count(value) > 1] == []


@pytest.mark.parametrize("control", CIS)
def test_a_rule_serves_each_control_of_the_cis_benchmark(control: str) -> None:
    assert [rule.name for rule in RULES if control in rule.tags]


def test_every_tag_is_one_that_people_search_for() -> None:
    pattern = re.compile(r"attack\.(t\d{4}(\.\d{3})?|[a-z]+(-[a-z]+)*)|cis\.alibaba\.\d\.\d+")
    assert [tag for rule in RULES for tag in rule.tags if not pattern.fullmatch(tag)] == []


def own_pages() -> set[str]:
    """The pages that alerts of Trailguard's own name, which no rule has."""
    sources = (path.read_text(encoding="utf-8") for path in (HERE / "shared" / "alerting").glob("*.py"))
    return {page for source in sources for page in re.findall(r'"runbooks/([a-z-]+\.md)"', source)}


def test_every_runbook_is_used() -> None:
    pages = {path.name for path in (CONFIG.directory / "runbooks").glob("*.md")}
    assert pages - {Path(rule.runbook).name for rule in RULES} <= own_pages() | {"README.md"}


def test_every_page_that_trailguards_own_alerts_name_is_there() -> None:
    assert len(own_pages()) >= 3
    assert [page for page in own_pages() if not (CONFIG.directory / "runbooks" / page).is_file()] == []
