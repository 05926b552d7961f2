"""Disks, and whether they are encrypted.

"DescribeDisks", https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describedisks
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.audits.ecs import PAGE, VERSION, Item
from shared.cloud.openapi import Api

DESCRIBE_DISKS = Api("Ecs", VERSION, "DescribeDisks", "ecs:DescribeDisks")


def collect(ask: Inquiry) -> Iterator[Told]:
    """Each disk."""
    disks = ask.items(DESCRIBE_DISKS, "Disks.Disk", MaxResults=PAGE)
    yield from ask.each("ecs_disk", disks, "DiskId", _disk)


def _disk(disk: Item) -> Fields:
    return {
        "name": disk.get("DiskName", ""),
        "type": disk["Type"],
        "encrypted": disk["Encrypted"],
        "key": disk.get("KMSKeyId", ""),
        "instance": disk.get("InstanceId", ""),
    }


ECS_DISKS = Collector(
    name="ecs-disks",
    area="ecs",
    every=DAY,
    scope="regional",
    kinds=("ecs_disk",),
    apis=(DESCRIBE_DISKS,),
    collect=collect,
)
