"""Security Center: its edition, the servers that it does not see, the alerts that nobody has handled.

Its data has two homes, each with servers of its own; both are asked.
https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-describeversionconfig,
https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-describefieldstatistics
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from functools import partial
from typing import Any

from shared.audits.collector import DAY, HOUR, Collector, Fields, Inquiry, Told
from shared.cloud.openapi import Api

VERSION = "2018-12-03"
DESCRIBE_VERSION = Api("Sas", VERSION, "DescribeVersionConfig", "yundun-sas:DescribeVersionConfig")
COUNT_SERVERS = Api("Sas", VERSION, "DescribeFieldStatistics", "yundun-sas:DescribeFieldStatistics")
LIST_ALERTS = Api("Sas", VERSION, "DescribeSuspEvents", "yundun-sas:DescribeSuspEvents")

HOMES = ({"Home": "China", "Region": "cn-shanghai"}, {"Home": "outside China", "Region": "ap-southeast-1"})

FREE = "free"

EDITIONS = {
    1: FREE,
    3: "enterprise",
    5: "advanced",
    6: "anti-virus",
    7: "ultimate",
    8: "multi",
    10: "value-added",
}
"""By the number that DescribeVersionConfig gives."""


def collect_status(ask: Inquiry) -> Iterator[Told]:
    """A fact for each home: edition and servers."""
    yield from ask.each("security_center", HOMES, "Home", partial(_status, ask))


def _status(ask: Inquiry, home: dict[str, Any]) -> Fields:
    version = _asked(ask, DESCRIBE_VERSION, home)
    servers = _asked(ask, COUNT_SERVERS, home, MachineTypes="ecs")["GroupedFields"]
    return {
        **_edition(version),
        "servers": servers["InstanceCount"],
        "offline": servers["OfflineInstanceCount"],
        "unprotected": servers["UnprotectedInstanceCount"],
        "stopped": servers["NotRunningStatusCount"],
    }


def _edition(version: dict[str, Any]) -> Fields:
    """Modules that are paid as they are used can be added to the free edition."""
    edition = EDITIONS[int(version["Version"])]
    if edition == FREE:
        return {"edition": "pay-as-you-go" if version.get("IsPostpay") else FREE, "expires": ""}
    return {"edition": edition, "expires": _day(version.get("ReleaseTime"))}


def _day(milliseconds: int | None) -> str:
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(int(milliseconds) / 1000, timezone.utc).date().isoformat()


def collect_alerts(ask: Inquiry) -> Iterator[Told]:
    """A fact for each home: how many alerts are waiting."""
    yield from ask.each("security_center_alerts", HOMES, "Home", partial(_alerts, ask))


def _alerts(ask: Inquiry, home: dict[str, Any]) -> Fields:
    waiting = {"From": "sas", "Dealed": "N", "PageSize": 1, "CurrentPage": 1}
    every = _asked(ask, LIST_ALERTS, home, **waiting)
    serious = _asked(ask, LIST_ALERTS, home, **waiting, Levels="serious")
    return {"unhandled": int(every["TotalCount"]), "serious": int(serious["TotalCount"])}


def _asked(ask: Inquiry, api: Api, home: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """The answer of a home. No RegionId is sent: it would narrow the answer down to servers there."""
    return ask.call(api, home["Region"], RegionId=None, **parameters)


SECURITY_CENTER = Collector(
    name="security-center",
    area="security-center",
    every=DAY,
    scope="global",
    kinds=("security_center",),
    apis=(DESCRIBE_VERSION, COUNT_SERVERS),
    collect=collect_status,
)

SECURITY_CENTER_ALERTS = Collector(
    name="security-center-alerts",
    area="security-center",
    every=HOUR,
    scope="global",
    kinds=("security_center_alerts",),
    apis=(LIST_ALERTS,),
    collect=collect_alerts,
)
