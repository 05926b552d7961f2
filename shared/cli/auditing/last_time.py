"""What the last audit found, to compare with: kept in the state store beside what audits remember.

An audit is compared with the last one that looked at the same: account, collectors, and regions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from shared.audits.unit import Unit
from shared.cli.auditing.assessment import Chapter
from shared.state.store import StateStore, Write


def key_of(account_id: str, units: Iterable[Unit]) -> str:
    """Where the findings of an audit of these units are kept. The units are hashed: a key is short."""
    looked_at = "\n".join(sorted(unit.key for unit in units))
    return f"audit/report/{account_id}/{sha256(looked_at.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Compared:
    """What has changed since the last audit: findings as `rule: resource`. `is_first`: there was none."""

    is_first: bool
    new: frozenset[str]
    gone: frozenset[str]


def findings(chapters: Iterable[Chapter]) -> frozenset[str]:
    """Every finding, as one text each."""
    return frozenset(
        f"{assessed.rule.name}: {finding.name}"
        for chapter in chapters
        for assessed in chapter.rules
        for finding in assessed.failed
    )


def compare(chapters: Iterable[Chapter], store: StateStore, key: str) -> Compared:
    """The difference to the last audit under this key, which this one replaces. Raises StoreUnavailable.

    What could not be seen this time is not gone.
    """
    chapters = list(chapters)
    now, stored = findings(chapters), store.load([key])[key]
    before = _read(stored.value)
    unseen = {a.rule.name for chapter in chapters for a in chapter.rules if a.unknown}
    kept = frozenset(each for each in before or () if each.partition(": ")[0] in unseen)
    store.save([Write(key, json.dumps(sorted(now | kept)).encode(), stored.version)])
    if before is None:
        return Compared(True, frozenset(), frozenset())
    return Compared(False, now - before, before - now - kept)


def _read(value: bytes | None) -> frozenset[str] | None:
    """None for nothing, and for what can't be read: then there is nothing to compare with."""
    try:
        return None if value is None else frozenset(map(str, json.loads(value)))
    except (ValueError, TypeError):
        return None
