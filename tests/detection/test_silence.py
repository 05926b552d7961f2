"""Rules on what is absent: a timer looks, and a rule file's tests can wait."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shared.detection.folds import Folds
from shared.detection.load import load_rule
from shared.detection.memory import Memory
from shared.detection.rule import Rule
from shared.detection.sightings import match_of
from shared.detection.testing import run_tests
from shared.events.heartbeat import HEARTBEAT, heartbeat
from shared.events.sources import SOURCES
from shared.located import ConfigError
from shared.state.in_memory import InMemoryStore
from tests.judging import rule_text

START = datetime(2026, 3, 1, tzinfo=timezone.utc)


def absent_rule(*tests: dict[str, Any]) -> Rule:
    text = rule_text(
        logsource={"product": "trailguard", "service": "heartbeat"},
        detection={"delivered": {"kind": "delivered"}, "condition": "delivered"},
        state={"absent": {"by": ["function"], "every": "1h"}},
        alert={"summary": "{function}: nothing since {since}", "runbook": "runbooks/x.md"},
        tests=[*tests],
    )
    return load_rule(text, "rules/absent.yml", SOURCES.values(), {})


ORDINARY = {
    "name": "ordinary",
    "event": {"kind": "delivered", "function": "f"},
    "silence": "50m",
    "fires": False,
}
TOO_LONG = {
    "name": "too long",
    "event": {"kind": "delivered", "function": "f"},
    "silence": "2h",
    "fires": True,
}
RULE = absent_rule(ORDINARY, TOO_LONG)


class Story:
    """A memory, and a clock in minutes after START."""

    def __init__(self) -> None:
        self.memory = Memory(InMemoryStore(), lambda: START)

    def delivered(self, minute: int, function: str = "f") -> None:
        event = heartbeat("delivered", function, 1, "1234567890123456", START + timedelta(minutes=minute))
        match = match_of(RULE, event, HEARTBEAT)
        assert match
        self.memory.settle(Folds([match]), lambda told: None)

    def look(self, minute: int) -> list[tuple[str, ...]]:
        return [s.group for s in self.memory.overdue([RULE], START + timedelta(minutes=minute))]


def test_what_never_came_is_missed_from_the_first_look() -> None:
    story = Story()
    assert story.look(0) == []
    assert story.look(60) == []
    assert story.look(80) == [()]


def test_a_first_look_before_the_first_event_is_no_silence_later() -> None:
    story = Story()
    assert story.look(0) == []
    for minute in range(10, 400, 30):
        story.delivered(minute)
        assert story.look(minute + 5) == []
    assert story.look(600) == [("f",)]


def test_each_group_is_missed_by_itself() -> None:
    story = Story()
    story.delivered(0, "f")
    story.delivered(0, "g")
    story.delivered(100, "g")
    assert story.look(110) == [("f",)]


def test_a_rule_file_can_wait_and_see() -> None:
    assert run_tests([RULE], SOURCES) == []
    wrong = absent_rule({**ORDINARY, "silence": "3h"}, {**TOO_LONG, "silence": "10m"})
    assert [failure.test.name for failure in run_tests([wrong], SOURCES)] == ["ordinary", "too long"]


def test_a_silence_that_is_no_span_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match="'long' is not a span of time"):
        absent_rule(ORDINARY, {**TOO_LONG, "silence": "long"})
