"""`changed`: a snapshot differs from the last one of its key: rows added, removed, changed.

The first snapshot is a baseline and tells nothing. Snapshots are taken in the order of their own time; one
that is older than the last is left out of account.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.detection.kinds.kind import Decision, Merged, Sighting

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
        at, rows = (None, set()) if old is None else (float(old["at"]), set(map(str, old["rows"])))
        decisions: list[Decision] = []
        for snapshot in sorted(set(seen)):
            if at is not None and snapshot.time <= at:
                continue
            new = set(snapshot.tags)
            if at is not None and new != rows:
                decisions.append(_difference(rows, new, snapshot))
            at, rows = snapshot.time, new
        value = {"at": at, "rows": sorted(rows)}
        return Merged(value, value != old, float(at or 0) + self.remember, tuple(decisions))


def _difference(before: set[str], after: set[str], snapshot: Sighting) -> Decision:
    added, removed = sorted(after - before), sorted(before - after)
    words = {
        "added": _named(added),
        "removed": _named(removed),
        "count": str(len(added) + len(removed)),
        "changes": "; ".join(
            part
            for part in (
                f"added {_named(added)}" if added else "",
                f"removed {_named(removed)}" if removed else "",
            )
            if part
        ),
    }
    fingerprint = hashlib.sha256(json.dumps([added, removed]).encode()).hexdigest()[:16]
    return Decision(f"at {snapshot.time} {fingerprint}", snapshot, words, (snapshot.id,))


def _named(rows: list[str]) -> str:
    named = ", ".join(row.strip('"') for row in rows[:SHOWN])
    return named + (f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else "")
