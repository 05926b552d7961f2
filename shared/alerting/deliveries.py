"""What has been told to whom: a record of its own for each alert and channel.

`pending/<channel>/<alert>` is written before the first attempt and goes when `sent/<channel>/<alert>` comes.
A pending record that is being worked on is not due for LEASE seconds: whoever dies in between loses nothing,
and nobody else tells the same alert meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.alerting.alert import Alert
from shared.alerting.channels.channel import Outcome
from shared.state.store import StateStore, Stored, Write

LEASE = timedelta(seconds=90)
REMEMBERED = timedelta(days=30)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)


@dataclass(frozen=True)
class Delivery:
    """One alert on its way to one channel. `version` is its record's, for compare-and-set."""

    target: str
    alert: Alert
    due: datetime
    attempts: int = 0
    reason: str = ""
    version: int = 0

    @property
    def key(self) -> str:
        """Where its pending record is kept."""
        return f"pending/{self.target}/{self.alert.id}"

    @property
    def sent_key(self) -> str:
        """Where it is remembered once it has been told."""
        return f"sent/{self.target}/{self.alert.id}"


def next_due(attempts: int, outcome: Outcome, now: datetime) -> datetime:
    """When to try again after the given number of attempts: doubling pauses, or as the other side said."""
    pause: timedelta = min(FIRST_PAUSE * int(2 ** min(attempts - 1, 10)), LONGEST_PAUSE)
    if outcome.kind == "rejected":
        pause = LONGEST_PAUSE
    if outcome.retry_after is not None:
        pause = max(pause, timedelta(seconds=outcome.retry_after))
    if outcome.until is not None:
        pause = max(pause, datetime.fromtimestamp(outcome.until, now.tzinfo) - now)
    return now + pause


class Deliveries:
    """The delivery records in a StateStore. Every method raises StoreUnavailable when it can't be reached."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def begin(self, wanted: Iterable[tuple[str, Alert]], now: datetime) -> list[Delivery]:
        """Take on those (channel, alert) pairs that nobody has told or taken on yet; each leased to us."""
        new = [Delivery(target, alert, now + LEASE) for target, alert in wanted]
        found = self._store.load([key for d in new for key in (d.key, d.sent_key)])
        open_ones = {d.key: d for d in new if not _exists(found[d.key]) and not _exists(found[d.sent_key])}
        return self._put(open_ones.values(), now)

    def due(self, now: datetime, limit: int = 500) -> list[Delivery]:
        """The pending deliveries whose time has come, leased to us."""
        waiting = [d for d in self.pending(limit) if d.due <= now]
        told = self._store.load([d.sent_key for d in waiting])
        self._store.save(Write(d.key, None, d.version) for d in waiting if _exists(told[d.sent_key]))
        leased = [replace(d, due=now + LEASE) for d in waiting if not _exists(told[d.sent_key])]
        return self._put(leased, now)

    def pending(self, limit: int = 500) -> Iterator[Delivery]:
        """Everything that is still to be told."""
        for _, stored in self._store.scan("pending/", limit):
            if stored.value is not None:
                yield _decoded(stored.value, stored.version)

    def record(self, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
        """Write down how an attempt went."""
        if outcome.kind == "sent":
            done = json.dumps({"at": now.isoformat(), "attempts": delivery.attempts + 1}).encode()
            self._store.save([Write(delivery.sent_key, done, 0, now + REMEMBERED)])
            self._store.save([Write(delivery.key, None, delivery.version)])
            return
        attempts = delivery.attempts + 1
        due = next_due(attempts, outcome, now)
        self._put([replace(delivery, due=due, attempts=attempts, reason=outcome.reason)], now)

    def _put(self, deliveries: Iterable[Delivery], now: datetime) -> list[Delivery]:
        """Write pending records; those whose write won, with their new versions."""
        by_key = {d.key: d for d in deliveries}
        lost = self._store.save(Write(d.key, _encoded(d), d.version) for d in by_key.values())
        won = {key: d for key, d in by_key.items() if key not in lost}
        versions = self._store.load(won)
        return [replace(d, version=versions[key].version) for key, d in won.items()]


def _exists(stored: Stored) -> bool:
    return stored.value is not None


def _encoded(delivery: Delivery) -> bytes:
    body: dict[str, Any] = {
        "target": delivery.target,
        "alert": delivery.alert.to_dict(),
        "due": delivery.due.isoformat(),
        "attempts": delivery.attempts,
        "reason": delivery.reason,
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decoded(value: bytes, version: int) -> Delivery:
    body = json.loads(value.decode("utf-8", "surrogatepass"))
    return Delivery(
        target=body["target"],
        alert=Alert.from_dict(body["alert"]),
        due=datetime.fromisoformat(body["due"]),
        attempts=body["attempts"],
        reason=body["reason"],
        version=version,
    )
