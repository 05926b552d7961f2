"""Security groups: what they let in from the whole internet, and which running instances that reaches.

"DescribeSecurityGroupAttribute", https://www.alibabacloud.com/help/en/ecs/api-describesecuritygroupattribute:
asked without a NicType, it tells the rules of a VPC's group, and of a classic group those for the internet.
Rules may name lists: of networks (DescribePrefixListAttributes), of ports (DescribePortRangeListEntries).
Interfaces that were added to an instance have addresses and groups of their own (DescribeNetworkInterfaces).
Ports forwarded by NAT gateways and load balancers are not seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar

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
from shared.audits.ecs_openings import Rules, exposure, is_ipv6, left_open, rules_of
from shared.cloud.openapi import Api
from shared.events.exposure import Opening

Answer = TypeVar("Answer")


def _read(action: str) -> Api:
    return Api("Ecs", VERSION, action, f"ecs:{action}")


DESCRIBE_SECURITY_GROUPS = _read("DescribeSecurityGroups")
DESCRIBE_RULES = _read("DescribeSecurityGroupAttribute")
DESCRIBE_PREFIX_LIST = _read("DescribePrefixListAttributes")
DESCRIBE_PORT_LIST = _read("DescribePortRangeListEntries")
DESCRIBE_INTERFACES = _read("DescribeNetworkInterfaces")


class Door(NamedTuple):
    """One network interface of an instance: its groups, and the addresses that the world may knock at."""

    groups: list[str]
    ipv4: list[str]
    ipv6: list[str]


@dataclass
class Region:
    """One region in one run. What several facts need is asked for once, and a failure is, too."""

    ask: Inquiry
    _known: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def running(self) -> list[dict[str, Any]]:
        """The instances that run. Raises Unanswered."""
        return self._once(("running",), lambda: list(instances(self.ask, Status="Running")))

    def doors(self, instance: Item) -> list[Door]:
        """Its interfaces, the primary one first. Raises Unanswered."""
        return [_primary(instance), *self._added().get(instance["InstanceId"], ())]

    def members(self) -> dict[str, list[str]]:
        """The running instances in each group. Raises Unanswered."""
        return self._once(("members",), self._members)

    def rules(self, group: str) -> list[dict[str, Any]]:
        """The inbound rules of a group, lists of networks and ports written out. Raises Unanswered."""
        return self._once(("rules", group), lambda: [p for r in self._listed(group) for p in self._whole(r)])

    def open(self, groups: Sequence[str]) -> list[Opening]:
        """What these groups together let in from the whole internet. Raises Unanswered."""
        return self._once(("open", *groups), lambda: left_open(map(self._world, groups)))

    def _world(self, group: str) -> Rules:
        return self._once(("world", group), lambda: rules_of(self.rules(group)))

    def _members(self) -> dict[str, list[str]]:
        members: dict[str, list[str]] = {}
        for instance in self.running():
            for group in {group for door in self.doors(instance) for group in door.groups}:
                members.setdefault(group, []).append(instance["InstanceId"])
        return members

    def _added(self) -> dict[str, list[Door]]:
        """By instance, the interfaces beside the primary one."""
        return self._once(("interfaces",), self._interfaces)

    def _interfaces(self) -> dict[str, list[Door]]:
        found: dict[str, list[Door]] = {}
        path = "NetworkInterfaceSets.NetworkInterfaceSet"
        for interface in self.ask.items(DESCRIBE_INTERFACES, path, Status="InUse", MaxResults=PAGE):
            if interface["Type"] != "Primary":
                found.setdefault(interface.get("InstanceId", ""), []).append(_secondary(interface))
        return found

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
    members = region.members().get(group["SecurityGroupId"], [])
    return {
        "name": group.get("SecurityGroupName", ""),
        "vpc": group.get("VpcId", ""),
        "tags": tags_of(group),
        "instances": members,
        "running": len(members),
        **exposure(region.open([group["SecurityGroupId"]])),
    }


def _exposure(region: Region, instance: Item) -> Fields:
    doors = region.doors(instance)
    found = {opening for door in doors for opening in _open(region, door)}
    over_ipv6 = any(map(is_ipv6, found))
    addresses = [address for door in doors for address in (*door.ipv4, *(door.ipv6 if over_ipv6 else ()))]
    return {
        "name": instance["InstanceName"],
        "tags": tags_of(instance),
        "groups": list(dict.fromkeys(group for door in doors for group in door.groups)),
        "addresses": addresses,
        **exposure(sorted(found, key=str)),
    }


def _open(region: Region, door: Door) -> list[Opening]:
    """What reaches an interface: over IPv4 if it has a public address, over IPv6 if it has one at all."""
    if not door.ipv4 and not door.ipv6:
        return []
    return [each for each in region.open(door.groups) if (door.ipv6 if is_ipv6(each) else door.ipv4)]


def _primary(instance: Item) -> Door:
    groups = instance["SecurityGroupIds"]["SecurityGroupId"]
    return Door(groups, public_addresses(instance), ipv6_addresses(instance))


def _secondary(interface: Item) -> Door:
    """Each private address of an interface may have an elastic one."""
    private = (interface.get("PrivateIpSets") or {}).get("PrivateIpSet", [])
    public = [(each.get("AssociatedPublicIp") or {}).get("PublicIpAddress") for each in (interface, *private)]
    ipv6 = [each["Ipv6Address"] for each in (interface.get("Ipv6Sets") or {}).get("Ipv6Set", [])]
    groups = interface["SecurityGroupIds"]["SecurityGroupId"]
    return Door(groups, list(dict.fromkeys(filter(None, public))), ipv6)


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
        DESCRIBE_INTERFACES,
    ),
    collect=collect,
)
