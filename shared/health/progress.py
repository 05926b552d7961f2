"""Has everything been read that came to a logstore? By the beats of the function that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from shared.cloud.sls_shards import GET_CURSOR, LIST_SHARDS, Logstore
from shared.health.beats import EVERY, REMEMBERED, Beat
from shared.health.check import Check, Verdict, asking, broken, ok
from shared.health.store import LINK as STORE
from shared.health.trail_events import ago

LATE = timedelta(minutes=5)
"""A record that waits longer is late: triggers look every 3 or 60 seconds."""

UNSTATED = EVERY + timedelta(seconds=30)
"""So long after a beat a record may have been read all the same: beats are not stated at each call, and the
clocks of Log Service and of functions differ."""

Waiting = Mapping[str, datetime]
"""By shard (`project/logstore/0`): since when the first record that nobody has read waits."""

FIRST_LOOK = timedelta(hours=1)
"""So far back records should have been read, where nobody knows when reading began."""


def check(
    link: str,
    logstores: Callable[[], Iterable[Logstore]],
    beats: Callable[[], Mapping[str, Beat]],
    now: Callable[[], datetime],
    needs: tuple[str, ...] = (),
    since: Callable[[], datetime | None] = lambda: None,
) -> Check[Waiting]:
    """What waits in some logstores. `beats` are by place; `since` is when reading began, if that is known.

    Beats are forgotten in time: what was read before says nothing any more, and is not asked for.
    """

    def ask() -> Waiting:
        known, began = beats(), max(since() or now() - FIRST_LOOK, now() - REMEMBERED)
        return {place: t for each in logstores() for place, t in waiting(each, known, began).items()}

    return Check(link, ask, lambda found: judge(found, now()), (STORE, *needs))


def waiting(logstore: Logstore, beats: Mapping[str, Beat], since: datetime) -> Waiting:
    """What waits, shard by shard; of a shard that nobody has read, what came `since`. Raises UnseenError."""
    with asking(LIST_SHARDS):
        shards = {f"{logstore.place}/{shard}": shard for shard in logstore.shards()}
    with asking(GET_CURSOR):
        first = {p: logstore.first_since(n, _read(beats.get(p), since)) for p, n in shards.items()}
    return {place: moment for place, moment in first.items() if moment is not None}


def judge(found: Waiting, now: datetime) -> Verdict:
    """Broken where a record waits for more than LATE."""
    late = {place: moment for place, moment in found.items() if now - moment > LATE}
    if not late:
        return ok("everything has been read")
    return broken(
        f"records wait for {ago(min(late.values()), now)} in {', '.join(sorted(late))}",
        "see what the function and its trigger log (logstores trailguard-functions and trailguard-triggers); "
        "nothing is lost: reading goes on where it stopped",
    )


def _read(beat: Beat | None, since: datetime) -> datetime:
    return beat.at + UNSTATED if beat else since
