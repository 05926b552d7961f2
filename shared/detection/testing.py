"""Running the tests at the bottom of rule files: events, or stories of events, on a clock of their own."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from shared.detection.folds import Folds
from shared.detection.memory import Memory, Settled, Told
from shared.detection.rule import Finding, Rule, RuleTest
from shared.detection.sightings import match_of
from shared.events.event import Event
from shared.events.source import Source
from shared.state.in_memory import InMemoryStore

RECEIVED = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""When the first event of a test is received; an eventTime of its own, if given, comes first."""


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
        events = test_events(rule, test, source)
    except ValueError as error:
        return str(error)
    alerts = count_alerts(rule, events, source, test.silence)
    if alerts == test.fires if type(test.fires) is int else bool(alerts) == test.fires:
        return ""
    decided = "; ".join(f"{r.text} (found {r.found!r})" for r in rule.reasons(events[-1]))
    return f"should {_wanted(test.fires)}, and gave {alerts} alert(s): {decided}"


def _wanted(fires: bool | int) -> str:
    if type(fires) is int:
        return f"give {fires}"
    return "fire" if fires else "not fire"


def test_events(rule: Rule, test: RuleTest, source: Source) -> list[Event]:
    """The events of a test. Raises ValueError when their source could not read one.

    Where there are several, each gets its time from its offset and an id of its own, unless it tells them.
    """
    origin = f"{rule.name}: {test.name}"
    if len(test.events) == 1:
        return [_read(source, dict(test.events[0][1]), origin, RECEIVED)]
    return [
        _placed(source, dict(fields), origin, RECEIVED + timedelta(seconds=offset), f"{test.name} {number}")
        for number, (offset, fields) in enumerate(test.events)
    ]


def _placed(source: Source, fields: dict[str, Any], origin: str, at: datetime, event_id: str) -> Event:
    """An event of a story: at its offset, and one of a kind. Lines of logs have their own stamp and no id; in
    a story it is the offset that counts."""
    event = _read(source, {"eventId": event_id, **fields}, origin, at)
    own_id = event.id if "eventId" in fields else event_id
    return replace(event, id=own_id, time=event.time if "eventTime" in fields else at)


def _read(source: Source, fields: dict[str, Any], origin: str, received: datetime) -> Event:
    """The event; `facts` that it can't tell by itself, such as a country, may be given."""
    given = fields.pop("facts", {})
    event = source.read(fields, origin, received)
    if not given:
        return event
    return replace(event, fields={**event.fields, "facts": ChainMap(given, event.fields["facts"])})


def count_alerts(rule: Rule, events: Sequence[Event], source: Source, silence: int | None = None) -> int:
    """The alerts that a rule gives for events that come one by one; see findings_of."""
    found = list(findings_of(rule, events, source, silence))
    plain = sum(isinstance(each, Finding) for each in found)
    return plain + len(_identities(each for each in found if not isinstance(each, Finding)))


def findings_of(
    rule: Rule, events: Sequence[Event], source: Source, silence: int | None = None
) -> Iterator[Finding | Told]:
    """What a rule finds in events that come one by one, with a memory of its own.

    With `silence`, a timer looks for what is absent before the first event, and that long after the last.
    """
    memory = Memory(InMemoryStore(), lambda: RECEIVED)
    if silence is not None:
        memory.overdue([rule], events[0].time)
    for event in filter(rule.concerns, events):
        if rule.kind is None:
            yield Finding(rule, event)
            continue
        match, told = match_of(rule, event, source), list[Told]()
        memory.settle(Folds([match] if match else []), told.extend)
        yield from told
    if silence is not None:
        yield from memory.overdue([rule], events[-1].time + timedelta(seconds=silence))


def _identities(told: Iterable[Told]) -> set[tuple[str, tuple[str, ...], str]]:
    return {(t.account_id, t.group, t.decision.anchor) for t in told if isinstance(t, Settled)}


test_events.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test
