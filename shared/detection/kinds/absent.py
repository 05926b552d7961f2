"""`absent`: expected at least every so often, and not there. Judged by a timer, not by events.

Times are taken in fifths of `every`, and so written down at most so often. The alert's id is made of the last
sighting's, so a silence is told once, however often the timer looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting, stored_time, told_time

REMEMBER = 90 * 86_400
"""Seconds that a key which stays away is asked after."""


@dataclass(frozen=True)
class Absent:
    """`every` is the longest time between two sightings that is ordinary."""

    by: tuple[str, ...]
    every: int

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        newest = max(sighting.time for sighting in seen)
        last = newest // self._step * self._step
        if old is not None:
            last = max(last, stored_time(old["last"]))
        value = {"last": last}
        return Merged(value, value != old, last + REMEMBER)

    def overdue(self, value: dict[str, Any], now: float) -> tuple[Decision, ...]:
        """The alert for a key whose stored `value` is too old at `now` (Unix seconds)."""
        last = stored_time(value["last"])
        if now - last <= self.every + self._step:
            return ()
        words = {"since": told_time(last), "silence": shown(int(now - last) // 60 * 60)}
        return (Decision(f"since {int(last)}", Sighting(now, f"absent since {int(last)}"), words),)

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        return f"last seen about {told_time(stored_time(value['last']))}"

    @property
    def _step(self) -> float:
        return self.every / 5
