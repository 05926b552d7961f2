"""The state store: can it be read and written?"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.alerting.neutralise import capped
from shared.health.check import Check, UnseenError, Verdict, broken, is_denied, ok
from shared.state.store import StateStore, StoreUnavailable, Write

LINK = "state store"
PROBE = "probe/state-store"
KEPT = timedelta(hours=1)
LENGTH = 160  # characters of an error: the SDK tells its whole story

LOAD, SAVE, SCAN = "ots:BatchGetRow", "ots:BatchWriteRow", "ots:GetRange"
"""The RAM actions that shared/state/tablestore.py needs, method by method."""


def check(store: StateStore, now: Callable[[], datetime]) -> Check[str]:
    """Write a key, and find it again."""
    return Check(LINK, lambda: probe(store, now()), judge)


def probe(store: StateStore, now: datetime) -> str:
    """What went wrong; empty where nothing did. Raises UnseenError where a permission is missing."""
    value = uuid.uuid4().bytes
    step = LOAD
    try:
        version = store.load([PROBE])[PROBE].version
        step = SAVE
        lost = store.save([Write(PROBE, value, version, now + KEPT)])
        step = SCAN
        found = dict(store.scan(PROBE, 1))
    except StoreUnavailable as error:
        if is_denied(str(error)):
            raise UnseenError(str(error), step) from None
        return str(error)
    is_there = PROBE in found and found[PROBE].value == value
    return "" if is_there or lost else "what was written is not what is read"


def judge(error: str) -> Verdict:
    """Broken with any error: rules that remember are degraded, and alerts may be told twice."""
    if not error:
        return ok("read and written")
    return broken(
        capped(error, LENGTH),
        "look whether instance and table exist: `trailguard bootstrap --dry-run`; events wait meanwhile",
    )
