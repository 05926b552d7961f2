"""Beats: stated now and then, never backwards, and never at the cost of the work that they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from shared.cloud.sls import ShardRange
from shared.health.beats import EVERY, Beat, Beats, place_of
from shared.state.in_memory import InMemoryStore
from shared.state.store import Stored, StoreUnavailable, Write
from shared.version import Version

START = datetime.now(timezone.utc)
ONE = Version("code", "alerts")


class Down:
    """A store that can't be reached."""

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        raise StoreUnavailable("down")

    def save(self, writes: Iterable[Write]) -> set[str]:
        raise StoreUnavailable("down")

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        raise StoreUnavailable("down")


def stated(beats: Beats, *moments: timedelta, version: Version = ONE) -> Beat:
    for moment in moments:
        beats.note(Beat("p/l/0", "detector", START + moment, version))
    (beat,) = beats.all()
    return beat


def test_a_beat_is_read_as_it_was_stated() -> None:
    assert stated(Beats(InMemoryStore()), timedelta()) == Beat("p/l/0", "detector", START, ONE)


def test_what_was_stated_just_now_is_not_stated_again() -> None:
    beats = Beats(InMemoryStore())
    assert stated(beats, timedelta(), EVERY / 2).at == START
    assert stated(beats, EVERY).at == START + EVERY


def test_a_call_that_took_long_does_not_put_the_clock_back() -> None:
    assert stated(Beats(InMemoryStore()), timedelta(minutes=5), timedelta()).at == START + timedelta(
        minutes=5
    )


def test_new_code_is_stated_at_once() -> None:
    beats = Beats(InMemoryStore())
    stated(beats, timedelta())
    assert stated(beats, EVERY / 10, version=Version("new", "alerts")).version.code == "new"


def test_a_store_that_is_down_costs_nobody_anything() -> None:
    Beats(Down()).note(Beat("p/l/0", "detector", START, ONE))


def test_places_are_shards_and_timers() -> None:
    shard = ShardRange("endpoint", "project", "logstore", 3, "begin", "end")
    assert place_of(shard, "detector") == "project/logstore/3"
    assert place_of(None, "detector") == "detector/timer"
