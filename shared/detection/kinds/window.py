"""`event_count`, `value_count`, `temporal`, `temporal_ordered`: so much, within a span of time.

https://github.com/SigmaHQ/sigma-specification (correlation rules). Remembered: the sightings of the last
`within` plus LATENESS. A rule holds for an hour (or a longer `within`) if some window that ends in it is
full. More sightings can only fill more windows, so order doesn't matter; and the hour, not the event that
filled the window, makes the alert's id, so a late event doesn't change it. An attack that goes on is told
once an hour.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting

LATENESS = 600
"""Seconds that an event may come after later ones of its key and still be judged exactly."""

MOST = 2000
"""Sightings kept under one key. Beyond it the oldest are forgotten; a window of more was full long before."""

HOUR = 3600

WindowKind = Literal["event_count", "value_count", "temporal", "temporal_ordered"]


@dataclass(frozen=True)
class Full:
    """A window that is full: its last sighting, what it counted, and all that stand in it."""

    last: Sighting
    count: int
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True)
class Window:
    """One rule's window. `steps` are the names of the selections that `temporal` kinds wait for."""

    kind: WindowKind
    by: tuple[str, ...]
    within: int
    gte: int = 1
    field: str = ""
    steps: tuple[str, ...] = ()

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        stored = [Sighting(float(t), str(i), tuple(tags)) for t, i, tags in (old or {}).get("seen", [])]
        told = {int(bucket) for bucket in (old or {}).get("told", [])}
        everything = sorted({*stored, *seen})
        horizon = everything[-1].time - LATENESS - self.within
        kept = [sighting for sighting in everything if sighting.time >= horizon][-MOST:]
        full = {bucket: window for bucket, window in self._full(kept).items() if bucket not in told}
        told = {b for b in {*told, *full} if (b + 1) * self._bucket > horizon}
        value = {"seen": [[s.time, s.id, list(s.tags)] for s in kept], "told": sorted(told)}
        return Merged(
            value=value,
            changed=value != old,
            keep_until=kept[-1].time + self.within + LATENESS + self._bucket,
            decisions=tuple(self._decision(bucket, window) for bucket, window in sorted(full.items())),
        )

    @property
    def _bucket(self) -> int:
        return max(self.within, HOUR)

    def _full(self, sightings: list[Sighting]) -> dict[int, Full]:
        """For each bucket in which a full window ends, the first such window."""
        first: dict[int, Full] = {}
        for window in _FINDERS[self.kind](self, sightings):
            first.setdefault(int(window.last.time // self._bucket), window)
        return first

    def _decision(self, bucket: int, full: Full) -> Decision:
        span = full.last.time - full.sightings[0].time
        values = dict.fromkeys(tag for sighting in full.sightings for tag in sighting.tags)
        words = {
            "count": str(full.count),
            "span": shown(span),
            "within": shown(self.within),
            "values": ", ".join(list(values)[:5]) + (", …" if len(values) > 5 else ""),
        }
        ids = tuple(sighting.id for sighting in full.sightings[-20:])
        return Decision(f"window {bucket}", full.last, words, ids)


def _event_count(window: Window, sightings: list[Sighting]) -> Iterator[Full]:
    for inside in _sliding(window, sightings):
        if len(inside) >= window.gte:
            yield Full(inside[-1], len(inside), tuple(inside))


def _value_count(window: Window, sightings: list[Sighting]) -> Iterator[Full]:
    for inside in _sliding(window, sightings):
        values = Counter(tag for sighting in inside for tag in sighting.tags)
        if len(values) >= window.gte:
            yield Full(inside[-1], len(values), tuple(inside))


def _temporal(window: Window, sightings: list[Sighting]) -> Iterator[Full]:
    for inside in _sliding(window, sightings):
        if {tag for sighting in inside for tag in sighting.tags}.issuperset(window.steps):
            yield Full(inside[-1], len(inside), tuple(inside))


def _temporal_ordered(window: Window, sightings: list[Sighting]) -> Iterator[Full]:
    """Steps in order; those of the same second may stand in any order, for events tell no finer time."""
    starts: dict[int, float] = {}
    for time, together in groupby(sightings, key=lambda sighting: sighting.time):
        group = list(together)
        for number, step in enumerate(window.steps):
            if any(step in sighting.tags for sighting in group):
                start = time if number == 0 else starts.get(number - 1)
                if start is not None and time - start <= window.within:
                    starts[number] = max(start, starts.get(number, start))
        last = [sighting for sighting in group if window.steps[-1] in sighting.tags]
        start = starts.get(len(window.steps) - 1)
        if last and start is not None and time - start <= window.within:
            chain = tuple(s for s in sightings if start <= s.time <= time)
            yield Full(last[0], len(chain), chain)


def _sliding(window: Window, sightings: list[Sighting]) -> Iterator[deque[Sighting]]:
    """The window that ends at each sighting; the same deque each time."""
    inside: deque[Sighting] = deque()
    for sighting in sightings:
        inside.append(sighting)
        while sighting.time - inside[0].time > window.within:
            inside.popleft()
        yield inside


_FINDERS = {
    "event_count": _event_count,
    "value_count": _value_count,
    "temporal": _temporal,
    "temporal_ordered": _temporal_ordered,
}
