"""Sending what is due: within each channel's budget, folded into a digest when there is too much."""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.alerting.channels.channel import OUT_OF_TIME, Outcome
from shared.alerting.deliveries import Deliveries, Delivery
from shared.alerting.digest import digest_of, split
from shared.alerting.incident import gravity
from shared.alerting.notice import Notice
from shared.alerting.receivers import Target
from shared.state.store import StateStore, StoreUnavailable, Write

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)


@dataclass
class Sent:
    """What came of it: outcomes by kind; the deliveries that failed, and those that were given up."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[Delivery, Outcome]] = field(default_factory=list)
    dead: list[Delivery] = field(default_factory=list)


class Sender:
    """Sends deliveries through targets. One channel's failure never stops or hides another's."""

    def __init__(
        self,
        targets: Iterable[Target],
        store: StateStore,
        deliveries: Deliveries,
        now: Callable[[], datetime],
    ) -> None:
        self._targets = {target.name: target for target in targets}
        self._store = store
        self._deliveries = deliveries
        self._now = now

    def send(self, due: Iterable[Delivery], deadline: float) -> Sent:
        """Try each delivery once, the gravest first; `deadline` is in Unix seconds."""
        sent = Sent()
        by_target: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in sorted(due, key=_gravity):
            by_target[delivery.target].append(delivery)
        for name, deliveries in by_target.items():
            self._send_to(name, deliveries, sent, deadline)
        return sent

    def _send_to(self, name: str, deliveries: list[Delivery], sent: Sent, deadline: float) -> None:
        """Singly while the budget lasts; the last place in it is for a digest of all the rest."""
        target = self._targets.get(name)
        room = len(deliveries)
        if target is not None and target.per_minute:
            room = self._reserve(target, len(deliveries))
        singly = deliveries if len(deliveries) <= room else deliveries[: max(room - 1, 0)]
        rest = deliveries[len(singly) :]
        for delivery in singly:
            self._attempt(target, [delivery], sent, deadline)
        if rest and room:
            self._attempt(target, rest, sent, deadline)
        elif rest:
            sent.outcomes["postponed"] += len(rest)
            self._deliveries.postpone(rest, self._now() + MINUTE / 2)

    def _attempt(
        self, target: Target | None, deliveries: list[Delivery], sent: Sent, deadline: float
    ) -> None:
        outcome = self._told(target, deliveries, deadline)
        sent.outcomes[outcome.kind] += len(deliveries)
        if outcome.kind != "sent":
            sent.failed += [(delivery, outcome) for delivery in deliveries]
        if outcome is OUT_OF_TIME:
            return
        try:
            sent.dead += self._deliveries.record(deliveries, outcome, self._now())
        except StoreUnavailable as error:
            log.error("%s: %s, unrecorded: %s", deliveries[0].key, outcome.kind, error)

    def _told(self, target: Target | None, deliveries: Sequence[Delivery], deadline: float) -> Outcome:
        if target is None:
            return Outcome.rejected(f"{deliveries[0].target} is no longer configured in routes.yml")
        if self._now().timestamp() >= deadline:
            return OUT_OF_TIME
        first = deliveries[0].notice
        notice = first if len(deliveries) == 1 else digest_of([d.notice for d in deliveries])
        outcome = _all_parts(target, notice, deadline)
        level = logging.INFO if outcome.kind == "sent" else logging.WARNING
        log.log(
            level, "%s %s to %s: %s %s", notice.kind, notice.id, target.name, outcome.kind, outcome.reason
        )
        return outcome

    def _reserve(self, target: Target, wanted: int) -> int:
        """How many messages the channel takes now, reserved; all that is wanted where that can't be known."""
        key, now = f"budget/{target.name}", self._now()
        try:
            stored = self._store.load([key])[key]
            recent = [at for at in json.loads(stored.value or b"[]") if now.timestamp() - at < 60]
            granted = max(min(wanted, (target.per_minute or wanted) - len(recent)), 0)
            body = json.dumps([*recent, *[now.timestamp()] * granted]).encode()
            lost = self._store.save([Write(key, body, stored.version, now + 2 * MINUTE)])
        except StoreUnavailable:
            return wanted
        return 0 if lost else granted


def _all_parts(target: Target, notice: Notice, deadline: float) -> Outcome:
    """The outcome of a notice, of a digest's every part; the first that fails stands for all."""
    outcome = Outcome.sent()
    for part in split(notice, target.channel.fits) if notice.entries else [notice]:
        outcome = guarded(target, part, deadline)
        if outcome.kind != "sent":
            break
    return outcome


def guarded(target: Target, notice: Notice, deadline: float) -> Outcome:
    """The channel's own outcome; a channel that breaks is that channel's failure alone."""
    try:
        return target.channel.send(notice, deadline)
    except Exception as error:
        log.exception("channel %s broke", target.name)
        return Outcome.retry(f"the channel broke: {type(error).__name__}")


def _gravity(delivery: Delivery) -> tuple[int, datetime]:
    return -gravity(delivery.notice.alert.level), delivery.notice.first
