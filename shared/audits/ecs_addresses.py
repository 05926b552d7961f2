"""The public addresses of a region, and what each belongs to: a whole list or none.

"DescribeEipAddresses", https://www.alibabacloud.com/help/en/vpc/developer-reference/
api-vpc-2016-04-28-describeeipaddresses
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from shared.audits.collector import HOUR, Collector, Fields, Inquiry, Told
from shared.audits.ecs import DESCRIBE_INSTANCES, instances
from shared.cloud.openapi import Api

DESCRIBE_EIPS = Api("Vpc", "2016-04-28", "DescribeEipAddresses", "vpc:DescribeEipAddresses")
PAGE = 100


def collect(ask: Inquiry) -> Iterator[Told]:
    """The one list of the region."""
    yield ask.about("ecs_addresses", ask.region, partial(_addresses, ask))


def _addresses(ask: Inquiry) -> Fields:
    return {"addresses": sorted({*_of_instances(ask), *_elastic(ask)})}


def _of_instances(ask: Inquiry) -> Iterator[str]:
    """Those that instances were made with."""
    for instance in instances(ask):
        for address in instance["PublicIpAddress"]["IpAddress"]:
            yield f"{address} of EcsInstance {instance['InstanceId']}"


def _elastic(ask: Inquiry) -> Iterator[str]:
    """Elastic ones that are bound to something."""
    for eip in ask.items(DESCRIBE_EIPS, "EipAddresses.EipAddress", PageSize=PAGE):
        if eip["InstanceId"]:
            yield f"{eip['IpAddress']} of {eip.get('InstanceType') or 'something'} {eip['InstanceId']}"


ECS_ADDRESSES = Collector(
    name="ecs-addresses",
    area="ecs",
    every=HOUR,
    scope="regional",
    kinds=("ecs_addresses",),
    apis=(DESCRIBE_INSTANCES, DESCRIBE_EIPS),
    collect=collect,
)
