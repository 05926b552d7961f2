"""`event_count`, `value_count`, `temporal`, `temporal_ordered`: so much, within a span of time.

https://github.com/SigmaHQ/sigma-specification (correlation rules). A rule holds for an hour (or a longer
`within`) if some window that ends in it is full. More sightings can only fill more windows, so order doesn't
matter; and the hour, not the event that filled the window, makes the alert's id, so a late event doesn't
change it. An attack that goes on is told once an hour.

Remembered are the sightings that can still fill a window of an hour not yet told, back to LATENESS.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, Literal

from shared.detection.duration import shown
from shared.detection.kinds.kind import LATENESS, Decision, Merged, Sighting, stored_time, told_time

MOST = 2000
"""Sightings kept under one key, or as many of their tags. Beyond it, besides the first and the last of each
kind, the oldest are forgotten: so late events may come too late, but no flood hides a step or a value."""

HOUR = 3600

WindowKind = Literal["event_count", "value_count", "value_rise", "temporal", "temporal_ordered"]

Span = tuple[int, int, int]
"""A full window in a list of sightings: its first, its last, and how much it counted."""


@dataclass(frozen=True)
class Window:
    """One rule's window. `steps` are the names of the selections that `temporal` kinds wait for; an event
    that matches several is each of them. An `event_count` that has one waits for it after the others.
    `weight` is the field that tells how many an event counts for; none: each is one. `value_rise` is a
    `value_count` that counts only numbers that rise."""

    kind: WindowKind
    by: tuple[str, ...]
    within: int
    gte: int = 1
    field: str = ""
    steps: tuple[str, ...] = ()
    weight: str = ""

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        stored, told = _read(old) if old is not None else ([], set())
        everything = _distinct([*stored, *seen])
        if self.kind == "event_count" and self.steps:
            everything.sort(key=_counted_first)
        full = {hour: span for hour, span in self._full(everything).items() if hour not in told}
        told |= full.keys()
        newest = everything[-1].time
        kept = self._still_needed(everything, told, newest - LATENESS - self.within)
        told = {hour for hour in told if (hour + 1) * self._hour > newest - LATENESS - self.within}
        value = {"seen": list(map(_stored, kept)), "told": sorted(told)}
        return Merged(
            value=value,
            changed=value != old,
            keep_until=newest + self.within + LATENESS + self._hour,
            decisions=tuple(self._decision(hour, everything, *full[hour]) for hour in sorted(full)),
        )

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        seen, told = _read(value)
        hours = f"; told for {', '.join(told_time(hour * self._hour) for hour in sorted(told))}"
        last = f", the last at {told_time(seen[-1].time)}" if seen else ""
        return f"{len(seen)} event(s){last}{hours if told else ''}"

    @property
    def _hour(self) -> int:
        return max(self.within, HOUR)

    def _hour_of(self, time: float) -> int:
        return int(time // self._hour)

    def _full(self, sightings: list[Sighting]) -> dict[int, Span]:
        """For each hour in which a full window ends, the first such window."""
        find = _FINDERS.get(self.kind, _sliding)
        first: dict[int, Span] = {}
        for span in find(self, sightings):
            first.setdefault(self._hour_of(sightings[span[1]].time), span)
        return first

    def _still_needed(self, sightings: list[Sighting], told: set[int], horizon: float) -> list[Sighting]:
        """Those that a window of an hour not yet told may still hold."""
        kept = sightings[bisect_left(sightings, horizon, key=_time) :]
        if told:
            hour, within = self._hour, self.within
            kept = [s for s in kept if s[0] // hour not in told or (s[0] + within) // hour not in told]
        return _bounded(self._thinned(kept) if self.kind in ("value_count", "temporal") else kept)

    def _thinned(self, sightings: list[Sighting]) -> list[Sighting]:
        """Without those that stand between two of the same tags, hour and window: every window that holds
        one of them holds one of the two, or ends in the same hour without it."""
        runs: dict[tuple[tuple[str, ...], float], list[Sighting]] = {}
        hour = self._hour
        for sighting in sightings:
            run = runs.setdefault((sighting[2], sighting[0] // hour), [])
            if len(run) > 1 and sighting[0] - run[-2][0] <= self.within:
                run.pop()
            run.append(sighting)
        return sorted(sighting for run in runs.values() for sighting in run)

    def _decision(self, hour: int, sightings: list[Sighting], start: int, end: int, count: int) -> Decision:
        inside = sightings[start : end + 1]
        values = list(dict.fromkeys(tag for sighting in inside for tag in sighting.tags))
        words = {
            "count": str(count),
            "span": shown(inside[-1].time - inside[0].time),
            "within": shown(self.within),
            "values": ", ".join(values[:5]) + (", …" if len(values) > 5 else ""),
        }
        return Decision(f"window {hour}", inside[-1], words, tuple(s.id for s in inside[-20:]))


def _read(value: dict[str, Any]) -> tuple[list[Sighting], set[int]]:
    return [_sighting(*stored) for stored in value["seen"]], {int(hour) for hour in value["told"]}


def _sighting(time: Any, id_: Any, tags: Any, weight: Any = 1) -> Sighting:
    return Sighting(stored_time(time), str(id_), tuple(map(str, tags)), int(weight))


def _stored(sighting: Sighting) -> list[Any]:
    """The opposite of `_sighting`; a weight of one is left out."""
    time, id_, tags, weight = sighting
    return [time, id_, list(tags), weight] if weight != 1 else [time, id_, list(tags)]


def _distinct(sightings: list[Sighting]) -> list[Sighting]:
    """Each event once, in the order of time."""
    ordered = sorted(sightings, reverse=True)
    by_id = {sighting[1]: sighting for sighting in ordered}
    return sorted(by_id.values())


def _counted_first(sighting: Sighting) -> tuple[float, bool]:
    """Syslog tells whole seconds: in one second, what is counted comes before what it is followed by, or a
    fast guesser's success would come too early by chance."""
    return sighting[0], bool(sighting[2])


