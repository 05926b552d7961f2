"""The Log Service project: Trailguard's own, and the one that the trail delivers to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.bootstrap.cloud import Cloud, CloudError
from deploy.bootstrap.plan import Found, Resource

MARK = "made by trailguard bootstrap"
"""Stands in the description of everything that has one: what lacks it is not ours."""


@dataclass(frozen=True)
class Project(Resource):
    """One project in the region of the deployment. `settings` are the variables that name it; `ours` are the
    logstores that may be deleted with it."""

    kind = "project"
    holds_logs = True
    project: str
    settings: tuple[str, ...]
    ours: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The project's name, unique in all of Log Service."""
        return self.project

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find; with the names of the logstores in it. Raises CloudError if it is another's."""
        try:
            found = cloud.log.look("get_project", self.project)
        except CloudError as error:
            if error.denied and "belong" in str(error):  # "The project does not belong to you."
                raise self._taken(cloud) from None
            raise
        if found is None:
            return None
        logstores = cloud.log.call("list_logstore", self.project)["logstores"]
        return {**found, "logstores": list(logstores)}

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        return ()

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences: a project has nothing to set."""
        return ()

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        try:
            cloud.log.call("create_project", self.project, f"Trailguard ({MARK})")
        except CloudError as error:
            raise self._taken(cloud) if error.exists else error from None

    def _taken(self, cloud: Cloud) -> CloudError:
        settings = " and ".join(self.settings)
        example = f"trailguard-{cloud.names.account}"
        told = f"another account has a project of this name: set {settings}, as to {example}"
        return CloudError("ProjectAlreadyExist", told)

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change."""

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete: with whatever is in it; `keeps` has seen that nothing of others is."""
        cloud.log.call("delete_project", self.project)

    def foreign(self, found: Found) -> str:
        """See Resource.foreign."""
        return "" if MARK in str(found.get("description")) else "not made by trailguard"

    def keeps(self, found: Found) -> str:
        """See Resource.keeps: deleting a project deletes every logstore in it."""
        others = sorted(name for name in found["logstores"] if name not in self.ours)
        return f"holds other logs: {', '.join(others)}" if others else ""
