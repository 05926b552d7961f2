"""ActionTrail: making, changing and starting trails. What there is stands in actiontrail.py's Trails.

"CreateTrail", "UpdateTrail", "StartLogging", alibabacloud.com/help/en/actiontrail/developer-reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal
from tests.cloud.openapi.products.actiontrail import Trails, at_home

SETTINGS = {
    "SlsProjectArn": "project_arn",
    "SlsWriteRoleArn": "role_arn",
    "EventRW": "events",
    "TrailRegion": "regions",
    "OssBucketName": "bucket",
}
"""Of the calls' parameters, by the attribute of Trail."""


@dataclass
class Delivery:
    """`begin` is told the project and the logstore of each new trail: ActionTrail makes the logstore."""

    begin: Callable[[str, str], None] = lambda project, logstore: None


def create_trail(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("Name")
    if not re.fullmatch(r"[a-z][a-z0-9_-]{5,35}", name):
        raise Refusal(400, "InvalidTrailNameException", "The trail name is invalid.")
    if name in account[Trails].trails:
        raise Refusal(400, "TrailAlreadyExistsException", f"Trail {name} already exists.")
    trail = account[Trails].add(name, home=call.region, state="Fresh", **{"events": "Write", **_sent(call)})
    account[Delivery].begin(trail.project_arn.rpartition("/")[2], f"actiontrail_{name}")
    return trail.described()


def update_trail(account: Account, call: Call) -> dict[str, Any]:
    trail = at_home(account, call)
    for attribute, value in _sent(call).items():
        setattr(trail, attribute, value)
    return trail.described()


def start_logging(account: Account, call: Call) -> dict[str, Any]:
    at_home(account, call).state = "Enable"
    return {}


def _sent(call: Call) -> dict[str, str]:
    return {mine: call.parameters[theirs] for theirs, mine in SETTINGS.items() if theirs in call.parameters}


PRODUCT = Product(
    "Actiontrail",
    "2020-07-06",
    {"CreateTrail": create_trail, "UpdateTrail": update_trail, "StartLogging": start_logging},
)
