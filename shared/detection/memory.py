"""The stateful rules' memory: what a batch saw, folded into the store, and the decisions that follow.

Told before stored: if this process dies in between, the next try decides the same again, under the same ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from shared.detection.kinds.absent import Absent
from shared.detection.kinds.first_seen import FirstSeen
from shared.detection.kinds.kind import Decision, Merged, Sighting
from shared.detection.rule import Rule
from shared.detection.sightings import group_of, tags_of
from shared.events.event import Event
from shared.events.source import Source
from shared.state.store import StateStore, Stored, StoreUnavailable, Write

ATTEMPTS = 8
"""Tries to write a key that others keep changing."""

SHOWN = 120
"""Characters of a group's value that are kept for people to read."""


@dataclass(frozen=True)
class Settled:
    """A decision with all that an alert needs. `event` is None where the absence of events decided."""

    rule: Rule
    account_id: str
    group: tuple[str, ...]
    decision: Decision
    event: Event | None


@dataclass
class Fold:
    """What one batch saw under one key."""

    key: str
    rule: Rule
    account_id: str
    group: tuple[str, ...]
    seen: dict[Sighting, Event] = field(default_factory=dict)


class Corrupt(Exception):  # noqa: N818 - a state of the world
    """A stored value that can't be read; the rule begins anew for this key."""


class Memory:
    """The memory of all stateful rules in one store."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def settle(
        self, matches: Iterable[tuple[Rule, Event, Source]], tell: Callable[[Sequence[Settled]], None]
    ) -> None:
        """Fold a batch's matches into the store; `tell` gets the decisions before they are remembered.

        Two round trips for each 100 keys, more only where others write the same keys at the same time.
        Raises StoreUnavailable; then the same matches may be settled again, and give the same decisions.
        """
        pending = _folds(matches)
        for _ in range(ATTEMPTS):
            if not pending:
                return
            stored = self._store.load([*pending, *_beginnings(pending.values())])
            writes, decided = _merge_all(list(pending.values()), stored)
            if decided:
                tell(decided)
            lost = self._store.save(writes) if writes else set()
            pending = {f.key: f for f in pending.values() if {f.key, _beginning(f)} & lost}
        raise StoreUnavailable(f"others kept changing {next(iter(pending))}")

    def overdue(self, rules: Iterable[Rule], now: datetime) -> list[Settled]:
        """The `absent` rules' decisions at `now`. A rule that never saw anything is counted from its first
        look. Raises StoreUnavailable."""
        settled: list[Settled] = []
        for rule in rules:
            if isinstance(rule.kind, Absent):
                for stored in self._expected(rule, now):
                    settled += _silences(rule, rule.kind, stored, now)
        return settled

    def _expected(self, rule: Rule, now: datetime) -> list[Stored]:
        """What the rule waits for: every group that came once; as long as none did, its first look."""
        first_look = f"rule/{rule.id}/never"
        known = dict(self._store.scan(f"rule/{rule.id}/"))
        if not known:
            body = _encoded("", (), {"last": now.timestamp()})
            self._store.save([Write(first_look, body, 0, _moment((now + timedelta(days=365)).timestamp()))])
        came = [stored for key, stored in known.items() if key != first_look]
        return came or list(known.values())


def _folds(matches: Iterable[tuple[Rule, Event, Source]]) -> dict[str, Fold]:
    folds: dict[str, Fold] = {}
    for rule, event, source in matches:
        group = group_of(rule, event, source)
        if group is None:
            continue
        key = key_of(rule, event.account_id, group)
        fold = folds.setdefault(key, Fold(key, rule, event.account_id, group))
        fold.seen[Sighting(event.time.timestamp(), event.id, tags_of(rule, event))] = event
    return folds


def key_of(rule: Rule, account_id: str, group: tuple[str, ...]) -> str:
    """Where a group of a rule is remembered; of bounded length, whatever an attacker calls himself."""
    framed = "".join(f"{len(part)}:{part}" for part in (account_id, *group))
    digest = hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"rule/{rule.id}/{digest}"


def decoded(stored: Stored) -> tuple[dict[str, Any] | None, list[str]]:
    """A stored value and its group, None for one that is not there. Raises Corrupt."""
    if stored.value is None:
        return None, []
    try:
        body = json.loads(stored.value)
        return dict(body["value"]), [str(part) for part in body["group"]]
    except (ValueError, TypeError, KeyError) as error:
        raise Corrupt(str(error)) from None


def _encoded(account_id: str, group: tuple[str, ...], value: dict[str, Any]) -> bytes:
    body = {"account": account_id, "group": [part[:SHOWN] for part in group], "value": value}
    return json.dumps(body, separators=(",", ":")).encode()


def _merge_all(folds: list[Fold], stored: dict[str, Stored]) -> tuple[list[Write], list[Settled]]:
    began = {_beginning(fold): _began(fold, stored) for fold in folds if _beginning(fold)}
    writes = [*_begun(folds, stored, began)]
    settled: list[Settled] = []
    for fold in folds:
        old, merged = _merged(fold, stored[fold.key])
        decisions = merged.decisions
        if isinstance(fold.rule.kind, FirstSeen) and not (old is None and stored[fold.key].value is not None):
            decisions = fold.rule.kind.decide(old, list(fold.seen), began[_beginning(fold)])
        settled += [_settled(fold, decision) for decision in decisions]
        if merged.changed:
            body = _encoded(fold.account_id, fold.group, merged.value)
            writes.append(Write(fold.key, body, stored[fold.key].version, _moment(merged.keep_until)))
    return writes, settled


def _merged(fold: Fold, stored: Stored) -> tuple[dict[str, Any] | None, Merged]:
    """The fold merged into what is stored; into nothing, where that is corrupt."""
    assert fold.rule.kind is not None
    try:
        old, _ = decoded(stored)
        return old, fold.rule.kind.merge(old, list(fold.seen))
    except (Corrupt, KeyError, TypeError, ValueError):
        return None, fold.rule.kind.merge(None, list(fold.seen))


def _settled(fold: Fold, decision: Decision) -> Settled:
    """With the event that decided, if it is of this batch; else with the last that is."""
    event = fold.seen.get(decision.sighting) or fold.seen[max(fold.seen)]
    return Settled(fold.rule, fold.account_id, fold.group, decision, event)


def _beginning(fold: Fold) -> str:
    """Where a `first_seen` rule's beginning is kept; empty for the other kinds."""
    return f"began/{fold.rule.id}" if isinstance(fold.rule.kind, FirstSeen) else ""


