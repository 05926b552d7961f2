"""ActionTrail: the trails, whether they deliver now, and whether the buckets they fill are shut.

"DescribeTrails" and "GetTrailStatus", https://www.alibabacloud.com/help/en/actiontrail/developer-reference/
(api-actiontrail-2020-07-06-describetrails, -gettrailstatus). A trail for all regions is seen from any region,
as a shadow; one for a single region is seen there alone, and never records everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from shared.audits.collector import HOUR, Collector, Fields, Inquiry, Told, Unanswered
from shared.audits.oss_exposure import EXPOSURE_APIS, WAYS, account_blocked, settings_of
from shared.cloud.openapi import Api
from shared.events.event_time import parse_time

DESCRIBE_TRAILS = Api("Actiontrail", "2020-07-06", "DescribeTrails", "actiontrail:DescribeTrails")
GET_TRAIL_STATUS = Api("Actiontrail", "2020-07-06", "GetTrailStatus", "actiontrail:GetTrailStatus")

TARGETS = {
    "bucket": ("OssBucketName", "OssBucketStatus", "LatestDeliveryTime", "LatestDeliveryError"),
    "logstore": (
        "SlsProjectArn",
        "SlsLogStoreStatus",
        "LatestDeliveryLogServiceTime",
        "LatestDeliveryLogServiceError",
    ),
}
"""Where a trail delivers: what names the target; what says of it whether it is there, when it was last
delivered to, and what the last failure met with."""

Answer = Mapping[str, Any]


def collect(ask: Inquiry) -> Iterator[Told]:
    """Each trail, and whether any of them records everything."""
    yield from ask.each("trail", trails(ask), "Name", partial(_trail, ask))
    yield ask.about("trail_coverage", ask.account_id, partial(_coverage, ask))


def collect_buckets(ask: Inquiry) -> Iterator[Told]:
    """Each bucket that a trail fills."""
    yield from ask.each("trail_bucket", _buckets(ask), "bucket", partial(_bucket, ask))


def trails(ask: Inquiry) -> Iterator[dict[str, Any]]:
    """Each trail once. Raises Unanswered, KeyError."""
    answer = ask.call(DESCRIBE_TRAILS, IncludeShadowTrails=True, IncludeOrganizationTrail=True)
    yield from {trail["Name"]: trail for trail in answer["TrailList"]}.values()


def _trail(ask: Inquiry, trail: Answer) -> Fields:
    is_organization = bool(trail.get("IsOrganizationTrail"))
    asked = {"Name": trail["Name"], "IsOrganizationTrail": is_organization}
    status = ask.call(GET_TRAIL_STATUS, region=trail["HomeRegion"], **asked)
    return {
        "home": trail["HomeRegion"],
        "regions": trail["TrailRegion"],
        "events": trail["EventRW"],
        "organization": is_organization,
        "logging": status["IsLogging"],
        "bucket": trail.get("OssBucketName", ""),
        "project": str(trail.get("SlsProjectArn", "")).rpartition("/")[2],
        "complete": status["IsLogging"] and _records_everything(trail),
        **_delivery(trail, status, ask.now),
    }


def _delivery(trail: Answer, status: Answer, now: datetime) -> Fields:
    """How it goes with the targets that the trail has. The slower one counts."""
    targets = [each for each in TARGETS.values() if trail.get(each[0])]
    last = [parse_time(status.get(time)) for _, _, time, _ in targets]
    since = [moment or parse_time(status.get("StartLoggingTime")) for moment in last]
    known = [moment for moment in since if moment]
    silence = {"silent_hours": round((now - min(known)).total_seconds() / 3600, 1)} if known else {}
    return {
        "last_delivery": min(last_known).isoformat() if (last_known := [m for m in last if m]) else "",
        **silence,
        "targets_gone": [name for name, (_, there, _, _) in TARGETS.items() if _is_gone(trail, status, name)],
        "error": "; ".join(str(status[error]) for *_, error in targets if status.get(error)),
    }


def _is_gone(trail: Answer, status: Answer, target: str) -> bool:
    names, there, _, _ = TARGETS[target]
    return bool(trail.get(names)) and status.get(there) is False


def _records_everything(trail: Answer) -> bool:
    return (trail["TrailRegion"], trail["EventRW"]) == ("All", "All")


def _coverage(ask: Inquiry) -> Fields:
    found = list(trails(ask))
    on = [trail for trail in found if trail["Status"] == "Enable"]
    complete = sorted(trail["Name"] for trail in on if _records_everything(trail))
    return {"trails": len(found), "logging": len(on), "complete": complete, "covered": bool(complete)}


def _buckets(ask: Inquiry) -> Iterator[dict[str, Any]]:
    """Each bucket with the trails that fill it. Its location is told as oss-cn-hangzhou, or not at all."""
    filled = [trail for trail in trails(ask) if trail.get("OssBucketName")]
    for bucket, group in groupby(sorted(filled, key=_bucket_of), key=_bucket_of):
        first, *others = group
        location = str(first.get("OssBucketLocation") or first["HomeRegion"])
        names = [trail["Name"] for trail in (first, *others)]
        yield {"bucket": bucket, "region": location.removeprefix("oss-"), "trails": names}


def _bucket_of(trail: Answer) -> str:
    return str(trail["OssBucketName"])


def _bucket(ask: Inquiry, bucket: Answer) -> Fields:
    """Raises Unanswered where it is not open so far as known, and something is unknown."""
    shut = account_blocked(ask)
    settings, missed = settings_of(ask, "trail_bucket", bucket["bucket"], bucket["region"], shut)
    ways = [way for way in WAYS if settings.lets_anybody(way)]
    if missed and not ways:
        raise Unanswered(missed[0].api, missed[0].error, missed[0].message)
    why = settings.fields["why"]
    return {"trails": bucket["trails"], "public": bool(ways), "ways": ways, "why": why}


TRAIL = Collector(
    name="trails",
    area="actiontrail",
    every=HOUR,
    scope="global",
    kinds=("trail", "trail_coverage"),
    apis=(DESCRIBE_TRAILS, GET_TRAIL_STATUS),
    collect=collect,
)

TRAIL_BUCKETS = Collector(
    name="trail-buckets",
    area="actiontrail",
    every=HOUR,
    scope="global",
    kinds=("trail_bucket",),
    apis=(DESCRIBE_TRAILS, *EXPOSURE_APIS),
    collect=collect_buckets,
)
