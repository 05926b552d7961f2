"""Sending what is due: within each channel's budget, folded into a digest when there is too much."""

from __future__ import annotations

import logging
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from shared.alerting.budget import planned
from shared.alerting.channels.channel import OUT_OF_TIME, Outcome
from shared.alerting.deliveries import Deliveries, Delivery
from shared.alerting.digest import digest_of, split
from shared.alerting.incident import gravity
from shared.alerting.notice import Notice
from shared.alerting.patience import IMPATIENT, SLOW, Patience
from shared.alerting.receivers import Target
from shared.alerting.robots import Robots
from shared.state.store import StateStore, StoreUnavailable

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)


@dataclass
class Sent:
    """What came of it: outcomes by kind; the deliveries that failed, and those that were given up."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[Delivery, Outcome]] = field(default_factory=list)
    dead: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True)
class Time:
    """Until when a channel may begin, and until when all must be done (Unix seconds)."""

    share: float
    deadline: float


class Sender:
    """Sends deliveries through targets. One channel's failure never stops or hides another's."""

    def __init__(
        self,
        targets: Iterable[Target],
        store: StateStore,
        deliveries: Deliveries,
        now: Callable[[], datetime],
        patience: Patience = IMPATIENT,
    ) -> None:
        self._patience = patience
        self._targets = {target.name: target for target in targets}
        self._robots = Robots(store, now)
        self._deliveries = deliveries
        self._now = now

    def send(self, due: Iterable[Delivery], deadline: float) -> Sent:
        """Try each delivery once, the gravest first; `deadline` is in Unix seconds.

        The time is shared: a slow channel begins nothing more once its part is over; the others have theirs.
        """
        sent = Sent()
        by_target: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in sorted(due, key=_gravity):
            by_target[delivery.target].append(delivery)
        for left, (name, deliveries) in zip(range(len(by_target), 0, -1), by_target.items(), strict=True):
            now = self._now().timestamp()
            self._send_to(name, deliveries, sent, Time(now + (deadline - now) / left, deadline))
        return sent

    def _send_to(self, name: str, deliveries: list[Delivery], sent: Sent, time: Time) -> None:
        """Singly while the budget lasts; the last is for a digest of the rest. Some may have to wait."""
        target = self._targets.get(name)
        if block := self._robots.block(name):
            self._settle(deliveries, block, sent)
            return
        if target is None or not target.per_minute:
            room, messages = sys.maxsize, [[delivery] for delivery in deliveries]
        else:
            if target.hears_ends:  # a digest can't tell a program what an incident has become
                deliveries.sort(key=lambda delivery: delivery.notice.state == "open")
            room = self._robots.reserve(target, len(deliveries))
            messages = planned(deliveries, room, target.channel.fits)
        done = self._attempt_all(target, messages, room, sent, time)
        if late := deliveries[done:]:
            sent.outcomes["postponed"] += len(late)
            self._deliveries.postpone(late, self._now() + MINUTE / 2)

    def _attempt_all(
        self, target: Target | None, messages: list[list[Delivery]], room: int, sent: Sent, time: Time
    ) -> int:
        """One after the other, while there is room; how many deliveries that settled. What stops the channel
        as a whole stands for those that are left."""
        done, patience = 0, self._patience
        for number, deliveries in enumerate(messages):
            if room <= 0:
                return done
            began = self._now()
            outcome = self._told(target, deliveries, time, patience)
            if outcome.kind == "retry":
                patience = IMPATIENT  # once for each channel: the next message would meet the same
            room -= outcome.posts
            done += len(deliveries)
            self._settle(deliveries, outcome, sent)
            if self._stops(deliveries[0].target, outcome, began):
                left = [delivery for message in messages[number + 1 :] for delivery in message]
                self._settle(left, outcome, sent)
                return done + len(left)
        return done

    def _stops(self, name: str, outcome: Outcome, began: datetime) -> bool:
        """Whether the channel, after this, had better be left alone for now."""
        if outcome.kind == "parked":
            self._robots.note_block(name, outcome)
            return True
        hangs = self._now() - began >= SLOW or outcome.retry_after is not None
        return outcome.kind == "retry" and outcome is not OUT_OF_TIME and hangs

    def _settle(self, deliveries: Sequence[Delivery], outcome: Outcome, sent: Sent) -> None:
        """Count and write down an outcome. Where there was no time to try, the lease brings them back."""
        sent.outcomes[outcome.kind] += len(deliveries)
        if outcome.kind != "sent":
            sent.failed += [(delivery, outcome) for delivery in deliveries]
        if outcome is OUT_OF_TIME or not deliveries:
            return
        try:
            sent.dead += self._deliveries.record(deliveries, outcome, self._now())
        except StoreUnavailable as error:
            log.error("%s: %s, unrecorded: %s", deliveries[0].key, outcome.kind, error)

    def _told(
        self, target: Target | None, deliveries: Sequence[Delivery], time: Time, patience: Patience
    ) -> Outcome:
        if target is None:
            return Outcome.rejected(f"{deliveries[0].target} is no longer configured in routes.yml")
        if self._now().timestamp() >= time.share:
            return OUT_OF_TIME
        first = deliveries[0].notice
        notice = first if len(deliveries) == 1 else digest_of([d.notice for d in deliveries])
        outcome = _all_parts(target, notice, time, patience)
        level = logging.INFO if outcome.kind == "sent" else logging.WARNING
        log.log(
            level, "%s %s to %s: %s %s", notice.kind, notice.id, target.name, outcome.kind, outcome.reason
        )
        return outcome


def _all_parts(target: Target, notice: Notice, time: Time, patience: Patience) -> Outcome:
    """The outcome of a notice, of a digest's every part; the first that fails stands for all."""
    outcome, posts = Outcome.sent(), 0
    for part in split(notice, target.channel.fits) if notice.entries else [notice]:
        outcome = patience.attempted(partial(guarded, target, part, time.deadline), time.share)
        posts += outcome.posts
        if outcome.kind != "sent":
            break
    return outcome if outcome.posts == posts else replace(outcome, posts=posts)


def guarded(target: Target, notice: Notice, deadline: float) -> Outcome:
    """The channel's own outcome; a channel that breaks is that channel's failure alone."""
    try:
        return target.channel.send(notice, deadline)
    except Exception as error:
        log.exception("channel %s broke", target.name)
        return Outcome.retry(f"the channel broke: {type(error).__name__}")


def _gravity(delivery: Delivery) -> tuple[int, datetime]:
    return -gravity(delivery.notice.alert.level), delivery.notice.first