def _beginnings(folds: Iterable[Fold]) -> set[str]:
    return {key for fold in folds if (key := _beginning(fold))}


def _began(fold: Fold, stored: dict[str, Stored]) -> float:
    try:
        value, _ = decoded(stored[_beginning(fold)])
        told = float(value["began"]) if value else None
    except (Corrupt, KeyError, TypeError, ValueError):
        told = None
    first = min(fold.seen).time
    return first if told is None else min(told, first)


def _begun(folds: list[Fold], stored: dict[str, Stored], began: dict[str, float]) -> Iterator[Write]:
    """Writes for beginnings that are new, or earlier than was known."""
    for key in _beginnings(folds):
        first = min([began[key], *(_began(fold, stored) for fold in folds if _beginning(fold) == key)])
        began[key] = first
        body = _encoded("", (), {"began": first})
        if stored[key].value != body:
            yield Write(key, body, stored[key].version)


def _silences(rule: Rule, kind: Absent, stored: Stored, now: datetime) -> Iterator[Settled]:
    try:
        value, group = decoded(stored)
        decisions = kind.overdue(value or {}, now.timestamp())
    except (Corrupt, KeyError, TypeError, ValueError):
        return
    account_id = str(json.loads(stored.value or b"{}").get("account", ""))
    for decision in decisions:
        yield Settled(rule, account_id, tuple(group), decision, None)


def _moment(seconds: float) -> datetime:
    """When to forget: never in the past, or a replay of old events would remember nothing."""
    now = datetime.now(timezone.utc)
    return max(datetime.fromtimestamp(seconds, timezone.utc), now + timedelta(hours=1))
