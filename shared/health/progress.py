"""Has everything been read that came to a logstore? By the beats of the function that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from shared.cloud.sls_shards import GET_CURSOR, LIST_SHARDS, Logstore
from shared.health.beats import EVERY, Beat
from shared.health.check import Check, Verdict, asking, broken, ok
from shared.health.trail_events import ago

LATE = timedelta(minutes=5)
"""A record that waits longer is late: triggers look every 3 or 60 seconds."""

UNSTATED = EVERY + timedelta(seconds=30)
"""So long after a beat a record may have been read all the same: beats are not stated at each call, and the
clocks of Log Service and of functions differ."""

Waiting = Mapping[int, datetime]
"""By shard: since when the first record that nobody has read waits."""


def check(
    link: str,
    logstore: Logstore,
    beats: Callable[[], Mapping[str, Beat]],
    now: Callable[[], datetime],
    needs: tuple[str, ...] = (),
    since: Callable[[], datetime | None] = lambda: None,
) -> Check[Waiting]:
    """What waits in one logstore. `beats` are by place; `since` is when reading began, where it is known."""

    def ask() -> Waiting:
        return waiting(logstore, beats(), since() or now() - timedelta(hours=1))

    return Check(link, ask, lambda found: judge(logstore.place, found, now()), needs)


def waiting(logstore: Logstore, beats: Mapping[str, Beat], since: datetime) -> Waiting:
    """What waits, shard by shard; of a shard that nobody has read, what came `since`. Raises UnseenError."""
    with asking(LIST_SHARDS):
        shards = logstore.shards()
    with asking(GET_CURSOR):
        first = {shard: logstore.first_since(shard, _read(logstore, shard, beats, since)) for shard in shards}
    return {shard: moment for shard, moment in first.items() if moment is not None}


def judge(place: str, found: Waiting, now: datetime) -> Verdict:
    """Broken where a record waits for more than LATE."""
    late = {shard: moment for shard, moment in found.items() if now - moment > LATE}
    if not late:
        return ok("everything has been read")
    shards = ", ".join(map(str, sorted(late)))
    return broken(
        f"records wait in {place} for {ago(min(late.values()), now)} (shard {shards})",
        "see what the function and its trigger log (logstores trailguard-functions and trailguard-triggers); "
        "nothing is lost: reading goes on where it stopped",
    )


def _read(logstore: Logstore, shard: int, beats: Mapping[str, Beat], since: datetime) -> datetime:
    beat = beats.get(f"{logstore.place}/{shard}")
    return beat.at + UNSTATED if beat else since
