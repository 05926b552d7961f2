"""Receipts of drills: which rule's alert came through to which receivers, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from shared.alerting.alert import Alert
from shared.alerting.notice import Notice, notice_of
from shared.alerting.stored import readable
from shared.state.store import StateStore, Write

ORIGIN = "drill "
"""What the origin of a drill's alert begins with; its drill's name follows."""

CANARY = "canary"
"""The drill that never ends: a standing test, of which no channel is told."""

REMEMBERED = timedelta(days=7)


@dataclass(frozen=True)
class Receipt:
    """That an alert of a drill was routed. `sent` is when it set out, `told` when it came."""

    rule: str
    receivers: tuple[str, ...]
    channels: tuple[str, ...]
    sent: datetime
    told: datetime

    @property
    def seconds(self) -> float:
        """How long it was under way."""
        return max((self.told - self.sent).total_seconds(), 0.0)


@dataclass(frozen=True)
class Routed:
    """An alert of a drill, the receivers that take it, and their channels."""

    alert: Alert
    receivers: Sequence[str]
    channels: Sequence[str]

    @property
    def key(self) -> str:
        """Where its receipt is kept."""
        return f"drill/{drill_of(self.alert)}/{self.alert.rule}"

    @property
    def told_channels(self) -> Sequence[str]:
        """Those that are told of the drill; of a canary none."""
        return () if drill_of(self.alert) == CANARY else self.channels


class Drills:
    """The receipts in a store. Every method raises StoreUnavailable."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def note(self, routed: Iterable[Routed], now: datetime) -> None:
        """Write a receipt for each alert. The first one stays; of a canary, the last."""
        by_key = {each.key: each for each in routed}
        stored = self._store.load(by_key)
        self._store.save(
            Write(key, _encoded(each, now), stored[key].version, now + REMEMBERED)
            for key, each in by_key.items()
            if stored[key].value is None or drill_of(each.alert) == CANARY
        )

    def receipts(self, drill: str) -> Iterator[Receipt]:
        """Those of one drill so far."""
        for key, stored in self._store.scan(f"drill/{drill}/", 10_000):
            if receipt := readable(key, stored, _decoded):
                yield receipt


def drill_of(alert: Alert) -> str:
    """The drill that an alert of the mode `drill` belongs to."""
    return alert.origin.removeprefix(ORIGIN)


def notice_of_drill(alert: Alert) -> Notice:
    """What a channel is told of a drill. One for all its alerts, by its id, so that it comes once."""
    return replace(notice_of(alert), id=f"drill-{drill_of(alert)}", incident="")


def _encoded(routed: Routed, now: datetime) -> bytes:
    body = {
        "rule": routed.alert.rule,
        "receivers": list(routed.receivers),
        "channels": list(routed.channels),
        "sent": routed.alert.time.timestamp(),
        "told": now.timestamp(),
    }
    return json.dumps(body).encode()


def _decoded(value: bytes) -> Receipt:
    body = json.loads(value)
    sent, told = (datetime.fromtimestamp(body[name], timezone.utc) for name in ("sent", "told"))
    return Receipt(body["rule"], tuple(body["receivers"]), tuple(body["channels"]), sent, told)
