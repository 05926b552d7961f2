"""The report of an audit on a terminal: a table by area, and below it what to mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.alerting.neutralise import plain
from shared.cli.auditing.assessment import Assessed, Chapter, Finding, total
from shared.cli.auditing.last_time import Compared

MOST_NAMED = 10
"""Resources that one finding names; `--json` names all."""

STYLES = {"fail": "red", "unknown": "yellow", "pass": "green", "none": "dim"}
WORDS = {"fail": "FAIL", "unknown": "UNKNOWN", "pass": "pass", "none": "-"}


def show(chapters: list[Chapter], compared: Compared, out: Console) -> None:
    """Print the table, then each rule that does not pass, with what mends it."""
    out.print(_summary(chapters))
    for chapter in chapters:
        rows = [assessed for assessed in chapter.rules if assessed.status in ("fail", "unknown")]
        if rows:
            out.print(f"\n[bold]{escape(chapter.title)}[/bold]")
        for assessed in rows:
            out.print("\n".join(_told(assessed, compared)))
    out.print(f"\n{_changes(compared)}")


def _summary(chapters: list[Chapter]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("area")
    for heading in ("score", "fail", "unknown", "pass"):
        table.add_column(heading, justify="right")
    for chapter in chapters:
        table.add_row(escape(chapter.title), *_numbers(chapter))
    table.add_row("[bold]all[/bold]", *_numbers(total(chapters)))
    return table


def _numbers(chapter: Chapter) -> Iterator[str]:
    yield "-" if chapter.score is None else f"{chapter.score} %"
    for status in ("fail", "unknown", "pass"):
        count = chapter.count(status)
        yield f"[{STYLES[status]}]{count}[/]" if count else "0"


def _told(assessed: Assessed, compared: Compared) -> Iterator[str]:
    rule, style = assessed.rule, STYLES[assessed.status]
    yield f"  [{style}]{WORDS[assessed.status]}[/] {escape(f'[{rule.level}] {rule.title} ({rule.name})')}"
    yield from _named("    ", assessed.failed, rule.name, compared)
    yield from _named("    not seen: ", assessed.unknown, rule.name, compared)
    if assessed.failed:
        yield f"    mend: {escape(mend(assessed))}"


def mend(assessed: Assessed) -> str:
    """What mends it, and the page that says more."""
    page = f"trailguard runbook {assessed.rule.name}"
    return f"{assessed.rule.fix} ({page})" if assessed.rule.fix else page


def _named(lead: str, findings: Iterable[Finding], rule: str, compared: Compared) -> Iterator[str]:
    found = list(findings)
    for finding in found[:MOST_NAMED]:
        mark = " [bold]new[/bold]" if f"{rule}: {finding.name}" in compared.new else ""
        why = f" - {finding.why}" if finding.why else ""
        yield lead + escape(plain(f"{finding.name}{why}")) + mark
    if len(found) > MOST_NAMED:
        yield f"{lead}and {len(found) - MOST_NAMED} more"


def _changes(compared: Compared) -> str:
    if compared.is_first:
        return "The first audit from here: the next one is compared with it."
    return f"Since the last audit: {len(compared.new)} new, {len(compared.gone)} gone."
