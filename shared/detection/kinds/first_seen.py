"""`first_seen`: this value, or pair of values, was never seen before.

A rule learns for `learn` from the first event that it ever sees: what comes in that time is known and not
told. If its memory is lost, it learns anew rather than tell everything as new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting

REFRESH = 86_400
"""Seconds after which a known value's last sighting is written down again: not at every event."""


@dataclass(frozen=True)
class FirstSeen:
    """`remember` is how long a value that is not seen any more stays known."""

    by: tuple[str, ...]
    learn: int
    remember: int

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge. Whether it is told is for `decide`: that takes the rule's beginning, too."""
        first = min(s.time for s in seen) if old is None else min(float(old["first"]), min(seen).time)
        last = max(s.time for s in seen) if old is None else float(old["last"])
        newest = max(s.time for s in seen)
        if newest >= last + REFRESH:
            last = newest
        value = {"first": first, "last": last}
        return Merged(value, value != old, last + REFRESH + self.remember)

    def decide(
        self, old: dict[str, Any] | None, seen: Sequence[Sighting], began: float
    ) -> tuple[Decision, ...]:
        """The alert for a key that was not there, once the rule has learned since `began` (Unix seconds)."""
        first = min(seen)
        if old is not None or first.time < began + self.learn:
            return ()
        words = {"learned": shown(self.learn), "count": str(len(set(seen)))}
        return (Decision("first", first, words, (first.id,)),)
