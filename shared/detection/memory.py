"""The stateful rules' memory: what a batch saw, folded into the store, and the decisions that follow.

Told before stored: if this process dies in between, the next try decides the same again, under the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.detection.folds import Fold, Folds
from shared.detection.kinds.absent import REMEMBER, Absent
from shared.detection.kinds.first_seen import FirstSeen
from shared.detection.kinds.kind import LATENESS, MALFORMED, Decision, Merged
from shared.detection.kinds.standing import Standing
from shared.detection.remembered import (
    Corrupt,
    Remembered,
    beginning_of,
    first_look_of,
    prefix_of,
)
from shared.detection.rule import Rule
from shared.events.event import Event
from shared.state.store import StateStore, Stored, StoreUnavailable, Write

ATTEMPTS = 8
"""Tries to write a key that others keep changing."""

MOST_GROUPS = 100_000
"""Groups of one `absent` rule that are asked after."""

LONGEST_KEPT = 3 * 365 * 86_400
"""Seconds from now: nothing is kept longer without being written again."""


@dataclass(frozen=True)
class Settled:
    """A decision with all that an alert needs. `event` is None where the absence of events decided."""

    rule: Rule
    account_id: str
    group: tuple[str, ...]
    decision: Decision
    event: Event | None


@dataclass(frozen=True)
class Forgotten:
    """What a rule remembered under a key could not be read: it began anew there, and alerts of nothing that
    would have followed from it. `time` is the newest event's, or the look's."""

    rule: Rule
    account_id: str
    group: tuple[str, ...]
    time: datetime


Told = Settled | Forgotten


@dataclass(frozen=True)
class Folded:
    """A fold, merged with what was stored. `old` is None where nothing was, or nothing that can be read."""

    fold: Fold
    stored: Stored
    old: dict[str, Any] | None
    merged: Merged

    @property
    def is_new(self) -> bool:
        """Whether nothing was stored."""
        return self.stored.value is None

    @property
    def is_corrupt(self) -> bool:
        """Whether what was stored could not be read."""
        return self.old is None and not self.is_new


class Memory:
    """The memory of all stateful rules in one store. `now` is the clock that forgetting goes by."""

    def __init__(self, store: StateStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def settle(self, folds: Folds, tell: Callable[[Sequence[Told]], None]) -> None:
        """Merge what a batch saw into the store; `tell` gets the decisions before they are remembered.

        Two round trips for each 100 keys, more only where others write the same keys at the same time.
        Raises StoreUnavailable; then the same folds may be settled again, and give the same decisions.
        """
        pending = folds.by_key()
        for _ in range(ATTEMPTS):
            if not pending:
                return
            began = _beginnings(pending.values())
            stored = self._store.load([*pending, *began])
            beginnings = {key: _folded(fold, stored[key]) for key, fold in began.items()}
            folded = [_folded(fold, stored[key]) for key, fold in pending.items()]
            told = list(_told([*beginnings.values(), *folded], beginnings))
            if told:
                tell(told)
            lost = self._save([*beginnings.values(), *folded])
            pending = {f.key: f for f in pending.values() if {f.key, beginning_of(f.rule)} & lost}
        raise StoreUnavailable(f"others kept changing {next(iter(pending))}")

    def overdue(self, rules: Iterable[Rule], now: datetime) -> list[Told]:
        """The `absent` rules' decisions at `now`. A rule that never saw anything is counted from its first
        look. Raises StoreUnavailable."""
        told: list[Told] = []
        for rule in rules:
            if isinstance(rule.kind, Absent):
                for stored in self._expected(rule, now):
                    told += _silences(rule, rule.kind, stored, now)
        return told

    def standing(self, rules: Iterable[Rule]) -> Iterator[tuple[Rule, Remembered]]:
        """Every group of every `standing` rule that is remembered. What can't be read is left out: the next
        sighting tells of it. Raises StoreUnavailable."""
        for rule in rules:
            if isinstance(rule.kind, Standing):
                for _, stored in self._store.scan(prefix_of(rule), MOST_GROUPS):
                    with suppress(Corrupt):
                        yield rule, Remembered.of(stored.value or b"")

    def _save(self, folded: Iterable[Folded]) -> set[str]:
        now = self._now()
        writes = [_write(each, now) for each in folded if each.merged.changed]
        return self._store.save(writes) if writes else set()

    def _expected(self, rule: Rule, now: datetime) -> list[Stored]:
        """What the rule waits for: every group that came once; as long as none did, its first look."""
        first_look = first_look_of(rule)
        known = dict(self._store.scan(prefix_of(rule), MOST_GROUPS))
        if not known:
            value = {"last": now.timestamp()}
            until = _until(now.timestamp() + REMEMBER, now)
            body = Remembered("", (), value, until.timestamp())
            self._store.save([Write(first_look, body.encoded(), 0, until)])
        came = [stored for key, stored in known.items() if key != first_look]
        return came or list(known.values())


def _write(folded: Folded, now: datetime) -> Write:
    fold, until = folded.fold, _until(folded.merged.keep_until, now)
    body = Remembered(fold.account_id, fold.group, folded.merged.value, until.timestamp())
    return Write(fold.key, body.encoded(), folded.stored.version, until)


def _until(keep_until: float, now: datetime) -> datetime:
    """When to forget; not before LATENESS from now, for a backlog of old events is remembered, too."""
    return now + timedelta(seconds=min(max(keep_until - now.timestamp(), LATENESS), LONGEST_KEPT))


def _beginnings(folds: Iterable[Fold]) -> dict[str, Fold]:
    """For each `first_seen` rule, all that the batch saw of it: its beginning is remembered like a group."""
    began: dict[str, Fold] = {}
    for fold in folds:
        if isinstance(fold.rule.kind, FirstSeen):
            key = beginning_of(fold.rule)
            began.setdefault(key, Fold(key, fold.rule, fold.account_id, ())).seen.update(fold.seen)
    return began


def _folded(fold: Fold, stored: Stored) -> Folded:
    """The fold merged into what is stored; into nothing, where that is corrupt."""
    kind, seen = fold.rule.kind, list(fold.seen)
    assert kind is not None
    try:
        old = None if stored.value is None else Remembered.of(stored.value).value
        return Folded(fold, stored, old, kind.merge(old, seen))
    except (Corrupt, *MALFORMED):
        return Folded(fold, stored, None, kind.merge(None, seen))


def _told(folded: Iterable[Folded], beginnings: Mapping[str, Folded]) -> Iterator[Told]:
    for each in folded:
        fold = each.fold
        if each.is_corrupt:
            yield Forgotten(fold.rule, fold.account_id, fold.group, max(e.time for e in fold.seen.values()))
        for decision in _decisions(each, beginnings):
            # the event that decided may have come with an earlier batch; then the last of this one stands in
            event = fold.seen.get(decision.sighting) or fold.seen[max(fold.seen)]
            yield Settled(fold.rule, fold.account_id, fold.group, decision, event)


def _decisions(folded: Folded, beginnings: Mapping[str, Folded]) -> Sequence[Decision]:
    kind = folded.fold.rule.kind
    if not isinstance(kind, FirstSeen):
        return folded.merged.decisions
    if not folded.is_new or folded.fold.key in beginnings:
        return ()
    began = beginnings[beginning_of(folded.fold.rule)].merged.value["first"]
    return kind.decide(list(folded.fold.seen), float(began))


def _silences(rule: Rule, kind: Absent, stored: Stored, now: datetime) -> Iterator[Told]:
    """What is to be told of one key: a silence; or, each hour until it is written anew, that nobody knows."""
    try:
        known = Remembered.of(stored.value or b"")
        for decision in kind.overdue(known.value, now.timestamp()):
            yield Settled(rule, known.account_id, known.group, decision, None)
    except (Corrupt, *MALFORMED):
        yield Forgotten(rule, "", (), now)
