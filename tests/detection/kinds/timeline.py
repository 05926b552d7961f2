"""Sightings on a time line of seconds, and what a kind decides of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from shared.detection.kinds.kind import Decision, Kind, Sighting

START = 1_772_366_400.0
"""Noon of 2026-03-01 UTC, in Unix seconds: the beginning of an hour and of a day's half."""


def at(seconds: float, *tags: str, id: str = "") -> Sighting:
    """A sighting so many seconds after START; its id tells when and what, unless given."""
    return Sighting(START + seconds, id or f"{seconds} {' '.join(tags)}", tags)


class Told:
    """A kind with a memory: each batch is merged into what the store would have kept, as JSON."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.value: dict[str, Any] | None = None
        self.decisions: list[Decision] = []

    def batch(self, *sightings: Sighting) -> list[Decision]:
        """Merge one batch; what it decides."""
        merged = self.kind.merge(self.value, sightings)
        self.value = json.loads(json.dumps(merged.value))
        self.decisions += merged.decisions
        return list(merged.decisions)

    def each(self, sightings: Iterable[Sighting]) -> list[Decision]:
        """Each sighting as a batch of its own."""
        return [decision for sighting in sightings for decision in self.batch(sighting)]


def anchors(kind: Kind, *batches: Sequence[Sighting]) -> set[str]:
    """What a kind decides of these batches, as the anchors that alerts are named by."""
    told = Told(kind)
    for batch in batches:
        told.batch(*batch)
    return {decision.anchor for decision in told.decisions}
