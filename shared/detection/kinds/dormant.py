"""`dormant`: seen before, but not for `after`. A key that was never seen is another matter (`first_seen`).

The alert's id is made of the last sighting before the absence, so that however many events follow, and in
whatever order, a return is told once. (Only where an absence ends within minutes of `after` can events that
come out of order change whether it counts.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting

REFRESH = 3600
"""Seconds after which the last sighting is written down again: not at every event."""


@dataclass(frozen=True)
class Dormant:
    """`remember` is how long a key that does not come back stays known."""

    by: tuple[str, ...]
    after: int
    remember: int

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        last = None if old is None else float(old["last"])
        decisions: list[Decision] = []
        for sighting in sorted(set(seen)):
            if last is not None and sighting.time - last > self.after:
                decisions.append(_returned(last, sighting))
            last = max(last or sighting.time, sighting.time)
        assert last is not None  # a merge without sightings is never asked for
        changed = old is None or last >= float(old["last"]) + REFRESH
        value = {"last": last} if changed or old is None else old
        return Merged(value, changed, float(value["last"]) + self.remember, tuple(decisions))


def _returned(last: float, sighting: Sighting) -> Decision:
    previous = datetime.fromtimestamp(last, timezone.utc)
    days = int((sighting.time - last) // 86_400)
    absence = f"{days} days" if days >= 2 else shown(int(sighting.time - last))
    words = {"previous": f"{previous:%Y-%m-%d %H:%M} UTC", "absence": absence}
    return Decision(f"since {int(last)}", sighting, words, (sighting.id,))
