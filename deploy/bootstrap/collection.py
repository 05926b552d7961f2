"""What hosts are told to collect: machine groups, pipelines, and which pipeline goes to which group.

The documents themselves are deploy/collection's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploy import collection
from deploy.bootstrap.cloud import Cloud
from deploy.bootstrap.documents import ProjectDocument
from deploy.bootstrap.plan import Found, Resource
from deploy.vars import Names


class MachineGroup(ProjectDocument):
    """Hosts, by the id that stands on each."""

    kind = "machine group"
    noun = "machine_group"
    key = "groupName"


class Pipeline(ProjectDocument):
    """One log that hosts are asked for."""

    kind = "pipeline"
    noun = "logtail_pipeline_config"
    key = "configName"


@dataclass(frozen=True)
class Applied(Resource):
    """The pipelines of one group. Others that somebody has applied to it stay."""

    kind = "pipelines of machine group"
    project: str
    group: str
    pipelines: tuple[str, ...]

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find."""
        told = cloud.log.look("get_machine_group_applied_configs", self.project, self.group)
        return told and {"configs": list(told["configs"])}

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield ", ".join(self.pipelines)

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences."""
        return (f"+ {pipeline}" for pipeline in self.pipelines if pipeline not in found["configs"])

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        self.change(cloud, {"configs": []})

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change."""
        for pipeline in self.pipelines:
            if pipeline not in found["configs"]:
                cloud.log.call("apply_config_to_machine_group", self.project, pipeline, self.group)

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete: ends with the group."""

    def keeps(self, found: Found) -> str:
        """See Resource.keeps."""
        return "ends with the group"


def collected(names: Names) -> Iterator[Resource]:
    """Everything that hosts need, in the order to make it in."""
    groups = collection.machine_groups()
    for group in groups:
        yield MachineGroup(names.project, group)
    for config in collection.configs(names.region, names.hosts_logstore):
        yield Pipeline(names.project, config)
    pairs = collection.applied()
    for group in groups:
        name = group["groupName"]
        yield Applied(names.project, name, tuple(config for config, other in pairs if other == name))
