"""`dormant`: seen before, but not for `after`. A key that was never seen is another matter (`first_seen`).

Times are taken in whole hours, and so written down at most once an hour. The alert's id is made of the hour
of the last sighting before the absence: however many events follow, in whatever order, a return is told once.
(Only where an absence is longer than `after` by less than LATENESS, or `after` itself is shorter than that,
can events that come out of order change whether it counts.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting, stored_time, told_time

HOUR = 3600


@dataclass(frozen=True)
class Dormant:
    """`remember` is how long a key that does not come back stays known; twice `after` at least."""

    by: tuple[str, ...]
    after: int
    remember: int

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        last = None if old is None else stored_time(old["last"])
        decisions: list[Decision] = []
        for sighting in sorted(seen):
            hour = sighting.time // HOUR * HOUR
            if last is not None and hour - last > self.after:
                decisions.append(_returned(last, sighting))
            last = hour if last is None else max(last, hour)
        assert last is not None  # a merge without sightings is never asked for
        value = {"last": last}
        return Merged(value, value != old, last + max(self.remember, 2 * self.after), tuple(decisions))

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        return f"last seen in the hour of {told_time(stored_time(value['last']))}"


def _returned(last: float, sighting: Sighting) -> Decision:
    hours = int((sighting.time - last) // HOUR)
    absence = f"{hours // 24} days" if hours >= 48 else shown(hours * HOUR)
    words = {"previous": told_time(last), "absence": absence}
    return Decision(f"since {int(last)}", sighting, words, (sighting.id,))
