"""One message for many: what is told when a channel can't take each notice by itself."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.alerting.incident import gravity
from shared.alerting.notice import MOST_ALERTS, Entry, Notice

MOST_ENTRIES = 40
"""Incidents that a digest names one by one; more are told rule by rule."""


def digest_of(notices: Sequence[Notice]) -> Notice:
    """A notice that stands for all of these, the gravest first: a line an incident, or a line a rule."""
    ordered = sorted(notices, key=lambda n: (-gravity(n.alert.level), n.first))
    entries = [_entry(notice) for notice in ordered]
    if len(entries) > MOST_ENTRIES:
        entries = _by_rule(ordered)
    ids = "\0".join(sorted(notice.id for notice in notices))
    return Notice(
        id="digest-" + hashlib.sha256(ids.encode()).hexdigest()[:16],
        kind="digest",
        incident="",
        alerts=tuple(alert for notice in ordered for alert in notice.alerts)[:MOST_ALERTS],
        count=sum(notice.count for notice in notices),
        new=sum(notice.new for notice in notices),
        first=min(notice.first for notice in notices),
        last=max(notice.last for notice in notices),
        entries=tuple(entries),
    )


def split(digest: Notice, fits: Callable[[Notice], bool]) -> list[Notice]:
    """The digest in as many parts as one message can tell; every entry is in one of them, and each part keeps
    its id when the same digest is split again. `fits` is the channel's."""
    half = len(digest.entries) // 2
    if half == 0 or fits(digest):
        return [digest]
    parts = (("a", digest.entries[:half]), ("b", digest.entries[half:]))
    return [
        smaller
        for name, entries in parts
        for smaller in split(_part(digest, f"{digest.id}{name}", entries), fits)
    ]


def _part(digest: Notice, part_id: str, entries: tuple[Entry, ...]) -> Notice:
    count = sum(entry.count for entry in entries)
    return replace(digest, id=part_id, entries=entries, count=count, new=count)


def _entry(notice: Notice) -> Entry:
    alert = notice.alert
    told = (alert.level, alert.title, alert.actor, alert.resource, notice.new, alert.title_zh)
    return Entry(notice.incident, *told, is_over=alert.status == "resolved")


def _by_rule(notices: Sequence[Notice]) -> list[Entry]:
    groups: dict[tuple[str, str, bool], list[Notice]] = defaultdict(list)
    for notice in notices:
        groups[notice.alert.level, notice.alert.title, notice.alert.status == "resolved"].append(notice)
    return [
        Entry(
            incident="",
            level=level,
            title=title,
            actor=_some([notice.alert.actor for notice in group]),
            resource=_some([notice.alert.resource for notice in group]),
            count=sum(notice.new for notice in group),
            title_zh=group[0].alert.title_zh,
            is_over=is_over,
        )
        for (level, title, is_over), group in groups.items()
    ]


def _some(values: list[str]) -> str:
    """The first of several values, and how many others there are."""
    different = list(dict.fromkeys(filter(None, values)))
    return (
        different[0] + (f" and {len(different) - 1} others" if len(different) > 1 else "")
        if different
        else ""
    )
