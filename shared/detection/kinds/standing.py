"""`standing`: something is so, for as long as it is: told when it begins, and as resolved when it ends.

Every sighting tells whether it holds (the tag HOLDS) or not; what is not sighted stays as it was. Sightings
are taken in the order of their own time; one that is not newer than the last that was written down is left
out of account. While nothing changes, that time is written down once a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting, stored_time, told_time

HOLDS = "holds"

DAY = 86_400


@dataclass(frozen=True)
class Standing:
    """`remember` is how long, in seconds, a group that is sighted no more is remembered."""

    by: tuple[str, ...]
    remember: int = 400 * DAY

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        at, since, ended = _read(old)
        decisions: list[Decision] = []
        newest = at
        for sighting in sorted(seen):
            if sighting.time <= newest:
                continue
            newest, holds = sighting.time, HOLDS in sighting.tags
            if holds and not since:
                since = sighting.time
                decisions.append(_begun(sighting, ended))
            elif since and not holds:
                decisions.append(_ended(sighting, since))
                since, ended = 0.0, sighting.time
        changed = bool(decisions) or newest - at >= DAY
        value = {"at": newest if changed else at, "since": since, "ended": ended}
        return Merged(value, changed, newest + self.remember, tuple(decisions))

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        _, since, ended = _read(value)
        if since:
            return f"stands since {told_time(since)}"
        return f"ended at {told_time(ended)}" if ended else "does not stand"


def standing_since(value: dict[str, Any]) -> float:
    """Since when it stands, in Unix seconds; 0 where it does not. Raises one of MALFORMED."""
    return _read(value)[1]


def _read(value: dict[str, Any] | None) -> tuple[float, float, float]:
    if value is None:
        return 0.0, 0.0, 0.0
    return stored_time(value["at"]), stored_time(value["since"]), stored_time(value["ended"])


def _begun(sighting: Sighting, ended: float) -> Decision:
    """The anchor is the last end, not the moment: whoever looks again after a crash decides the same."""
    words = {"since": told_time(sighting.time), "age": ""}
    return Decision(f"after {ended}", sighting, words, (sighting.id,), "standing")


def _ended(sighting: Sighting, since: float) -> Decision:
    words = {"since": told_time(since), "age": age(sighting.time - since)}
    return Decision(f"ended {since}", sighting, words, (sighting.id,), "resolved")


def age(span: float) -> str:
    """How long, in whole days, hours or minutes."""
    unit = next(unit for unit in (DAY, 3600, 60) if span >= unit or unit == 60)
    return shown(max(int(span) // unit, 1) * unit)
