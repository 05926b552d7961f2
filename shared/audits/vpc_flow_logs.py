"""Whether each VPC keeps a flow log.

"DescribeFlowLogs", https://www.alibabacloud.com/help/en/vpc/developer-reference/
api-vpc-2016-04-28-describeflowlogs
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.cloud.openapi import Api

VERSION = "2016-04-28"
DESCRIBE_VPCS = Api("Vpc", VERSION, "DescribeVpcs", "vpc:DescribeVpcs")
DESCRIBE_FLOW_LOGS = Api("Vpc", VERSION, "DescribeFlowLogs", "vpc:DescribeFlowLogs")
PAGE = 50


def collect(ask: Inquiry) -> Iterator[Told]:
    """Each VPC."""
    yield from ask.each("vpc_flow_log", _vpcs(ask), "VpcId", _vpc)


def _vpcs(ask: Inquiry) -> Iterator[dict[str, Any]]:
    """Each VPC with the flow logs of the region that are on."""
    listed = ask.items(DESCRIBE_FLOW_LOGS, "FlowLogs.FlowLog", PageSize=PAGE)
    logs = [log for log in listed if log["Status"] == "Active"]
    for vpc in ask.items(DESCRIBE_VPCS, "Vpcs.Vpc", PageSize=PAGE):
        yield {**vpc, "logs": logs}


def _vpc(vpc: dict[str, Any]) -> Fields:
    whole = [log for log in vpc["logs"] if log["ResourceId"] == vpc["VpcId"]]
    switches = (vpc.get("VSwitchIds") or {}).get("VSwitchId", [])
    parts = [log for log in vpc["logs"] if log["ResourceId"] in switches]
    return {
        "name": vpc.get("VpcName", ""),
        "kept": bool(whole),
        "flow_logs": [log["FlowLogId"] for log in whole],
        "parts": [log["FlowLogId"] for log in parts],
        "traffic": sorted({log["TrafficType"] for log in whole}),
    }


VPC_FLOW_LOGS = Collector(
    name="vpc-flow-logs",
    area="logs",
    every=DAY,
    scope="regional",
    kinds=("vpc_flow_log",),
    apis=(DESCRIBE_VPCS, DESCRIBE_FLOW_LOGS),
    collect=collect,
)
