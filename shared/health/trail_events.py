"""The trail's events: how old is the newest?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from shared.cloud.sls_shards import GET_CURSOR, LIST_SHARDS, Logstore
from shared.detection.duration import shown
from shared.health.check import Check, Verdict, asking, broken, ok

LINK = "trail's events"

STALE = timedelta(hours=1)
"""As the rule trail-silent has it. A trail of reads and writes is hardly ever silent so long."""


def check(
    logstore: Logstore, now: Callable[[], datetime], needs: tuple[str, ...] = ()
) -> Check[datetime | None]:
    """The newest record in the trail's logstore."""
    return Check(LINK, lambda: newest(logstore), lambda found: judge(logstore.place, found, now()), needs)


def newest(logstore: Logstore) -> datetime | None:
    """When the last record of all shards came. Raises UnseenError."""
    with asking(LIST_SHARDS):
        shards = logstore.shards()
    with asking(GET_CURSOR):
        return latest(logstore.newest(shard) for shard in shards)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """The last of those that are known."""
    return max((moment for moment in moments if moment is not None), default=None)


def judge(place: str, newest: datetime | None, now: datetime) -> Verdict:
    """Broken where nothing came for STALE."""
    if newest is not None and now - newest <= STALE:
        return ok(f"the newest came {ago(newest, now)} ago")
    since = f"for {ago(newest, now)}" if newest else "ever"
    return broken(
        f"nothing has come to {place} {since}",
        "look whether the trail may write there (aliyunserviceroleforactiontrail), and the account is paid",
    )


def ago(moment: datetime, now: datetime) -> str:
    """How long `moment` is past, in words."""
    seconds = max(int((now - moment).total_seconds()), 0)
    return shown(seconds if seconds < 120 else seconds // 60 * 60)
