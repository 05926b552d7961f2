"""`changed`: a snapshot differs from the last one of its key: rows added, removed, changed.

The first snapshot is a baseline and tells nothing. Snapshots are taken in the order of their own time; one
that is not newer than the last is left out of account. (So the snapshots of one key have to come in order: an
older one that comes late is not compared with its neighbours, and the change is told of the newer one.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.kinds.kind import Decision, Merged, Sighting, stored_time, told_time

MOST = 2000
"""Rows remembered one by one. Those beyond it are remembered together: that they changed is told, not how."""

SHOWN = 5
"""Rows named in the summary."""


@dataclass(frozen=True)
class Changed:
    """Each sighting's tags are the rows of its snapshot, one JSON text each. `remember`: see Dormant."""

    by: tuple[str, ...]
    field: str
    remember: int

    def merge(self, old: dict[str, Any] | None, seen: Sequence[Sighting]) -> Merged:
        """See Kind.merge."""
        at, rows = (None, []) if old is None else _read(old)
        decisions: list[Decision] = []
        for snapshot in sorted(seen):
            if at is not None and snapshot.time <= at:
                continue
            new = _bounded(snapshot.tags)
            if at is not None and new != rows:
                decisions.append(_difference(set(rows), set(new), snapshot))
            at, rows = snapshot.time, new
        assert at is not None  # a merge without sightings is never asked for
        value = {"at": at, "rows": rows}
        return Merged(value, value != old, at + self.remember, tuple(decisions))

    def describe(self, value: dict[str, Any]) -> str:
        """See Kind.describe."""
        at, rows = _read(value)
        return f"{len(rows)} row(s) at {told_time(at)}: {_named(rows)}"


def _read(value: dict[str, Any]) -> tuple[float, list[str]]:
    if not isinstance(value["rows"], list):
        raise TypeError("rows are no list")
    return stored_time(value["at"]), sorted(map(str, value["rows"]))


def _bounded(rows: Iterable[str]) -> list[str]:
    ordered = sorted(set(rows))
    rest = ordered[MOST:]
    if rest:
        fingerprint = hashlib.sha256(json.dumps(rest).encode()).hexdigest()[:12]
        return sorted([*ordered[:MOST], f"and {len(rest)} more rows ({fingerprint})"])
    return ordered


def _difference(before: set[str], after: set[str], snapshot: Sighting) -> Decision:
    added, removed = sorted(after - before), sorted(before - after)
    told = [f"{what} {_named(rows)}" for what, rows in (("added", added), ("removed", removed)) if rows]
    words = {
        "added": _named(added),
        "removed": _named(removed),
        "count": str(len(added) + len(removed)),
        "changes": "; ".join(told),
    }
    return Decision(f"at {snapshot.time}", snapshot, words, (snapshot.id,))


def _named(rows: list[str]) -> str:
    named = ", ".join(row.strip('"') for row in rows[:SHOWN])
    return named + (f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else "")
