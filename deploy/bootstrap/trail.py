"""The trail: on, all regions, reads and writes, delivering to Log Service.

"Trails created through the API are in the shutdown state by default. You need to call the StartLogging
operation" (https://www.alibabacloud.com/help/en/actiontrail/latest/api-actiontrail-2020-07-06-createtrail).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deploy.bootstrap.cloud import Cloud
from deploy.bootstrap.plan import Found, Resource
from deploy.vars import Names
from shared.cloud.openapi import Api

VERSION = "2020-07-06"
DESCRIBE = Api("Actiontrail", VERSION, "DescribeTrails", "actiontrail:DescribeTrails")
CREATE = Api("Actiontrail", VERSION, "CreateTrail", "actiontrail:CreateTrail")
UPDATE = Api("Actiontrail", VERSION, "UpdateTrail", "actiontrail:UpdateTrail")
START = Api("Actiontrail", VERSION, "StartLogging", "actiontrail:StartLogging")
APIS = (DESCRIBE, CREATE, UPDATE, START)

SERVICE_ROLE = "aliyunserviceroleforactiontrail"
"""The service-linked role that ActionTrail writes to Log Service with."""

Trails = Sequence[Mapping[str, Any]]


def find_trails(cloud: Cloud) -> Trails:
    """The account's own trails, those whose home is another region too. Raises CloudError."""
    trails = cloud.call(DESCRIBE, {"IncludeShadowTrails": True})["TrailList"]
    return list(trails)


def adopted(names: Names, trails: Trails) -> tuple[Names, str]:
    """The names with a trail that is there already and delivers all there is, and its name; else unchanged.

    No second trail is made beside it: each is stored and paid for.
    """
    if any(trail["Name"] == names.trail for trail in trails):
        return names, ""
    for trail in trails:
        _, project = _target(trail)
        mine = trail.get("SlsProjectArn") == names.project_arn(project)  # of this account, in this region
        if mine and project and not list(_shortcomings(trail)):
            logstore = f"actiontrail_{trail['Name']}"
            return replace(names, trail_project=project, trail_logstore=logstore), str(trail["Name"])
    return names, ""


@dataclass(frozen=True)
class Trail(Resource):
    """The trail that the detector reads."""

    kind = "trail"
    names: Names

    @property
    def name(self) -> str:
        """The trail's name, unique in the account."""
        return self.names.trail

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find."""
        return next((dict(trail) for trail in find_trails(cloud) if trail["Name"] == self.name), None)

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"on: all events, all regions, to {self.names.trail_project}/{self.names.trail_logstore}"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences."""
        _, project = _target(found)
        if project != self.names.trail_project:
            yield f"delivers to {project or 'no project of Log Service'}, wanted {self.names.trail_project}"
        yield from _shortcomings(found)

    def foreign(self, found: Found) -> str:
        """See Resource.foreign: a trail that delivers elsewhere serves somebody else."""
        _, project = _target(found)
        if project and project != self.names.trail_project:
            return (
                f"serves somebody else: set TRAILGUARD_TRAIL_PROJECT={project}, or TRAILGUARD_TRAIL_LOGSTORE"
            )
        if found.get("HomeRegion", self.names.region) != self.names.region:
            return f"is at home in {found['HomeRegion']} and can be changed only there"
        return ""

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        cloud.call(CREATE, {"Name": self.name, "IsOrganizationTrail": False, **self._settings()})
        cloud.call(START, {"Name": self.name})

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change."""
        if list(self.differences({**found, "Status": "Enable"})):
            cloud.call(UPDATE, {"Name": self.name, **self._settings()})
        if found["Status"] != "Enable":
            cloud.call(START, {"Name": self.name})

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete: never reached, see `keeps`."""

    def keeps(self, found: Found) -> str:
        """See Resource.keeps: a tool that watches for ended trails ends none."""
        return "goes on recording; end it in the ActionTrail console if you must"

    def _settings(self) -> dict[str, Any]:
        return {
            "SlsProjectArn": self.names.project_arn(self.names.trail_project),
            "SlsWriteRoleArn": self.names.role_arn(SERVICE_ROLE),
            "EventRW": "All",
            "TrailRegion": "All",
        }


def _target(trail: Mapping[str, Any]) -> tuple[str, str]:
    """Region and project of acs:log:<region>:<account>:project/<project>; empty where there is none."""
    parts = str(trail.get("SlsProjectArn") or "").split(":")
    return (parts[2], parts[4].removeprefix("project/")) if len(parts) == 5 else ("", "")


def _shortcomings(trail: Mapping[str, Any]) -> Iterable[str]:
    if trail.get("EventRW") != "All":
        yield f"events {trail.get('EventRW')} → All"
    if trail.get("TrailRegion") != "All":
        yield f"regions {trail.get('TrailRegion')} → All"
    if trail.get("Status") != "Enable":
        yield f"{trail.get('Status')} → Enable"
