"""What ECS answers, as several collectors read it: instances, their tags and public addresses.

"DescribeInstances", https://www.alibabacloud.com/help/en/ecs/developer-reference/
api-ecs-2014-05-26-describeinstances
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.audits.collector import Inquiry
from shared.cloud.openapi import Api

VERSION = "2014-05-26"
PAGE = 100
"""The most that one page of instances, groups or disks holds."""

DESCRIBE_INSTANCES = Api("Ecs", VERSION, "DescribeInstances", "ecs:DescribeInstances")

Item = Mapping[str, Any]


def instances(ask: Inquiry, **parameters: Any) -> Iterator[dict[str, Any]]:
    """The instances of the region, with what their metadata service demands. Raises Unanswered."""
    more = {"AdditionalAttributes": ["META_OPTIONS"], "MaxResults": PAGE}
    return ask.items(DESCRIBE_INSTANCES, "Instances.Instance", **more, **parameters)


def tags_of(item: Item) -> list[str]:
    """`env=production` for each tag; nothing where the answer leaves them out."""
    listed = (item.get("Tags") or {}).get("Tag", [])
    return sorted(f"{tag['TagKey']}={tag.get('TagValue', '')}" for tag in listed)


def public_addresses(instance: Item) -> list[str]:
    """Its public IPv4 addresses: those it was made with, and the elastic one."""
    own = instance["PublicIpAddress"]["IpAddress"]
    elastic = (instance.get("EipAddress") or {}).get("IpAddress")
    return [*own, *([elastic] if elastic else [])]


def ipv6_addresses(instance: Item) -> list[str]:
    """Its IPv6 addresses. Whether they are reached from the internet is up to its VPC's IPv6 gateway."""
    interfaces = (instance.get("NetworkInterfaces") or {}).get("NetworkInterface", [])
    sets = [(interface.get("Ipv6Sets") or {}).get("Ipv6Set", []) for interface in interfaces]
    return [each["Ipv6Address"] for each_set in sets for each in each_set]
