"""`all_new`: several things about a group are new at once: the country and the network of a user's address.

Where one is new alone, nothing is told and it is known from then on: a database that moves a known network to
another country alarms nobody. A group learns for `learn` from its own first event on. The first field's value
makes the alert's id. (Only sightings that share some new values and not others, within LATENESS of each
other, can by their order change which one is told.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.duration import shown
from shared.detection.kinds.kind import Decision, Merged, Sighting, stored_time, told_time

DAY = 86_400

MOST = 500
"""Values known of one group; beyond it those not seen for longest are forgotten."""


@dataclass(frozen=True)
class AllNew:
    """A sighting's tags are the values of `fields`, in their order. `remember`: see FirstSeen."""

    by: tuple[str, ...]
    fields: tuple[str, ...]
    learn: int
    remember: int

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        first, known = (min(seen).time, {}) if old is None else _read(old)
        first = min(first, min(seen).time)
        decisions: list[Decision] = []
        for sighting in sorted(seen):
            tags = self._named(sighting)
            if known and sighting.time >= first + self.learn and not known.keys() & set(tags):
                decisions.append(self._decision(sighting))
            day = sighting.time // DAY * DAY
            known |= {tag: max(day, known.get(tag, day)) for tag in tags}
        newest = max(known.values())
        value = {"first": first, "known": self._kept(known, newest)}
        return Merged(value, value != old, newest + DAY + self.remember, tuple(decisions))

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        first, known = _read(value)
        newest = sorted(known, key=lambda tag: known[tag], reverse=True)
        return f"since {told_time(first)}, {len(known)} known, the newest {', '.join(newest[:5])}"

    def _named(self, sighting: Sighting) -> list[str]:
        """The values, each with its field: a country and a network may be written alike."""
        return [f"{field} {tag}" for field, tag in zip(self.fields, sighting.tags, strict=True)]

    def _kept(self, known: dict[str, float], newest: float) -> dict[str, float]:
        recent = sorted(known, key=lambda tag: (known[tag], tag), reverse=True)[:MOST]
        return {tag: known[tag] for tag in sorted(recent) if known[tag] >= newest - self.remember}

    def _decision(self, sighting: Sighting) -> Decision:
        words = {"learned": shown(self.learn), "values": ", ".join(sighting.tags)}
        return Decision(f"new {sighting.tags[0]}", sighting, words, (sighting.id,))


def _read(value: dict[str, Any]) -> tuple[float, dict[str, float]]:
    return stored_time(value["first"]), {str(tag): stored_time(at) for tag, at in value["known"].items()}
