"""Beats: functions state in the store where they have got to, and by which code.

`beat/<place>` for each shard that a function reads (`project/logstore/0`), and `beat/<function>/timer`. No
API tells how far a Log Service trigger is (its ETL job shows no checkpoint), so this does.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from shared.cloud.sls import ShardRange
from shared.state.store import StateStore, StoreUnavailable, Write
from shared.version import NOBODY_KNOWS, Version

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
"""What was stated so recently is not stated again."""

REMEMBERED = timedelta(days=7)
PREFIX = "beat/"
MOST = 10_000
TIMER = "timer"


@dataclass(frozen=True)
class Beat:
    """That a function had dealt, at `at`, with all that had come to `place` when it was called."""

    place: str
    function: str
    at: datetime
    version: Version = NOBODY_KNOWS

    @property
    def key(self) -> str:
        """Where it is kept."""
        return PREFIX + self.place


class Beats:
    """The beats in a store."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def note(self, beat: Beat) -> None:
        """State it, unless that was done just now by the same code. Without the store nothing is stated,
        which the watchdog sees; what the function has done stays done."""
        try:
            stored = self._store.load([beat.key])[beat.key]
            known = _decoded(beat.place, stored.value) if stored.value else None
            if known and known.version == beat.version and beat.at - known.at < EVERY:
                return
            self._store.save([Write(beat.key, _encoded(beat), stored.version, beat.at + REMEMBERED)])
        except StoreUnavailable as error:
            log.warning("no beat: %s", error)

    def all(self) -> Iterator[Beat]:
        """Every beat there is. Raises StoreUnavailable."""
        for key, stored in self._store.scan(PREFIX, MOST):
            if stored.value is not None:
                yield _decoded(key.removeprefix(PREFIX), stored.value)


def place_of(shard_range: ShardRange | None, function: str) -> str:
    """The place of what a trigger hands over; of a timer's call, where there is no range."""
    if shard_range is None:
        return f"{function}/{TIMER}"
    return f"{shard_range.project}/{shard_range.logstore}/{shard_range.shard}"


def _encoded(beat: Beat) -> bytes:
    body = {"function": beat.function, "at": beat.at.timestamp(), **vars(beat.version)}
    return json.dumps(body).encode()


def _decoded(place: str, value: bytes) -> Beat:
    body = json.loads(value)
    at = datetime.fromtimestamp(body["at"], timezone.utc)
    return Beat(place, body["function"], at, Version(body["code"], body["alerts"]))
