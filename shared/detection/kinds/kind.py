"""The port of the stateful kinds: what is remembered under a key, and what follows from it.

A kind is pure. `merge` takes what was stored and what this batch saw; the same sightings in any order, split
or repeated, lead to the same decisions, so that a batch can always be tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal, NamedTuple, Protocol

Status = Literal["happened", "standing", "resolved"]
"""What an alert tells of: something that happened; that something is so, or no longer so."""

LATENESS = 6 * 3600
"""Seconds that an event may come after later ones of its key and still be judged exactly. As long as the
store may be away: what waited for it meanwhile comes after what did not have to."""

EARLIEST, LATEST = -62_135_596_800.0, 253_402_300_800.0
"""The years 1 and 10000 in Unix seconds: times are stored that can be told."""


class Sighting(NamedTuple):
    """An event that a stateful rule matched, as its memory takes it: `time` in Unix seconds.

    `tags` are what the kind tells sightings apart by: the value counted, the steps matched. `weight` is how
    many it stands for where events are counted.
    """

    time: float
    id: str
    tags: tuple[str, ...] = ()
    weight: int = 1


@dataclass(frozen=True)
class Decision:
    """That an alert is due. `anchor` makes its id: whoever decides the same thing gives the same anchor.

    `sighting` is the event to tell of. `words` are for the summary: `count`, `span`, `previous`, …
    `status` is `standing` for what lasts until it is told as `resolved`.
    """

    anchor: str
    sighting: Sighting
    words: dict[str, str] = field(default_factory=dict)
    event_ids: tuple[str, ...] = ()
    status: Status = "happened"


@dataclass(frozen=True)
class Merged:
    """The memory after a merge: `value` as plain JSON types; `changed` says whether it needs storing."""

    value: dict[str, Any]
    changed: bool
    keep_until: float
    decisions: tuple[Decision, ...] = ()


class Kind(Protocol):
    """One way of remembering."""

    @property
    def by(self) -> tuple[str, ...]:
        """The fields whose values make a group, each of which is remembered by itself."""

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """Fold sightings, one at least, into what was stored (None: nothing yet).

        Raises nothing for a well-formed `old`; one of MALFORMED for a corrupt one.
        """

    def describe(self, value: dict[str, Any]) -> str:
        """A stored value in words. Raises one of MALFORMED for a corrupt one."""


MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What reading a value raises that nobody of ours has written."""


def stored_time(value: Any) -> float:
    """A time out of a stored value. Raises ValueError or TypeError for what can't be one."""
    time = float(value)
    if not EARLIEST <= time < LATEST:
        raise ValueError(f"{time} is no time")
    return time


def told_time(time: float) -> str:
    """A time for people: `2026-11-20 08:15 UTC`."""
    return f"{datetime.fromtimestamp(time, timezone.utc):%Y-%m-%d %H:%M} UTC"
