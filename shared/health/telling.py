"""Is told what should be? What waits for a channel, what was given up, whether the canary comes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from shared.alerting.deliveries import DEAD_AFTER, Deliveries, Delivery
from shared.alerting.drills import CANARY, Drills
from shared.health.check import Check, Verdict, asking, broken, ok, unknown
from shared.health.store import LINK as STORE
from shared.health.store import SCAN
from shared.health.trail_events import ago, latest
from shared.state.store import StateStore

PENDING, DEAD, CANARY_LINK = "deliveries", "dead letters", "canary"

SLOW = timedelta(minutes=30)
"""A delivery that waits longer has failed a few times; a channel's ten-minute block is no fault yet."""

SILENT = timedelta(minutes=30)
"""The canary sets out every five minutes."""

Clock = Callable[[], datetime]
Scanned = TypeVar("Scanned")


def pending(store: StateStore, now: Clock) -> Check[list[Delivery]]:
    """What is still to be told."""
    ask = _scanned(lambda: list(Deliveries(store).pending()))
    return Check(PENDING, ask, lambda found: judge_pending(found, now()), (STORE,))


def dead(store: StateStore, now: Clock, within: timedelta = timedelta(days=7)) -> Check[list[Delivery]]:
    """What was given up, as far as that happened `within` the last time."""
    ask = _scanned(lambda: list(Deliveries(store).dead()))
    return Check(DEAD, ask, lambda found: judge_dead(found, now() - within), (STORE,))


def canary(store: StateStore, now: Clock, needs: tuple[str, ...] = ()) -> Check[datetime | None]:
    """When the standing end-to-end test last came through."""
    ask = _scanned(lambda: latest(receipt.told for receipt in Drills(store).receipts(CANARY)))
    return Check(CANARY_LINK, ask, lambda told: judge_canary(told, now()), (STORE, *needs))


def judge_pending(found: Sequence[Delivery], now: datetime) -> Verdict:
    """Broken where one waits for more than SLOW."""
    late = sorted((d for d in found if now - d.since > SLOW), key=lambda d: d.since)
    if not late:
        return ok(f"{len(found)} wait" if found else "none waits")
    first = late[0]
    channels = ", ".join(sorted({d.target for d in late}))
    return broken(
        f"{len(found)} wait, the oldest for {ago(first.since, now)}: {first.reason or 'not tried yet'}",
        f"mend {channels}; what waits is tried again by itself, for a day",
    )


def judge_dead(found: Sequence[Delivery], after: datetime) -> Verdict:
    """Broken where one was given up after a moment. It was given up DEAD_AFTER it set out."""
    fresh = [d for d in found if d.since + DEAD_AFTER >= after]
    if not fresh:
        return ok("none")
    last = max(fresh, key=lambda d: d.since)
    return broken(
        f"{len(fresh)} given up after a day; the last one to {last.target}: {last.reason}",
        f"mend {last.target}; the alerts are in the alerts logstore: `trailguard alerts`",
    )


def judge_canary(told: datetime | None, now: datetime) -> Verdict:
    """Broken where none came for SILENT."""
    if told is None:
        return unknown("no canary has ever come through", "wait five minutes after the first deploy")
    if now - told <= SILENT:
        return ok(f"came through {ago(told, now)} ago")
    return broken(
        f"none came through for {ago(told, now)}: what happens now may be told to nobody",
        "`trailguard doctor` asks every link on its way; `trailguard drill` tries rule by rule",
    )


def _scanned(ask: Callable[[], Scanned]) -> Callable[[], Scanned]:
    def asked() -> Scanned:
        with asking(SCAN):
            return ask()

    return asked
