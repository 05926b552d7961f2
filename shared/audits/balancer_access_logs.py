"""Whether load balancers that speak HTTP keep an access log.

"DescribeAccessLogsDownloadAttribute", https://www.alibabacloud.com/help/en/slb/classic-load-balancer/
developer-reference/api-slb-2014-05-15-describeaccesslogsdownloadattribute: for layer 7 only. Application Load
Balancers tell theirs in "ListLoadBalancers", as AccessLogConfig, which those without one lack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.audits import alb_listeners
from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.audits.slb_listeners import LIST_BALANCERS, LIST_LISTENERS, VERSION
from shared.cloud.openapi import Api

DESCRIBE_ACCESS_LOGS = Api(
    "Slb", VERSION, "DescribeAccessLogsDownloadAttribute", "slb:DescribeAccessLogsDownloadAttribute"
)

Balancer = Mapping[str, Any]


def collect_classic(ask: Inquiry) -> Iterator[Told]:
    """Each Classic Load Balancer with an HTTP or HTTPS listener."""
    yield from ask.each("clb_access_log", _classic(ask), "LoadBalancerId", _log)


def collect_application(ask: Inquiry) -> Iterator[Told]:
    """Each Application Load Balancer."""
    yield from ask.each("alb_access_log", _application(ask), "LoadBalancerId", _log)


def _classic(ask: Inquiry) -> Iterator[dict[str, Any]]:
    """Those that speak HTTP, each with where its log goes."""
    path = "LogsDownloadAttributes.LogsDownloadAttribute"
    kept = ask.items(DESCRIBE_ACCESS_LOGS, path, LogType="layer7", PageSize=50)
    logs = {log["LoadBalancerId"]: log for log in kept}
    speaking_http = _speaking_http(ask)
    for balancer in ask.items(LIST_BALANCERS, "LoadBalancers.LoadBalancer", PageSize=100):
        if balancer["LoadBalancerId"] in speaking_http:
            yield {**balancer, "log": logs.get(balancer["LoadBalancerId"], {})}


def _speaking_http(ask: Inquiry) -> set[str]:
    # Where there are no listeners at all, the answer has no list.
    if int(ask.call(LIST_LISTENERS, MaxResults=1)["TotalCount"]) == 0:
        return set()
    listeners = ask.items(LIST_LISTENERS, "Listeners", MaxResults=100)
    return {each["LoadBalancerId"] for each in listeners if each["ListenerProtocol"].startswith("http")}


def _application(ask: Inquiry) -> Iterator[dict[str, Any]]:
    for balancer in ask.items(alb_listeners.LIST_BALANCERS, "LoadBalancers", MaxResults=100):
        yield {**balancer, "log": balancer.get("AccessLogConfig") or {}}


def _log(balancer: Balancer) -> Fields:
    return {
        "name": balancer.get("LoadBalancerName", ""),
        "project": balancer["log"].get("LogProject", ""),
        "logstore": balancer["log"].get("LogStore", ""),
    }


CLB_ACCESS_LOGS = Collector(
    name="clb-access-logs",
    area="logs",
    every=DAY,
    scope="regional",
    kinds=("clb_access_log",),
    apis=(DESCRIBE_ACCESS_LOGS, LIST_BALANCERS, LIST_LISTENERS),
    collect=collect_classic,
)

ALB_ACCESS_LOGS = Collector(
    name="alb-access-logs",
    area="logs",
    every=DAY,
    scope="regional",
    kinds=("alb_access_log",),
    apis=(alb_listeners.LIST_BALANCERS,),
    collect=collect_application,
)
