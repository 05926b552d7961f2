"""Drills: a rule is judged by the deployed functions on the events of its own tests, marked, and told of as
such.

An exercise is a record in a logstore of ours, under the topic of drills. Whichever function reads it has the
rule judge its test in a memory of its own, so that nothing real is learned from it, and leaves the alert in
the outbox with the mode `drill`. The notifier routes it, writes a receipt, and tells each channel once in a
drill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone

from shared.alerting.alert import Alert, alert_id
from shared.alerting.build import alert_of, alert_of_told
from shared.alerting.drills import CANARY, ORIGIN
from shared.detection.memory import Forgotten
from shared.detection.rule import Finding, Rule
from shared.detection.testing import findings_of, test_events
from shared.events.event import Event
from shared.events.source import Source
from shared.events.sources import SOURCES

CANARY_RULE = "actiontrail-stopped-or-deleted"
"""What the standing test is judged by."""


class DrillError(Exception):
    """The exercise can't be done: it names no rule, or its rule gives no alert for its own test."""


@dataclass(frozen=True)
class Exercise:
    """One rule of one drill. `sent` is in Unix seconds, as text: records hold nothing else."""

    drill: str
    rule: str
    sent: str

    def log(self) -> dict[str, str]:
        """As a record's fields."""
        return asdict(self)


def canary(now: datetime) -> Exercise:
    """The standing test, sent now."""
    return Exercise(CANARY, CANARY_RULE, str(now.timestamp()))


def exercise_in(contents: Mapping[str, str]) -> Exercise:
    """The exercise that a record holds. Raises DrillError."""
    try:
        exercise = Exercise(contents["drill"], contents["rule"], contents["sent"])
        datetime.fromtimestamp(float(exercise.sent), timezone.utc)
    except (KeyError, ValueError, OverflowError, OSError) as error:
        raise DrillError(f"not an exercise: {type(error).__name__}: {error}") from None
    return exercise


def drilled(exercise: Exercise, rules: Iterable[Rule], account_id: str) -> Alert:
    """The alert of the exercise's rule on its own test, marked. Raises DrillError."""
    rule = next((rule for rule in rules if rule.name == exercise.rule), None)
    if rule is None:
        raise DrillError(f"no rule '{exercise.rule}' is deployed, or it is switched off")
    alert = _alert(rule, SOURCES[rule.source])
    return replace(
        alert,
        id=alert_id(account_id, "drill", (exercise.drill,), rule.name),
        account_id=account_id,
        mode="drill",
        status="happened",
        finding="",
        origin=ORIGIN + exercise.drill,
        time=datetime.fromtimestamp(float(exercise.sent), timezone.utc),
    )


def _alert(rule: Rule, source: Source) -> Alert:
    """The first alert that the rule gives for its first test that should fire."""
    test = next((test for test in rule.tests if test.fires), None)
    if test is None:
        raise DrillError(f"{rule.name} has no test that fires")
    for found in findings_of(rule, _events(rule, source), source, test.silence):
        if isinstance(found, Finding):
            return alert_of(found, source)
        if not isinstance(found, Forgotten):
            return alert_of_told(found)
    raise DrillError(
        f"{rule.name} gives no alert for its test '{test.name}': an exception of yours may cover it"
    )


def _events(rule: Rule, source: Source) -> list[Event]:
    test = next(test for test in rule.tests if test.fires)
    try:
        return test_events(rule, test, source)
    except ValueError as error:
        raise DrillError(f"{rule.name}: {error}") from None
