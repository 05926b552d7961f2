"""Security groups: what they let in from the whole internet, and which running instances that reaches.

"DescribeSecurityGroupAttribute", https://www.alibabacloud.com/help/en/ecs/api-describesecuritygroupattribute:
asked without a NicType, it tells the rules of a VPC's group, and of a classic group those for the internet.
Rules may name lists: of networks (DescribePrefixListAttributes), of ports (DescribePortRangeListEntries).
An instance is judged by the groups of its primary interface; ports forwarded by NAT gateways and load
balancers are not seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from shared.audits.collector import HOUR, MISUNDERSTOOD, Collector, Fields, Inquiry, Told, Unanswered
from shared.audits.ecs import (
    DESCRIBE_INSTANCES,
    PAGE,
    VERSION,
    Item,
    instances,
    ipv6_addresses,
    public_addresses,
    tags_of,
)
from shared.audits.ecs_openings import exposure, is_ipv6, world_openings
from shared.cloud.openapi import Api

Answer = TypeVar("Answer")


def _read(action: str) -> Api:
    return Api("Ecs", VERSION, action, f"ecs:{action}")


DESCRIBE_SECURITY_GROUPS = _read("DescribeSecurityGroups")
DESCRIBE_RULES = _read("DescribeSecurityGroupAttribute")
DESCRIBE_PREFIX_LIST = _read("DescribePrefixListAttributes")
DESCRIBE_PORT_LIST = _read("DescribePortRangeListEntries")


@dataclass
class Region:
    """One region in one run. What several facts need is asked for once, and a failure is, too."""

    ask: Inquiry
    _known: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def running(self) -> list[dict[str, Any]]:
        """The instances that run. Raises Unanswered."""
        return self._once(("running",), lambda: list(instances(self.ask, Status="Running")))

    def rules(self, group: str) -> list[dict[str, Any]]:
        """The inbound rules of a group, lists of networks and ports written out. Raises Unanswered."""
        return self._once(("rules", group), lambda: [p for r in self._listed(group) for p in self._whole(r)])

    def _listed(self, group: str) -> Iterator[dict[str, Any]]:
        asked = {"SecurityGroupId": group, "Direction": "ingress", "MaxResults": 1000}
        return self.ask.items(DESCRIBE_RULES, "Permissions.Permission", **asked)

    def _whole(self, rule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """A rule once for each network and each range of ports of the lists it names."""
        for networks in self._networks(rule.get("SourcePrefixListId")):
            for ports in self._ports(rule.get("PortRangeListId")):
                yield {**rule, **networks, **ports}

    def _networks(self, prefix_list: str | None) -> list[dict[str, str]]:
        if not prefix_list:
            return [{}]
        asked = partial(self.ask.call, DESCRIBE_PREFIX_LIST, PrefixListId=prefix_list)
        entries = self._once(("networks", prefix_list), lambda: asked()["Entries"]["Entry"])
        return [{_family(entry["Cidr"]): entry["Cidr"]} for entry in entries]

    def _ports(self, port_list: str | None) -> list[dict[str, str]]:
        if not port_list:
            return [{}]
        asked = partial(self.ask.call, DESCRIBE_PORT_LIST, PortRangeListId=port_list)
        entries = self._once(("ports", port_list), lambda: asked()["Entries"])
        return [{"PortRange": entry["PortRange"]} for entry in entries]

    def _once(self, key: tuple[str, ...], read: Callable[[], Answer]) -> Answer:
        if key not in self._known:
            try:
                self._known[key] = read()
            except (Unanswered, *MISUNDERSTOOD) as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, Exception):
            raise known
        answer: Answer = known
        return answer


def collect(ask: Inquiry) -> Iterator[Told]:
    """Each security group, and each running instance as its groups let it be reached."""
    region = Region(ask)
    groups = ask.items(DESCRIBE_SECURITY_GROUPS, "SecurityGroups.SecurityGroup", MaxResults=PAGE)
    yield from ask.each("ecs_security_group", groups, "SecurityGroupId", partial(_group, region))
    yield from ask.each("ecs_exposure", _running(region), "InstanceId", partial(_exposure, region))


def _running(region: Region) -> Iterator[dict[str, Any]]:
    yield from region.running()


def _group(region: Region, group: Item) -> Fields:
    members = [i["InstanceId"] for i in region.running() if group["SecurityGroupId"] in _groups_of(i)]
    return {
        "name": group.get("SecurityGroupName", ""),
        "vpc": group.get("VpcId", ""),
        "tags": tags_of(group),
        "instances": members,
        "running": len(members),
        **exposure(world_openings(region.rules(group["SecurityGroupId"]))),
    }


def _exposure(region: Region, instance: Item) -> Fields:
    """Over IPv4 an instance needs a public address to be reached, over IPv6 an address at all."""
    reach = {False: public_addresses(instance), True: ipv6_addresses(instance)}
    groups = _groups_of(instance)
    rules = [rule for group in groups for rule in region.rules(group)] if any(reach.values()) else []
    found = [each for each in world_openings(rules) if reach[is_ipv6(each)]]
    addresses = reach[False] + (reach[True] if any(map(is_ipv6, found)) else [])
    return {
        "name": instance["InstanceName"],
        "tags": tags_of(instance),
        "groups": groups,
        "addresses": addresses,
        **exposure(found),
    }


def _groups_of(instance: Item) -> list[str]:
    groups: list[str] = instance["SecurityGroupIds"]["SecurityGroupId"]
    return groups


def _family(network: str) -> str:
    return "Ipv6SourceCidrIp" if ":" in network else "SourceCidrIp"


SECURITY_GROUPS = Collector(
    name="ecs-security-groups",
    area="ecs",
    every=HOUR,
    scope="regional",
    kinds=("ecs_security_group", "ecs_exposure"),
    apis=(
        DESCRIBE_SECURITY_GROUPS,
        DESCRIBE_RULES,
        DESCRIBE_PREFIX_LIST,
        DESCRIBE_PORT_LIST,
        DESCRIBE_INSTANCES,
    ),
    collect=collect,
)
