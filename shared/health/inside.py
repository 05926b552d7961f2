"""What can be asked with the rights of a function: the checks of functions/self_check.py, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from shared.alerting.sls_outbox import Put
from shared.cloud.sls import SlsError
from shared.cloud.sls_shards import Logstore
from shared.health import progress, store, telling, trail_events
from shared.health.beats import TIMER, Beat, Beats
from shared.health.check import Check, UnseenError, Verdict, asking, broken, is_denied, ok
from shared.state.store import StateStore

PROBE_TOPIC = "trailguard_probe"
"""Of records that tell nothing: that they can be written, and are read, is all."""

OUTBOX, NOTIFIER, DETECTOR, OTHERS = "outbox", "notifier's progress", "detector's progress", "other logs"
WRITE = "log:PostLogStoreLogs"

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Watched:
    """What a self-check looks at. `logstore` opens one by project and name; `put` writes into the alerts
    logstore."""

    memory: StateStore
    put: Put
    logstore: Callable[[str, str], Logstore]
    alerts: tuple[str, str]
    trail: tuple[str, str]
    now: Callable[[], datetime]

    def beats(self) -> Mapping[str, Beat]:
        """By place, asked for once. Raises UnseenError."""
        return self._beats

    def others(self) -> Iterator[Logstore]:
        """The logstores that functions have read lately, besides the two that are known."""
        read = {tuple(place.split("/")[:2]) for place in self.beats() if not place.endswith(f"/{TIMER}")}
        for project, name in sorted(read - {self.alerts, self.trail}):
            yield self.logstore(project, name)

    @cached_property
    def _beats(self) -> Mapping[str, Beat]:
        with asking(store.SCAN):
            return {beat.place: beat for beat in Beats(self.memory).all()}


def checks(watched: Watched) -> list[Check[Any]]:
    """All of them, in the data's order."""
    memory, now = watched.memory, watched.now
    trail, alerts = watched.logstore(*watched.trail), watched.logstore(*watched.alerts)
    return [
        store.check(memory, now),
        Check(OUTBOX, lambda: _write_probe(watched), _judge_probe),
        trail_events.check(trail, now),
        progress.check(DETECTOR, lambda: [trail], watched.beats, now, (trail_events.LINK,)),
        progress.check(OTHERS, watched.others, watched.beats, now),
        progress.check(NOTIFIER, lambda: [alerts], watched.beats, now, (OUTBOX,)),
        telling.canary(memory, now, (NOTIFIER, OTHERS, OUTBOX)),
        telling.pending(memory, now),
        telling.dead(memory, now, DAY),
    ]


def _write_probe(watched: Watched) -> str:
    """What went wrong; empty where nothing did. Raises UnseenError where a permission is missing."""
    now = watched.now()
    try:
        watched.put(PROBE_TOPIC, [(int(now.timestamp()), {"probe": now.isoformat()})])
    except SlsError as error:
        if is_denied(error.code):
            raise UnseenError(str(error), WRITE) from None
        return str(error)
    return ""


def _judge_probe(error: str) -> Verdict:
    if not error:
        return ok("can be written")
    return broken(error, "look whether project and alerts logstore exist: `trailguard bootstrap --dry-run`")
