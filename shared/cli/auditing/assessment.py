"""What a round of audits says about the account, rule by rule: pass, fail, or unknown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shared.alerting.alert import LEVELS
from shared.cli.auditing.chapters import CHAPTERS, OTHER, chapter_of
from shared.detection.kinds.standing import Standing
from shared.detection.rule import Rule
from shared.events.event import Event
from shared.events.text import text_of

UNTOLD = "unknown"
"""What facts state in a field that the account does not tell (shared/audits/)."""

Status = Literal["fail", "unknown", "pass", "none"]
"""`none`: there is nothing of what the rule looks at."""


@dataclass(frozen=True)
class Finding:
    """One resource that a rule does not let pass, or that could not be seen. `why` is told where it is
    known."""

    resource: str
    region: str
    why: str = ""

    @property
    def name(self) -> str:
        """The resource, and where it is."""
        return f"{self.resource} ({self.region})" if self.region else self.resource


@dataclass(frozen=True)
class Assessed:
    """One rule's verdict on the account."""

    rule: Rule
    failed: tuple[Finding, ...]
    unknown: tuple[Finding, ...]
    passed: int

    @property
    def status(self) -> Status:
        """What is known to be wrong comes first, and what is unknown never passes."""
        if self.failed:
            return "fail"
        if self.unknown:
            return "unknown"
        return "pass" if self.passed else "none"


@dataclass(frozen=True)
class Chapter:
    """The verdicts of one area, the gravest first."""

    title: str
    rules: tuple[Assessed, ...]

    def count(self, status: Status) -> int:
        """How many rules have come out so."""
        return sum(each.status == status for each in self.rules)

    @property
    def score(self) -> int | None:
        """Of a hundred: the rules that pass, among those that had something to look at. None without any."""
        judged = len(self.rules) - self.count("none")
        return round(100 * self.count("pass") / judged) if judged else None


def assess(rules: Iterable[Rule], events: Sequence[Event]) -> list[Chapter]:
    """The chapters of the report, from one complete round of events."""
    judged = [_assessed(rule, events) for rule in rules if isinstance(rule.kind, Standing)]
    chapters = (
        (title, [a for a in judged if chapter_of(a.rule.item) == title]) for title in (*CHAPTERS, OTHER)
    )
    return [Chapter(title, tuple(sorted(found, key=_gravity))) for title, found in chapters if found]


def total(chapters: Iterable[Chapter]) -> Chapter:
    """All of them as one."""
    return Chapter("", tuple(each for chapter in chapters for each in chapter.rules))


def _assessed(rule: Rule, events: Sequence[Event]) -> Assessed:
    concerned = [event for event in events if rule.concerns(event) and event.fields["exists"]]
    failed = [event for event in concerned if rule.matches(event)]
    return Assessed(
        rule,
        tuple(Finding(text_of(e.fields["resource"]), text_of(e.fields["region"])) for e in failed),
        tuple(_unknown(rule, events)),
        len(concerned) - len(failed),
    )


def _unknown(rule: Rule, events: Sequence[Event]) -> Iterator[Finding]:
    """What could not be seen of what the rule looks at: resources, all of a kind, a field of a resource."""
    kinds = kinds_of(rule)
    for event in events:
        fields = event.fields
        if fields["kind"] == "unknown" and fields["of"] in kinds:
            why = f"{text_of(fields['api'])}: {text_of(fields['error'])}"
            yield Finding(text_of(fields["resource"]), text_of(fields["region"]), why)
        elif fields["kind"] in kinds and not rule.concerns(event) and (untold := _untold(rule, event)):
            why = f"{', '.join(untold)} can't be told"
            yield Finding(text_of(fields["resource"]), text_of(fields["region"]), why)


def _untold(rule: Rule, event: Event) -> list[str]:
    """The fields that the fact states as unknown, and for which there is a value that the rule finds fault
    with."""
    fields = event.fields
    return sorted(
        n for n in rule.watched.looked_at() if fields.get(n) == UNTOLD and _may_fail(rule, event, n)
    )


def _may_fail(rule: Rule, event: Event, name: str) -> bool:
    values = (clue.value for clue in rule.node.guard((name,)) or ())
    return any(rule.matches(replace(event, fields={**event.fields, name: value})) for value in values)


def kinds_of(rule: Rule) -> set[str]:
    """The kinds of facts that a rule looks at, lower case as its guard has them."""
    guard = rule.watched.guard(("kind",)) or frozenset()
    return {clue.value for clue in guard if clue.value is not None}


def _gravity(assessed: Assessed) -> tuple[int, int, str]:
    order: tuple[Status, ...] = ("fail", "unknown", "pass", "none")
    return order.index(assessed.status), -LEVELS.index(assessed.rule.level), assessed.rule.name
