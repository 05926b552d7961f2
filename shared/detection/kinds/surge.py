"""`surge`: a group's events in one step of time are a multiple of what they were on average before.

Time is cut into steps of `within`, from 1970 on: a step of a day is a day in UTC. A step surges if it has
`gte` events or more, and at least `factor` times the average of the steps of the span `against` before it.
It is told as soon as it has them. Steps that surge one after the other are one surge, told once, under the
name of the first. It ends with the first step that does not: the events have ceased, or have become usual. A
burst over the turn of a step is judged in two pieces.

A step without events counts as zero, but only once the group has been known for the whole of `against`: what
has no past tells nothing, however loud. So the first burst of a group never seen before is missed; rules of
kind `first_seen` and fixed thresholds are for that. A group that is silent for `remember` is forgotten, and
learned anew; all are when `within` is changed.

Steps stay open for LATENESS, as long as ROOM lasts: each event counts once, however often it comes. (Of more
than K in a step, bottom_k.py keeps a sample and estimates how many.) Of closed steps the number is kept; an
event that comes later than that is left out of account. A group with more than K events a step keeps four
steps open. Hence, where steps come one after the other, in whatever order and pieces each, the decisions are
the same. A late event of an open step counts for it and for those after it. As it makes what was usual more,
a step may have been told that would not have been, had all come in order; none is told less, or twice. Where
it joins two surges that were told, they stay two. An event dated in the future closes all steps before it,
and the group is deaf until then: shared/events/dated.py keeps such events out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds import bottom_k
from shared.detection.kinds.bottom_k import Sketch
from shared.detection.kinds.kind import LATENESS, Decision, Merged, Sighting, stored_time, told_time

MOST_STEPS = 288
"""Steps that one is compared with: a day of five minutes, twelve days of hours."""

ROOM = 600
"""Hashes that the open steps of a group have room for. All that is stored of it stays below 16 KB."""

STEP_ROOM = 2
"""Hashes that the room of an open step by itself is worth."""

MOST_COPIES = 1000
"""What one event may weigh."""


@dataclass
class _Past:
    """What is remembered, by the number of a step: `closed` are counts, `open` what still grows. Everything
    is known from `since` on; what is before `start` is closed; `told` are steps of surges that were told."""

    since: int
    start: int
    closed: dict[int, int]
    open: dict[int, Sketch]
    told: set[int]

    def counts(self) -> dict[int, int]:
        """How many events each step has."""
        return self.closed | {step: bottom_k.count(sketch) for step, sketch in self.open.items()}


@dataclass(frozen=True)
class Surge:
    """`within` and `against` in seconds. `weight` is the field that tells how many an event counts for, up to
    MOST_COPIES; none: each is one. `remember`: see Dormant. Raises ValueError for spans that don't fit."""

    by: tuple[str, ...]
    within: int
    against: int
    factor: float
    gte: int
    weight: str = ""
    remember: int = 180 * 86_400

    def __post_init__(self) -> None:
        if self.within < 60:
            raise ValueError("'within' must be a minute or more")
        if self.against % self.within or not 2 <= self._steps <= MOST_STEPS:
            text = f"{shown(self.against)} is not 2 to {MOST_STEPS} times {shown(self.within)}"
            raise ValueError(f"'against' must be a whole multiple of 'within': {text}")
        if self.remember < self.against:
            raise ValueError("'remember' must not be shorter than 'against'")

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        past = self._past(old, seen)
        in_time = [sighting for sighting in seen if self._step_of(sighting) >= past.start]
        self._count(past, in_time)
        counts = past.counts()
        surges = self._told(past, counts)
        self._close(past, counts)
        value = self._stored(past)
        return Merged(
            value=value,
            changed=value != old,
            keep_until=(max(past.open) + 1) * self.within + self.remember,
            decisions=tuple(self._decision(step, counts, seen) for step in surges),
        )

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        past, within = _read(value), int(value["within"])
        counts, last = past.counts(), max(past.open)
        average = self._usual(counts, last)
        usual = f"{_rounded(average)} are usual" if self._knows(past, last) else "learning what is usual"
        told = f"; a surge was told at {told_time(max(past.told) * within)}" if past.told else ""
        return f"{_counted(counts[last])} event(s) from {told_time(last * within)}; {usual}{told}"

    @property
    def _steps(self) -> int:
        return self.against // self.within

    @property
    def _late_steps(self) -> int:
        return -(-LATENESS // self.within)

    def _step_of(self, sighting: Sighting) -> int:
        return int(sighting.time // self.within)

    def _past(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> _Past:
        """What was stored; nothing, where that was of steps of another length."""
        if old is not None and int(old["within"]) == self.within:
            return _read(old)
        first = min(map(self._step_of, seen))
        return _Past(first, first - self._late_steps, {}, {}, set())

    def _count(self, past: _Past, sightings: Iterable[Sighting]) -> None:
        """Take the sightings in."""
        ids: dict[int, list[str]] = {}
        for sighting in sightings:
            ids.setdefault(self._step_of(sighting), []).extend(_copies(sighting))
        for step, new in ids.items():
            past.open[step] = bottom_k.grown(past.open.get(step, []), new)
            past.since = min(past.since, step)

    def _told(self, past: _Past, counts: dict[int, int]) -> list[int]:
        """The surges that are to be told, by their first steps; `past` takes note of all steps that surge."""
        begun = []
        for step in sorted(past.open.keys() - past.told):
            if self._knows(past, step) and self._surges(counts, step):
                if past.told.isdisjoint((step - 1, step + 1)):
                    begun.append(step)
                past.told.add(step)
        return begun

    def _knows(self, past: _Past, step: int) -> bool:
        return past.since <= step - self._steps

    def _surges(self, counts: dict[int, int], step: int) -> bool:
        return counts[step] >= self.gte and counts[step] >= self.factor * self._usual(counts, step)

    def _usual(self, counts: dict[int, int], step: int) -> float:
        """How many events a step had, on average, before this one."""
        return sum(counts.get(before, 0) for before in range(step - self._steps, step)) / self._steps

    def _close(self, past: _Past, counts: dict[int, int]) -> None:
        """Close steps that are over, or that there is no room for; forget what is no longer needed."""
        past.start = max(past.start, max(past.open) - self._late_steps)
        past.start = _first_with_room(past.open, past.start)
        horizon = past.start - self._steps
        past.since = max(past.since, horizon)
        past.closed = {step: count for step, count in counts.items() if horizon <= step < past.start}
        past.open = {step: sketch for step, sketch in past.open.items() if step >= past.start}
        past.told = {step for step in past.told if step >= past.start - 1}

    def _stored(self, past: _Past) -> dict[str, Any]:
        """The opposite of `_read`."""
        return {
            "within": self.within,
            "since": past.since,
            "start": past.start,
            "closed": {str(step): past.closed[step] for step in sorted(past.closed)},
            "open": {str(step): bottom_k.packed(past.open[step]) for step in sorted(past.open)},
            "told": sorted(past.told),
        }

    def _decision(self, step: int, counts: dict[int, int], seen: Sequence[Sighting]) -> Decision:
        inside = sorted(s for s in seen if self._step_of(s) == step) or sorted(seen)
        words = {
            "count": _counted(counts[step]),
            "usual": _rounded(self._usual(counts, step)),
            "factor": f"{self.factor:g}",
            "span": shown(self.within),
            "against": shown(self.against),
        }
        return Decision(f"surge {step * self.within}", inside[-1], words, tuple(s.id for s in inside[-20:]))


def _read(value: dict[str, Any]) -> _Past:
    within = int(value["within"])
    past = _Past(
        since=int(value["since"]),
        start=int(value["start"]),
        closed={int(step): int(count) for step, count in value["closed"].items()},
        open={int(step): bottom_k.unpacked(text) for step, text in value["open"].items()},
        told=set(map(int, value["told"])),
    )
    for step in (past.since, past.start, *past.closed, *past.open, *past.told):
        stored_time(step * within)
    if not past.open or min(past.closed.values(), default=0) < 0:
        raise ValueError("no past has no open step, or less than nothing in a closed one")
    return past


def _copies(sighting: Sighting) -> list[str]:
    """An id for each that the sighting stands for."""
    return [f"{copy} {sighting.id}" for copy in range(min(sighting.weight, MOST_COPIES))]


def _first_with_room(open_steps: dict[int, Sketch], first: int) -> int:
    """The first step that there is room for, the last coming first; not before `first`."""
    room = ROOM
    for step in sorted(open_steps, reverse=True):
        room -= STEP_ROOM + len(open_steps[step])
        if room < 0:
            return max(first, step + 1)
    return first


def _counted(count: int) -> str:
    """Exact, or to two digits."""
    return str(count) if count < bottom_k.K else f"about {float(f'{count:.1e}'):.0f}"


def _rounded(average: float) -> str:
    return f"{average:.0f}" if average >= 10 else f"{average:.2g}"
