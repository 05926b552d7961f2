"""Running the tests at the bottom of rule files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from shared.detection.rule import Rule, RuleTest
from shared.events.event import Event
from shared.events.source import Source

RECEIVED = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""When the events of tests are received; their own eventTime, if given, comes first."""


@dataclass(frozen=True)
class Failure:
    """A test of a rule that did not come out as it says, or whose event can't be read."""

    rule: Rule
    test: RuleTest
    text: str


def run_tests(rules: Iterable[Rule], sources: Mapping[str, Source]) -> list[Failure]:
    """Every test of the rules as shipped; the ones that failed."""
    return [
        Failure(rule, test, text)
        for rule in rules
        for test in rule.tests
        if (text := run_test(rule, test, sources[rule.source]))
    ]


def run_test(rule: Rule, test: RuleTest, source: Source) -> str:
    """Empty if the test holds, otherwise what happened instead."""
    try:
        event = test_event(rule, test, source)
    except ValueError as error:
        return str(error)
    fired = rule.matches(event)
    if fired == test.fires:
        return ""
    decided = "; ".join(f"{reason.text} (found {reason.found!r})" for reason in rule.reasons(event))
    return f"{'fired' if fired else 'did not fire'}: {decided}"


def test_event(rule: Rule, test: RuleTest, source: Source) -> Event:
    """The event of a test. Raises ValueError when its source could not read it."""
    return source.read(dict(test.event), f"{rule.name}: {test.name}", RECEIVED)


test_event.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test
