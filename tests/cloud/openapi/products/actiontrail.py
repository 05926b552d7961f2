"""ActionTrail 2020-07-06: trails. What CreateTrail needs to be so is checked by the test's own `projects`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal

SETTINGS = ("SlsProjectArn", "SlsWriteRoleArn", "EventRW", "TrailRegion", "OssBucketName")


@dataclass
class ActionTrail:
    """The account's trails by name. `made` is told of each new one: ActionTrail then makes its logstore.
    `status` is what GetTrailStatus tells of a trail beside IsLogging."""

    trails: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: Callable[[str, str], None] = lambda project, logstore: None

    def trail(self, name: str, project: str, region: str = "cn-hangzhou", **settings: Any) -> dict[str, Any]:
        """A trail that delivers all there is to a project of the account, unless `settings` say otherwise."""
        arn = f"acs:log:{region}:1234567890123456:project/{project}"
        full = {"EventRW": "All", "TrailRegion": "All", "Status": "Enable", "HomeRegion": region}
        self.trails[name] = {"Name": name, "SlsProjectArn": arn, **full, **settings}
        return self.trails[name]


def describe_trails(account: Account, call: Call) -> dict[str, Any]:
    """A trail for all regions has a shadow in each; one for a single region is seen at home alone."""
    shadows = call.parameters.get("IncludeShadowTrails") == "true"
    organization = call.parameters.get("IncludeOrganizationTrail") == "true"
    trails = [
        trail
        for trail in account[ActionTrail].trails.values()
        if (trail["HomeRegion"] == call.region or (shadows and trail["TrailRegion"] == "All"))
        and (organization or not trail.get("IsOrganizationTrail"))
    ]
    return {"TrailList": trails}


def get_trail_status(account: Account, call: Call) -> dict[str, Any]:
    """Asked for in the trail's home region alone."""
    trail = _trail(account, call)
    if trail["HomeRegion"] != call.region:
        raise Refusal(404, "TrailNotFoundException", f"Trail {trail['Name']} does not exist.")
    told = account[ActionTrail].status.get(trail["Name"], {})
    return {"IsLogging": trail["Status"] == "Enable", **told}


def create_trail(account: Account, call: Call) -> dict[str, Any]:
    name, part = call.need("Name"), account[ActionTrail]
    if not re.fullmatch(r"[a-z][a-z0-9_-]{5,35}", name):
        raise Refusal(400, "InvalidTrailNameException", "The trail name is invalid.")
    if name in part.trails:
        raise Refusal(400, "TrailAlreadyExistsException", f"Trail {name} already exists.")
    sent = {key: call.parameters[key] for key in SETTINGS if key in call.parameters}
    defaults = {"EventRW": "Write", "TrailRegion": "All", "Status": "Fresh", "HomeRegion": call.region}
    part.trails[name] = {"Name": name, **defaults, **sent}
    part.made(sent["SlsProjectArn"].rpartition("/")[2], f"actiontrail_{name}")
    return dict(part.trails[name])


def update_trail(account: Account, call: Call) -> dict[str, Any]:
    trail = _trail(account, call)
    trail.update({key: call.parameters[key] for key in SETTINGS if key in call.parameters})
    return dict(trail)


def start_logging(account: Account, call: Call) -> dict[str, Any]:
    _trail(account, call)["Status"] = "Enable"
    return {}


def _trail(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("Name")
    if name not in account[ActionTrail].trails:
        raise Refusal(404, "TrailNotFoundException", f"Trail {name} does not exist.")
    return account[ActionTrail].trails[name]


PRODUCT = Product(
    "Actiontrail",
    "2020-07-06",
    {
        "DescribeTrails": describe_trails,
        "GetTrailStatus": get_trail_status,
        "CreateTrail": create_trail,
        "UpdateTrail": update_trail,
        "StartLogging": start_logging,
    },
)
