"""How long the logs of trails are kept in Log Service.

A trail writes to the logstore `actiontrail_<trail>` of its project ("Deliver events to Log Service",
https://www.alibabacloud.com/help/en/actiontrail/user-guide/create-a-single-account-trail). "GetLogStore",
https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getlogstore: `ttl` is in days,
3650 stands for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.audits.trail import DESCRIBE_TRAILS, trails
from shared.cloud.logstores import GET_LOGSTORE


def collect(ask: Inquiry) -> Iterator[Told]:
    """The logstore of each trail that delivers to a project of this account."""
    yield from ask.each("trail_logs", _logstores(ask), "resource", partial(_logs, ask))


def _logstores(ask: Inquiry) -> Iterator[dict[str, Any]]:
    """Those of other accounts, where an organization's trail delivers to, are for the audits there."""
    for trail in trails(ask):
        arn = str(trail.get("SlsProjectArn") or "")
        if not arn:
            continue
        _, _, region, account, project = arn.split(":", 4)
        place = {"region": region, "project": project.removeprefix("project/"), "trail": trail["Name"]}
        if account == ask.account_id:
            yield {**place, "resource": f"{place['project']}/actiontrail_{trail['Name']}"}


def _logs(ask: Inquiry, place: Mapping[str, Any]) -> Fields:
    project, logstore = place["resource"].split("/")
    answer = ask.call(GET_LOGSTORE, region=place["region"], project=project, logstore=logstore)
    return {"region": place["region"], "trail": place["trail"], "days": answer["ttl"]}


TRAIL_LOGS = Collector(
    name="trail-logs",
    area="actiontrail",
    every=DAY,
    scope="global",
    kinds=("trail_logs",),
    apis=(DESCRIBE_TRAILS, GET_LOGSTORE),
    collect=collect,
)
