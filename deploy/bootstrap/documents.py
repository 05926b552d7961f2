"""Things of a project that are one JSON document each: machine groups, pipelines, dashboards, searches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from deploy.bootstrap.cloud import Cloud
from deploy.bootstrap.compare import lacking
from deploy.bootstrap.plan import Found, Resource

Json = Mapping[str, Any]


@dataclass(frozen=True)
class ProjectDocument(Resource):
    """One of them, by the SDK's word for its kind and the key of its name. Ours begin with `trailguard`."""

    noun: ClassVar[str]
    key: ClassVar[str]
    project: str
    document: Json = field(repr=False)

    @property
    def name(self) -> str:
        """The name that stands in the document."""
        return str(self.document[self.key])

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find."""
        found: Found | None = cloud.log.look(f"get_{self.noun}", self.project, self.name)
        return found

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        return ()

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences."""
        return lacking(self.document, found)

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        cloud.log.call(f"create_{self.noun}", self.project, self._body())

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change: the whole document is put."""
        cloud.log.call(f"update_{self.noun}", self.project, self._body())

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete."""
        cloud.log.call(f"delete_{self.noun}", self.project, self.name)

    def _body(self) -> Any:
        from deploy.bootstrap.log_service import Document

        return Document(dict(self.document), self.name)
