"""What has been told to whom: a record of its own for each notice and channel.

`pending/<channel>/<notice>` is written before the first attempt and goes when `sent/<channel>/<notice>`
comes. A pending record that is being worked on is not due for LEASE: whoever dies in between loses nothing,
and nobody else tells the same meanwhile. What could not be told for a day becomes `dead/<channel>/<notice>`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.alerting.channels.channel import Outcome
from shared.alerting.notice import Notice
from shared.alerting.stored import readable
from shared.state.store import StateStore, Stored, Write

LEASE = timedelta(seconds=90)
REMEMBERED = timedelta(days=30)
DEAD_AFTER = timedelta(hours=24)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)


@dataclass(frozen=True)
class Delivery:
    """One notice on its way to one channel. `since` is when it set out; `version` is its record's."""

    target: str
    notice: Notice
    due: datetime
    since: datetime
    attempts: int = 0
    reason: str = ""
    version: int = 0

    @property
    def key(self) -> str:
        """Where its pending record is kept."""
        return f"pending/{self.target}/{self.notice.id}"

    @property
    def sent_key(self) -> str:
        """Where it is remembered once it has been told."""
        return f"sent/{self.target}/{self.notice.id}"

    @property
    def dead_key(self) -> str:
        """Where it is kept once it has been given up."""
        return f"dead/{self.target}/{self.notice.id}"


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

    def begin(self, wanted: Iterable[tuple[str, Notice]], now: datetime) -> list[Delivery]:
        """Take on those (channel, notice) pairs that nobody has told or taken on yet; each leased to us."""
        new = [Delivery(target, notice, now + LEASE, now) for target, notice in wanted]
        found = self._store.load([key for d in new for key in (d.key, d.sent_key, d.dead_key)])
        settled = {key for key, stored in found.items() if _exists(stored)}
        return self._put([d for d in new if not settled & {d.key, d.sent_key, d.dead_key}])

    def due(self, now: datetime, limit: int = 10_000) -> list[Delivery]:
        """The pending deliveries whose time has come, leased to us."""
        waiting = [d for d in self.pending(limit) if d.due <= now]
        told = self._store.load([d.sent_key for d in waiting])
        done = [d for d in waiting if _exists(told[d.sent_key])]
        if done:
            self._store.save(Write(d.key, None, d.version) for d in done)
        return self._put([replace(d, due=now + LEASE) for d in waiting if not _exists(told[d.sent_key])])

    def pending(self, limit: int = 10_000) -> Iterator[Delivery]:
        """Everything that is still to be told."""
        return self._all("pending/", limit)

    def dead(self, limit: int = 1000) -> Iterator[Delivery]:
        """Everything that was given up."""
        return self._all("dead/", limit)

    def record(self, deliveries: Iterable[Delivery], outcome: Outcome, now: datetime) -> list[Delivery]:
        """Write down how an attempt for these went; those of them that are given up by it."""
        if outcome.kind == "sent":
            self._record_sent(list(deliveries), now)
            return []
        tried = [
            replace(
                d,
                due=next_due(d.attempts + 1, outcome, now),
                attempts=d.attempts + 1,
                reason=outcome.reason,
            )
            for d in deliveries
        ]
        dead = [d for d in tried if now - d.since >= DEAD_AFTER]
        self._put([d for d in tried if d not in dead])
        self._bury(dead, now)
        return dead

    def postpone(self, deliveries: Iterable[Delivery], due: datetime) -> None:
        """Try these again at `due`; no attempt was made."""
        self._put([replace(d, due=due) for d in deliveries])

    def _record_sent(self, deliveries: list[Delivery], now: datetime) -> None:
        done = json.dumps({"at": now.isoformat()}).encode()
        self._store.save(Write(d.sent_key, done, 0, now + REMEMBERED) for d in deliveries)
        self._store.save(Write(d.key, None, d.version) for d in deliveries)

    def _bury(self, deliveries: list[Delivery], now: datetime) -> None:
        if deliveries:
            self._store.save(Write(d.dead_key, _encoded(d), 0, now + REMEMBERED) for d in deliveries)
            self._store.save(Write(d.key, None, d.version) for d in deliveries)

    def _put(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Write pending records; those whose write won, with their new versions."""
        by_key = {d.key: d for d in deliveries}
        if not by_key:
            return []
        lost = self._store.save(Write(d.key, _encoded(d), d.version) for d in by_key.values())
        won = {key: d for key, d in by_key.items() if key not in lost}
        versions = self._store.load(won)
        return [replace(d, version=versions[key].version) for key, d in won.items()]

    def _all(self, prefix: str, limit: int) -> Iterator[Delivery]:
        for key, stored in self._store.scan(prefix, limit):
            if delivery := readable(key, stored, _decoded):
                yield replace(delivery, version=stored.version)


def _exists(stored: Stored) -> bool:
    return stored.value is not None


def _encoded(delivery: Delivery) -> bytes:
    body: dict[str, Any] = {
        "target": delivery.target,
        "notice": delivery.notice.to_dict(),
        "due": delivery.due.isoformat(),
        "since": delivery.since.isoformat(),
        "attempts": delivery.attempts,
        "reason": delivery.reason,
    }
    return json.dumps(body).encode()


def _decoded(value: bytes) -> Delivery:
    body = json.loads(value)
    return Delivery(
        target=body["target"],
        notice=Notice.from_dict(body["notice"]),
        due=datetime.fromisoformat(body["due"]),
        since=datetime.fromisoformat(body["since"]),
        attempts=body["attempts"],
        reason=body["reason"],
    )
