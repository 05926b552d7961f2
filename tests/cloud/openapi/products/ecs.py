"""ECS: instances, security groups, disks and images, by region.

"DescribeInstances", "DescribeSecurityGroups", "DescribeSecurityGroupAttribute", "DescribeDisks",
"DescribeImages", "DescribePrefixListAttributes", "DescribePortRangeListEntries",
alibabacloud.com/help/en/ecs/developer-reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_token
from tests.cloud.openapi.product import Account, Call, Product, Refusal


@dataclass
class Instance:
    """An instance. `http_tokens` None: the answer says nothing of its metadata service."""

    id: str
    region: str = "cn-hangzhou"
    status: str = "Running"
    groups: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    elastic: str = ""
    ipv6: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    image: str = "aliyun_3_x64_20G_alibase_20260101.vhd"
    protected: bool = True
    http_tokens: str | None = "required"

    def described(self, with_metadata: bool) -> dict[str, Any]:
        sets = {"Ipv6Set": [{"Ipv6Address": self.ipv6}] if self.ipv6 else []}
        metadata = {"HttpEndpoint": "enabled", "HttpTokens": self.http_tokens}
        shown = {"MetadataOptions": metadata} if with_metadata and self.http_tokens else {}
        return {
            "InstanceId": self.id,
            "InstanceName": f"host of {self.id}",
            "Status": self.status,
            "ImageId": self.image,
            "DeletionProtection": self.protected,
            "SecurityGroupIds": {"SecurityGroupId": list(self.groups)},
            "PublicIpAddress": {"IpAddress": list(self.public)},
            "EipAddress": {"IpAddress": self.elastic, "AllocationId": "eip-1" if self.elastic else ""},
            "NetworkInterfaces": {"NetworkInterface": [{"Ipv6Sets": sets}]},
            **_tagged(self.tags),
            **shown,
        }


@dataclass
class Group:
    """A security group; `rules` as DescribeSecurityGroupAttribute tells them."""

    id: str
    region: str = "cn-hangzhou"
    rules: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def lets(self, ports: str, source: str = "0.0.0.0/0", **settings: Any) -> Group:
        """One more inbound rule: `22/22`, `-1/-1`; settings by their names in the API."""
        family = "Ipv6SourceCidrIp" if ":" in source else "SourceCidrIp"
        rule = {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": ports, family: source}
        self.rules.append({**rule, "Policy": "Accept", "Priority": 1, "NicType": "intranet", **settings})
        return self


@dataclass
class Ecs:
    """What the account has of ECS. Disks and images as the API tells them, by region and by id; lists of
    networks and ports by their ids; interfaces that were added to instances as the API tells them."""

    instances: dict[str, Instance] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    disks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    interfaces: list[dict[str, Any]] = field(default_factory=list)

    def instance(self, name: str, **settings: Any) -> Instance:
        """One more instance; settings as in Instance."""
        self.instances[name] = Instance(name, **settings)
        return self.instances[name]

    def group(self, name: str, **settings: Any) -> Group:
        """One more security group without rules."""
        self.groups[name] = Group(name, **settings)
        return self.groups[name]

    def interface(self, instance: str, *groups: str, elastic: str = "", private_elastic: str = "") -> None:
        """One more interface of an instance; its own elastic address, or that of a second private one."""
        private = [
            {"PrivateIpAddress": "10.0.0.9", "AssociatedPublicIp": {"PublicIpAddress": private_elastic}}
        ]
        told = {
            "InstanceId": instance,
            "SecurityGroupIds": {"SecurityGroupId": list(groups)},
            "AssociatedPublicIp": {"PublicIpAddress": elastic},
            "PrivateIpSets": {"PrivateIpSet": private},
            "Ipv6Sets": {"Ipv6Set": []},
        }
        self.interfaces.append({**told, "Type": "Secondary", "Status": "InUse"})

    def disk(
        self, name: str, encrypted: bool, region: str = "cn-hangzhou", **settings: Any
    ) -> dict[str, Any]:
        """One more disk; settings by their names in the API."""
        disk = {"DiskId": name, "DiskName": "", "Type": "data", "Encrypted": encrypted, "InstanceId": ""}
        self.disks.append((region, {**disk, **settings}))
        return self.disks[-1][1]


def describe_instances(account: Account, call: Call) -> dict[str, Any]:
    status = call.parameters.get("Status")
    with_metadata = "META_OPTIONS" in call.parameters.values()
    found = [i for i in account[Ecs].instances.values() if i.region == call.region]
    shown = [i.described(with_metadata) for i in found if status in (None, i.status)]
    return _paged(call, shown, "Instances", "Instance")


def describe_security_groups(account: Account, call: Call) -> dict[str, Any]:
    groups = [
        {"SecurityGroupId": g.id, "SecurityGroupName": g.id, "VpcId": "vpc-1", **_tagged(g.tags)}
        for g in account[Ecs].groups.values()
        if g.region == call.region
    ]
    return _paged(call, groups, "SecurityGroups", "SecurityGroup")


def describe_security_group_attribute(account: Account, call: Call) -> dict[str, Any]:
    group = account[Ecs].groups.get(call.need("SecurityGroupId"))
    if group is None or group.region != call.region:
        raise Refusal(404, "InvalidSecurityGroupId.NotFound", "The specified security group does not exist.")
    wanted = call.parameters.get("Direction", "all")
    rules = [rule for rule in group.rules if wanted in ("all", rule["Direction"])]
    return {"SecurityGroupId": group.id, **_paged(call, rules, "Permissions", "Permission")}


def describe_prefix_list_attributes(account: Account, call: Call) -> dict[str, Any]:
    entries = account[Ecs].lists[call.need("PrefixListId")]
    return {"Entries": {"Entry": [{"Cidr": network} for network in entries]}}


def describe_port_range_list_entries(account: Account, call: Call) -> dict[str, Any]:
    entries = account[Ecs].lists[call.need("PortRangeListId")]
    return {"Entries": [{"PortRange": ports} for ports in entries]}


def describe_network_interfaces(account: Account, call: Call) -> dict[str, Any]:
    here = {i.id for i in account[Ecs].instances.values() if i.region == call.region}
    found = [each for each in account[Ecs].interfaces if each["InstanceId"] in here]
    primary = {"Type": "Primary", "SecurityGroupIds": {"SecurityGroupId": []}}
    found += [{**primary, "InstanceId": name} for name in here]
    return _paged(call, found, "NetworkInterfaceSets", "NetworkInterfaceSet")


def describe_disks(account: Account, call: Call) -> dict[str, Any]:
    disks = [disk for region, disk in account[Ecs].disks if region == call.region]
    return _paged(call, disks, "Disks", "Disk")


def describe_images(account: Account, call: Call) -> dict[str, Any]:
    image = account[Ecs].images.get(call.need("ImageId"))
    found = [{"ImageId": call.parameters["ImageId"], **image}] if image else []
    return {"Images": {"Image": found}, "TotalCount": len(found), "PageNumber": 1, "PageSize": 10}


def _tagged(tags: dict[str, str]) -> dict[str, Any]:
    return {"Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}}


def _paged(call: Call, items: Sequence[Any], shell: str, name: str) -> dict[str, Any]:
    """A page by token, its list in a shell."""
    answer = by_token(call, items, name)
    return {shell: {name: answer.pop(name)}, **answer}


PRODUCT = Product(
    "Ecs",
    "2014-05-26",
    {
        "DescribeInstances": describe_instances,
        "DescribeSecurityGroups": describe_security_groups,
        "DescribeSecurityGroupAttribute": describe_security_group_attribute,
        "DescribePrefixListAttributes": describe_prefix_list_attributes,
        "DescribePortRangeListEntries": describe_port_range_list_entries,
        "DescribeNetworkInterfaces": describe_network_interfaces,
        "DescribeDisks": describe_disks,
        "DescribeImages": describe_images,
    },
)
