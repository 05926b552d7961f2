"""VPC: networks, their flow logs, elastic addresses, by region.

"DescribeVpcs", "DescribeFlowLogs", "DescribeEipAddresses", alibabacloud.com/help/en/vpc/developer-reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_number
from tests.cloud.openapi.product import Account, Call, Product


@dataclass
class Vpcs:
    """What the account has of it, as the API tells it, each with its region."""

    vpcs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    flow_logs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    eips: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def vpc(self, name: str, *switches: str, region: str = "cn-hangzhou") -> None:
        """One more VPC with these vSwitches."""
        vpc = {"VpcId": name, "VpcName": f"net {name}", "VSwitchIds": {"VSwitchId": list(switches)}}
        self.vpcs.append((region, vpc))

    def flow_log(self, name: str, resource: str, region: str = "cn-hangzhou", **settings: Any) -> None:
        """One more flow log; settings by their names in the API."""
        log = {"FlowLogId": name, "ResourceId": resource, "TrafficType": "All", "Status": "Active"}
        self.flow_logs.append((region, {**log, **settings}))

    def eip(self, address: str, instance: str = "", region: str = "cn-hangzhou") -> None:
        """One more elastic address, bound to an instance or to nothing."""
        kind = "SlbInstance" if instance.startswith("lb-") else "EcsInstance" if instance else ""
        self.eips.append((region, {"IpAddress": address, "InstanceId": instance, "InstanceType": kind}))


def describe_vpcs(account: Account, call: Call) -> dict[str, Any]:
    return by_number(call, _here(account[Vpcs].vpcs, call), "Vpcs", "Vpc")


def describe_flow_logs(account: Account, call: Call) -> dict[str, Any]:
    """The reference shows its numbers as texts."""
    answer = by_number(call, _here(account[Vpcs].flow_logs, call), "FlowLogs", "FlowLog")
    return {name: value if name == "FlowLogs" else str(value) for name, value in answer.items()}


def describe_eip_addresses(account: Account, call: Call) -> dict[str, Any]:
    return by_number(call, _here(account[Vpcs].eips, call), "EipAddresses", "EipAddress")


def _here(things: list[tuple[str, dict[str, Any]]], call: Call) -> list[dict[str, Any]]:
    return [thing for region, thing in things if region == call.region]


PRODUCT = Product(
    "Vpc",
    "2016-04-28",
    {
        "DescribeVpcs": describe_vpcs,
        "DescribeFlowLogs": describe_flow_logs,
        "DescribeEipAddresses": describe_eip_addresses,
    },
)
