"""ActionTrail: an account's trails, as their home region has them and as others see their shadows.

"DescribeTrails" and "GetTrailStatus", alibabacloud.com/help/en/actiontrail/developer-reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal


@dataclass
class Trail:
    """A trail. `status` is what GetTrailStatus tells beside IsLogging."""

    name: str
    home: str = "cn-hangzhou"
    regions: str = "All"
    events: str = "All"
    state: str = "Enable"  # Disable, or Fresh: created and never on
    bucket: str = ""
    bucket_region: str = "cn-hangzhou"
    project_arn: str = ""
    role_arn: str = ""
    organization: bool = False
    status: dict[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        targets = {
            "OssBucketName": self.bucket,
            "OssBucketLocation": self.bucket and f"oss-{self.bucket_region}",
            "SlsProjectArn": self.project_arn,
            "SlsWriteRoleArn": self.role_arn,
        }
        return {
            "Name": self.name,
            "HomeRegion": self.home,
            "TrailRegion": self.regions,
            "EventRW": self.events,
            "Status": self.state,
            "IsOrganizationTrail": self.organization,
            **{name: value for name, value in targets.items() if value},
        }


@dataclass
class Trails:
    """The account's trails, by name."""

    trails: dict[str, Trail] = field(default_factory=dict)

    def add(self, name: str, **settings: Any) -> Trail:
        """One more trail; settings as in Trail."""
        self.trails[name] = Trail(name, **settings)
        return self.trails[name]


def describe_trails(account: Account, call: Call) -> dict[str, Any]:
    """A trail for all regions has a shadow in each; one for a single region is seen at home alone."""
    shadows = call.parameters.get("IncludeShadowTrails") == "true"
    organization = call.parameters.get("IncludeOrganizationTrail") == "true"
    seen = [
        trail
        for trail in account[Trails].trails.values()
        if (trail.home == call.region or (shadows and trail.regions == "All"))
        and (organization or not trail.organization)
    ]
    return {"TrailList": [trail.described() for trail in seen]}


def get_trail_status(account: Account, call: Call) -> dict[str, Any]:
    trail = at_home(account, call)
    return {"IsLogging": trail.state == "Enable", **trail.status}


def at_home(account: Account, call: Call) -> Trail:
    """The trail that the call names; a trail is found in its home region alone."""
    trail = account[Trails].trails.get(call.need("Name"))
    if trail is None or trail.home != call.region:
        raise Refusal(404, "TrailNotFoundException", f"Trail: {call.parameters['Name']} is not found.")
    return trail


PRODUCT = Product(
    "Actiontrail",
    "2020-07-06",
    {"DescribeTrails": describe_trails, "GetTrailStatus": get_trail_status},
)
