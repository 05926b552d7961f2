"""`first_seen`: this value, or pair of values, was never seen before.

A rule learns for `learn` from the first event that it ever sees: what comes in that time is known and not
told. If its memory is lost, it learns anew rather than tell everything as new. (Only within LATENESS of the
end of learning can the order in which events come change whether a value was learned.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting, stored_time, told_time

REFRESH = 86_400
"""Seconds after which a known value's last sighting is written down again: not at every event."""


@dataclass(frozen=True)
class FirstSeen:
    """`remember` is how long a value that is not seen any more stays known. `baseline` is the name of the
    selection whose events are known from the start: what a host lists when it is first asked."""

    by: tuple[str, ...]
    learn: int
    remember: int
    baseline: str = ""

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge. The rule's own beginning is remembered in the same way. Whether a value is told is
        for `decide`, which takes that into account."""
        times = [sighting.time for sighting in seen]
        first, last = min(times), max(times)
        if old is not None:
            first, known = min(first, stored_time(old["first"])), stored_time(old["last"])
            last = last if last >= known + REFRESH else known
        value = {"first": first, "last": last}
        return Merged(value, value != old, last + REFRESH + self.remember)

    def decide(self, seen: Sequence[Sighting], began: float) -> tuple[Decision, ...]:
        """The alert for a key that was not there, if the rule has learned since `began` (Unix seconds)."""
        first = min(seen)
        if first.time < began + self.learn or any(s.tags for s in seen if s.time <= first.time):
            return ()
        words = {"learned": shown(self.learn), "count": str(len(seen))}
        return (Decision("first", first, words, (first.id,)),)

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        first, last = stored_time(value["first"]), stored_time(value["last"])
        return f"first seen {told_time(first)}, last within a day after {told_time(last)}"
