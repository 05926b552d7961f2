"""`absent`: expected at least every so often, and not there. Judged by a timer, not by events.

The alert's id is made of the last sighting, so a silence is told once, however often the timer looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting

REMEMBER = 90 * 86_400
"""Seconds that a key which stays away is asked after."""


@dataclass(frozen=True)
class Absent:
    """`every` is the longest time between two sightings that is ordinary."""

    by: tuple[str, ...]
    every: int

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge. Written down at most each fifth of `every`."""
        newest = max(s.time for s in seen)
        last = None if old is None else float(old["last"])
        changed = last is None or newest >= last + self.every / 5
        value = {"last": newest if changed or last is None else last}
        return Merged(value, changed, value["last"] + REMEMBER)

    def overdue(self, value: dict[str, Any], now: float) -> tuple[Decision, ...]:
        """The alert for a key whose stored `value` is too old at `now` (Unix seconds)."""
        last = float(value["last"])
        if now - last <= self.every * 1.2:  # what is written down may lag by a fifth
            return ()
        since = datetime.fromtimestamp(last, timezone.utc)
        words = {"since": f"{since:%Y-%m-%d %H:%M:%S} UTC", "silence": shown(int(now - last) // 60 * 60)}
        return (Decision(f"since {int(last)}", Sighting(now, f"absent since {int(last)}"), words),)
