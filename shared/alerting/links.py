"""Where a message leads: runbook, the event in the console, the log.

Addresses are made from our own templates; what an event says is only ever a quoted value in one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import quote, urlencode

from shared.alerting.alert import Alert
from shared.alerting.notice import Notice

Key = Literal["do", "ack", "silence", "query", "event"]

MAX_LINK = 1024
AROUND = timedelta(hours=1)

_ADDRESS = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]+", re.ASCII)  # no bracket, quote, space or pipe
_SHARD = re.compile(r"([a-z0-9][a-z0-9-]{2,62})/([a-z0-9][a-z0-9_-]{2,62})/\d+@")
_REGION = re.compile(r"[a-z]{2}-[a-z0-9-]+")
_UNQUOTABLE = re.compile(r'["\\|\x00-\x1f]')


@dataclass(frozen=True)
class Link:
    """A button or link of a message. `key` names its label in `wording.LINKS`."""

    key: Key
    url: str

    @property
    def is_safe(self) -> bool:
        """Whether it can stand in any channel's markup without ending it."""
        return len(self.url) <= MAX_LINK and _ADDRESS.fullmatch(self.url) is not None


Links = Callable[[Notice], tuple[Link, ...]]


def no_links(notice: Notice) -> tuple[Link, ...]:
    """For those who have nowhere to lead to."""
    return ()


def chained(*makers: Links) -> Links:
    """The links of several makers, in order."""
    return lambda notice: tuple(link for maker in makers for link in maker(notice))


def runbook_links(base_url: str) -> Links:
    """The runbook, where the `alerts/` folder can be read at `base_url`, for instance in a code host.

    None for a runbook that climbs out of its folder.
    """

    def links(notice: Notice) -> tuple[Link, ...]:
        runbook = notice.alert.runbook
        if not base_url or not runbook or ".." in runbook or notice.kind == "digest":
            return ()
        path = quote(runbook.lstrip("/"), safe="/#", errors="replace")
        return (Link("do", f"{base_url.rstrip('/')}/{path}"),)

    return links


def console_links(domain: str) -> Links:
    """The event in the console, and a query for it in its logstore; `domain` is aliyun.com, alibabacloud.com
    (accounts of the international site), or empty for none."""

    def links(notice: Notice) -> tuple[Link, ...]:
        if not domain or notice.kind == "digest":
            return ()
        found = (_query(domain, notice.alert), _event(domain, notice.alert))
        return tuple(link for link in found if link is not None)

    return links


def _query(domain: str, alert: Alert) -> Link | None:
    """The form of `query_url` in "Variables in alert templates" and "Configure the parameters of embedded
    console pages" (help.aliyun.com, Simple Log Service); the query is base64. None for what was not read
    from a logstore."""
    place = _SHARD.match(alert.origin)
    query = _phrases(alert)
    if place is None or not query:
        return None
    parameters = {
        "encode": "base64",
        "queryString": base64.b64encode(query.encode("utf-8", "replace")).decode(),
        "queryTimeType": "99",
        "startTime": str(int((alert.time - AROUND).timestamp())),
        "endTime": str(int((alert.time + AROUND).timestamp())),
    }
    path = f"lognext/project/{place[1]}/logsearch/{place[2]}"
    return Link("query", f"https://sls.console.{domain}/{path}?{urlencode(parameters)}")


def _phrases(alert: Alert) -> str:
    """The deciding event, and whatever else its actor did around it. A name that could end the phrase is
    left out."""
    words = [*alert.event_ids[:1], alert.actor]
    return " or ".join(f'"{word}"' for word in words if word and not _UNQUOTABLE.search(word))


def _event(domain: str, alert: Alert) -> Link | None:
    """ActionTrail's list of events in the event's region, as the documentation links to it
    (actiontrail.console.aliyun.com/cn-hangzhou/event-list).

    Uncertain: no page says that the list reads `eventId` from the address. Where it does not, it opens
    unfiltered.
    """
    if alert.source != "actiontrail" or not alert.event_ids or not _REGION.fullmatch(alert.region):
        return None
    wanted = urlencode({"eventId": alert.event_ids[0]}, errors="replace")
    return Link("event", f"https://actiontrail.console.{domain}/{alert.region}/event-list?{wanted}")
