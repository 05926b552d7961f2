"""Steps of time with so many events in each, and which of them are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.detection.kinds.kind import Sighting
from shared.detection.kinds.surge import Surge
from tests.detection.kinds.timeline import START, Told

STEP, DAY = 300, 86_400
ERRORS = Surge(("host",), within=STEP, against=4 * STEP, factor=4, gte=10)


def step(number: int, events: int, first: int = 0, weight: int = 1) -> list[Sighting]:
    """So many events spread over a step."""
    start = START + number * STEP
    return [
        Sighting(start + each * STEP / events / 2, f"{number}/{first + each}", (), weight)
        for each in range(events)
    ]


def past(*counts: int) -> list[list[Sighting]]:
    """Steps with so many events, from step 0 on."""
    return [step(number, events) for number, events in enumerate(counts)]


def told_at(kind: Surge, batches: Iterable[Sequence[Sighting]]) -> list[int]:
    """The steps that are told, in the order of telling."""
    told = Told(kind)
    for batch in batches:
        if batch:
            told.batch(*batch)
    return [round((float(d.anchor.split()[1]) - START) / STEP) for d in told.decisions]
