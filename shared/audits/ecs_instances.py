"""ECS instances: protection from release, their metadata service, their image.

"DescribeImages", https://www.alibabacloud.com/help/en/ecs/developer-reference/
api-ecs-2014-05-26-describeimages
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, HOUR, Collector, Fields, Inquiry, Told
from shared.audits.ecs import DESCRIBE_INSTANCES, VERSION, Item, instances, public_addresses, tags_of
from shared.cloud.openapi import Api

DESCRIBE_IMAGES = Api("Ecs", VERSION, "DescribeImages", "ecs:DescribeImages")

Images = dict[str, Item]


def collect(ask: Inquiry) -> Iterator[Told]:
    """Each instance."""
    yield from ask.each("ecs_instance", instances(ask), "InstanceId", _instance)


def collect_images(ask: Inquiry) -> Iterator[Told]:
    """The image of each instance; an image is asked for once."""
    images: Images = {}
    yield from ask.each("ecs_image", instances(ask), "InstanceId", partial(_image, ask, images))


def _instance(instance: Item) -> Fields:
    """What an instance's metadata service demands is left out of old answers, and then unknown."""
    metadata = instance.get("MetadataOptions") or {}
    return {
        "name": instance["InstanceName"],
        "status": instance["Status"],
        "tags": tags_of(instance),
        "image": instance["ImageId"],
        "addresses": public_addresses(instance),
        "deletion_protection": instance["DeletionProtection"],
        "http_tokens": metadata.get("HttpTokens") or "unknown",
        "metadata": metadata.get("HttpEndpoint") or "unknown",
    }


def _image(ask: Inquiry, images: Images, instance: Item) -> Fields:
    """An image that was deleted since has no name."""
    image_id = instance["ImageId"]
    if image_id not in images:
        images[image_id] = _described(ask, image_id)
    image = images[image_id]
    marks = [image_id, image.get("ImageName"), image.get("ImageFamily")]
    return {
        "name": instance["InstanceName"],
        "tags": tags_of(instance),
        "image": image_id,
        "image_name": image.get("ImageName", ""),
        "image_family": image.get("ImageFamily", ""),
        "image_owner": image.get("ImageOwnerAlias", ""),
        "marks": [mark for mark in marks if mark],
    }


def _described(ask: Inquiry, image_id: str) -> dict[str, Any]:
    answer = ask.call(DESCRIBE_IMAGES, ImageId=image_id, Status="Available,UnAvailable,Deprecated")
    found: list[dict[str, Any]] = answer["Images"]["Image"]
    return found[0] if found else {}


ECS_INSTANCES = Collector(
    name="ecs-instances",
    area="ecs",
    every=HOUR,
    scope="regional",
    kinds=("ecs_instance",),
    apis=(DESCRIBE_INSTANCES,),
    collect=collect,
)

ECS_IMAGES = Collector(
    name="ecs-images",
    area="ecs",
    every=DAY,
    scope="regional",
    kinds=("ecs_image",),
    apis=(DESCRIBE_INSTANCES, DESCRIBE_IMAGES),
    collect=collect_images,
)