def _sliding(window: Window, sightings: list[Sighting]) -> Iterator[Span]:
    """The full windows of the kinds that count tags, each the longest that ends at its sighting."""
    enough, start, tags = max(window.gte, len(window.steps)), 0, Counter[str]()
    for end, sighting in enumerate(sightings):
        tags.update(sighting.tags)
        while sighting.time - sightings[start].time > window.within:
            _take_out(tags, sightings[start].tags)
            start += 1
        if len(tags) >= enough:
            yield start, end, len(tags)


def _counting(window: Window, sightings: list[Sighting]) -> Iterator[Span]:
    """The same of the kind that counts events; if others follow them, those full windows that end in such."""
    enough, start, events = max(window.gte, len(window.steps)), 0, 0
    for end, sighting in enumerate(sightings):
        events += _counted(sighting)
        while sighting[0] - sightings[start][0] > window.within:
            events -= _counted(sightings[start])
            start += 1
        if events >= enough and (sighting[2] or not window.steps):
            yield start, end, events


def _rising(window: Window, sightings: list[Sighting]) -> Iterator[Span]:
    """The full windows in which a number rises: the most sightings, each greater than the one before it, with
    others between them left out. What only falls is one, however many numbers it tells on the way."""
    start = 0
    for end, sighting in enumerate(sightings):
        while sighting.time - sightings[start].time > window.within:
            start += 1
        rise = _longest_rise(number for s in sightings[start : end + 1] for number in _numbers(s.tags))
        if rise >= window.gte:
            yield start, end, rise


def _longest_rise(numbers: Iterable[int]) -> int:
    """The length of the longest rising subsequence: `lowest` holds the lowest end of one of each length."""
    lowest: list[int] = []
    for number in numbers:
        place = bisect_left(lowest, number)
        lowest[place : place + 1] = [number]
    return len(lowest)


def _numbers(tags: Iterable[str]) -> list[int]:
    return [int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) < 20]


def _counted(sighting: Sighting) -> int:
    """How many events it stands for; what others are followed by does not count itself."""
    return 0 if sighting[2] else sighting[3]


def _take_out(tags: Counter[str], gone: Iterable[str]) -> None:
    for tag in gone:
        tags[tag] -= 1
        if not tags[tag]:
            del tags[tag]


def _ordered(window: Window, sightings: list[Sighting]) -> Iterator[Span]:
    """Steps in order; those of the same second may stand in any order, for events tell no finer time."""
    starts: dict[int, float] = {}  # of the latest chain that has come to each step
    final = len(window.steps) - 1
    for time, together in groupby(enumerate(sightings), key=lambda pair: pair[1].time):
        at = {tag: position for position, sighting in together for tag in sighting.tags}
        for number, step in enumerate(window.steps):
            start = time if number == 0 else starts.get(number - 1)
            if step in at and start is not None and time - start <= window.within:
                starts[number] = start
        start = starts.get(final)
        if window.steps[final] in at and start is not None and time - start <= window.within:
            first, last = bisect_left(sightings, start, key=lambda s: s.time), at[window.steps[final]]
            yield first, last, last - first + 1


_FINDERS = {"event_count": _counting, "value_rise": _rising, "temporal_ordered": _ordered}

_time = itemgetter(0)


def _bounded(sightings: list[Sighting]) -> list[Sighting]:
    """At most MOST of them, or of their tags; see there."""
    if 2 * len(sightings) <= MOST and all(len(sighting[2]) < 3 for sighting in sightings):
        return sightings  # most often, and at a glance
    if sum(map(_room, sightings)) <= MOST:
        return sightings
    ends = {*{s.tags: s for s in reversed(sightings)}.values(), *{s.tags: s for s in sightings}.values()}
    by_worth = sorted(sightings, key=lambda s: (s in ends, s), reverse=True)
    taken_up = accumulate(map(_room, by_worth))
    return sorted(s for s, taken in zip(by_worth, taken_up, strict=True) if taken <= MOST)


def _room(sighting: Sighting) -> int:
    return max(len(sighting.tags), 1)
