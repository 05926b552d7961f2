"""What a channel still takes: its budget of messages a minute, and whether it has blocked us for a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from shared.alerting.channels.channel import Outcome
from shared.alerting.receivers import Target
from shared.alerting.stored import readable
from shared.state.store import StateStore, StoreUnavailable, Write

MINUTE = timedelta(minutes=1)
ATTEMPTS = 4


class Robots:
    """Budgets and blocks, shared by all workers through the store; without the store nothing is held back."""

    def __init__(self, store: StateStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def reserve(self, target: Target, wanted: int) -> int:
        """How many messages the channel takes now, reserved; all that is wanted where that can't be known,
        and none where others keep reserving at the same moment."""
        try:
            return next((g for _ in range(ATTEMPTS) if (g := self._granted(target, wanted)) is not None), 0)
        except StoreUnavailable:
            return wanted

    def _granted(self, target: Target, wanted: int) -> int | None:
        """None where another worker has come in between. Raises StoreUnavailable."""
        key, now = f"budget/{target.name}", self._now()
        stored = self._store.load([key])[key]
        taken = readable(key, stored, lambda value: [float(at) for at in json.loads(value)]) or []
        recent = [at for at in taken if now.timestamp() - at < 60]
        granted = max(min(wanted, (target.per_minute or wanted) - len(recent)), 0)
        body = json.dumps([*recent, *[now.timestamp()] * granted]).encode()
        lost = self._store.save([Write(key, body, stored.version, now + 2 * MINUTE)])
        return None if lost else granted

    def note_block(self, name: str, outcome: Outcome) -> None:
        """Remember that a channel takes nothing until the outcome's `until`: a try may lengthen the block."""
        key, until = f"blocked/{name}", outcome.until or self._now().timestamp()
        body = json.dumps({"until": until, "reason": outcome.reason}).encode()
        try:
            version = self._store.load([key])[key].version
            self._store.save([Write(key, body, version, datetime.fromtimestamp(until, timezone.utc))])
        except StoreUnavailable:
            return  # the next try finds out again

    def block(self, name: str) -> Outcome | None:
        """The block that a channel is under, if any."""
        key = f"blocked/{name}"
        try:
            block = readable(key, self._store.load([key])[key], _block)
        except StoreUnavailable:
            return None
        is_over = block is None or self._now().timestamp() >= (block.until or 0)
        return None if is_over else block


def _block(value: bytes) -> Outcome:
    body = json.loads(value)
    return Outcome.parked(str(body["reason"]), float(body["until"]))
