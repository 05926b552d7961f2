"""Silences in the store: what they say comes back as it was, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.matchers import LABELS, Matcher, parse_matcher
from shared.alerting.silences import LONGEST, Silences, silenced_by
from shared.state.in_memory import InMemoryStore
from shared.state.store import StoreUnavailable, Write
from tests.alerting.conftest import START

HOUR = timedelta(hours=1)
HIGH = [parse_matcher('level="high"')]


@pytest.fixture
def silences() -> Silences:
    return Silences(InMemoryStore())


@given(st.sampled_from(LABELS), st.sampled_from(["=", "!="]), st.text())
def test_a_matcher_is_read_back_as_it_was_whatever_its_value(label: str, operator: str, value: str) -> None:
    matcher = Matcher(label, operator, value)
    assert parse_matcher(str(matcher)) == matcher


@pytest.mark.parametrize("pattern", ["a|b", r"a\.b", r"\\", r'"\d+"', r"\\\""])
def test_a_regular_expression_is_read_back_as_it_was(pattern: str) -> None:
    matcher = Matcher("actor", "=~", pattern)
    assert parse_matcher(str(matcher)) == matcher


def test_a_silence_is_in_force_from_its_start_up_to_its_end(silences: Silences) -> None:
    made = silences.add(HIGH, "ann", "drill", START, HOUR)
    labels = {"level": "high"}
    assert silences.all() == [made]
    assert made.covers(labels, START)
    assert made.covers(labels, START + HOUR - timedelta(seconds=1))
    assert not made.covers(labels, START + HOUR)
    assert not made.covers({"level": "low"}, START)


def test_a_silence_that_is_ended_stays_on_record_and_covers_nothing(silences: Silences) -> None:
    made = silences.add(HIGH, "ann", "drill", START, HOUR)
    later = START + timedelta(minutes=5)
    assert silences.end(made.id, later) is not None
    assert silences.end(made.id, later) is None
    assert silences.end("unknown", later) is None
    assert silenced_by({"level": "high"}, silences.all(), later) is None
    assert [(s.id, s.ends) for s in silences.all()] == [(made.id, later)]


def test_the_same_id_again_changes_nothing_and_gives_the_first(silences: Silences) -> None:
    first = silences.add(HIGH, "ann", "drill", START, HOUR, "abc")
    assert silences.add(HIGH, "bob", "other", START + HOUR, HOUR, "abc") == first
    assert silences.all() == [first]


@pytest.mark.parametrize(
    ("matchers", "reason", "length", "says"),
    [
        ([], "why", HOUR, "needs a matcher"),
        (HIGH, "  ", HOUR, "needs a reason"),
        (HIGH, "why", LONGEST + HOUR, "at most 30 days"),
        (HIGH, "why", timedelta(0), "at most 30 days"),
    ],
)
def test_what_would_silence_too_much_is_refused(silences: Silences, matchers, reason, length, says) -> None:
    with pytest.raises(ValueError, match=says):
        silences.add(matchers, "ann", reason, START, length)
    assert silences.all() == []


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b"\xff", b'{"matchers": ["nonsense"]}'])
def test_a_silence_that_cant_be_read_silences_nothing_and_hides_no_other(caplog, value: bytes) -> None:
    store = InMemoryStore()
    store.save([Write("silence/torn", value, 0)])
    silences = Silences(store)
    made = silences.add(HIGH, "ann", "drill", START, HOUR)
    assert silences.all() == [made]
    assert silences.end("torn", START) is None
    assert "silence/torn can't be read" in caplog.text


def test_more_than_a_thousand_silences_are_all_in_force(silences: Silences) -> None:
    for number in range(1100):
        silences.add([Matcher("actor", "=", f"user-{number}")], "ann", "drill", START, HOUR)
    assert len(silences.all()) == 1100


class Contested(InMemoryStore):
    """Somebody else writes the same key just before each of the next `times` saves."""

    times = 0

    def save(self, writes: Iterable[Write]) -> set[str]:
        batch = list(writes)
        if self.times:
            self.times -= 1
            found = self.load([write.key for write in batch])
            super().save([Write(key, there.value or b"[]", there.version) for key, there in found.items()])
        return super().save(batch)


def test_a_silence_that_others_change_at_the_same_moment_is_ended_or_said_not_to_be() -> None:
    store = Contested()
    silences = Silences(store)
    made = silences.add(HIGH, "ann", "drill", START, HOUR)
    store.times = 100
    with pytest.raises(StoreUnavailable, match=f"others kept changing the silence {made.id}"):
        silences.end(made.id, START)
    assert silences.all() == [made]
    store.times = 2
    assert silences.end(made.id, START) is not None
    assert silences.all()[0].ends == START
