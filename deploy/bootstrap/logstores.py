"""Logstores, how long they keep, and their indexes. What is too low is raised; nothing is ever lowered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.bootstrap.cloud import Cloud, CloudError
from deploy.bootstrap.plan import Found, Resource

RETENTION = 365
"""Days. CIS Alibaba Cloud Foundation Benchmark, 2.x: audit logs are kept for a year at least."""

MAX_SHARDS = 64  # what splits by itself stops there


@dataclass(frozen=True)
class Logstore(Resource):
    """One logstore of ours. `serial`: one shard for good, as its reader relies on one order."""

    kind = "logstore"
    holds_logs = True
    project: str
    logstore: str
    serial: bool = False
    days: int = RETENTION

    @property
    def name(self) -> str:
        """The logstore's name in its project."""
        return self.logstore

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find; `shards` are those that are written to."""
        found = cloud.log.look("get_logstore", self.project, self.logstore)
        if found is None:
            return None
        shards = cloud.log.call("list_shards", self.project, self.logstore) if self.serial else []
        return {**found, "shards": sum(shard["status"] == "readwrite" for shard in shards)}

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"kept {self.days} days"
        yield "one shard, which never splits" if self.serial else f"one shard, splits up to {MAX_SHARDS}"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences."""
        if found["ttl"] < self.days:
            yield f"retention {found['ttl']} → {self.days} days"
        if self.serial and found["autoSplit"]:
            yield "automatic splitting on → off"

    def by_hand(self, found: Found | None) -> Iterable[str]:
        """See Resource.by_hand: merging ends shards that a trigger reads, so a person picks the moment."""
        if found and self.serial and found["shards"] > 1:
            yield f"has {found['shards']} shards; must have one, to be read in order: merge them by hand"

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        splits = {"auto_split": not self.serial, "max_split_shard": 1 if self.serial else MAX_SHARDS}
        cloud.log.call("create_logstore", self.project, self.logstore, self.days, 1, **splits)

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change; the SDK sends back all that is not named here as it finds it."""
        days = max(found["ttl"], self.days)
        split = {"auto_split": False} if self.serial else {}
        cloud.log.call("update_logstore", self.project, self.logstore, ttl=days, **split)

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete."""
        cloud.log.call("delete_logstore", self.project, self.logstore)


@dataclass(frozen=True)
class TrailLogstore(Logstore):
    """The logstore that ActionTrail makes for the trail, a while after the trail itself: actiontrail_<name>
    ("CreateTrail"). Only its retention is set.
    """

    kind = "trail's logstore"
    needs = "trail"

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"made by ActionTrail; then kept {self.days} days"

    def create(self, cloud: Cloud) -> None:
        """See Resource.create: only looks. Raises CloudError until it is there; apply waits for it."""
        found = self.find(cloud)
        if found is None:
            raise CloudError("LogStoreNotExist", f"ActionTrail has not made {self.logstore} yet")
        if list(self.differences(found)):
            self.change(cloud, found)

    def keeps(self, found: Found) -> str:
        """See Resource.keeps: the account's own record, whatever becomes of Trailguard."""
        return "the account's audit trail"


@dataclass(frozen=True)
class Index(Resource):
    """The index of one logstore: without it nothing can be searched. Keys are added to those there are."""

    kind = "index"
    project: str
    logstore: str
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The logstore's name: it has one index."""
        return self.logstore

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find."""
        found: Found | None = cloud.log.look("get_index_config", self.project, self.logstore)
        return found

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"full text, and {len(self.document['keys'])} fields"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences: what is missing or of another type. More than is wanted is fine."""
        if "line" in self.document and "line" not in found:
            yield "full text: off → on"
        yield from (f"{key}: {change}" for key, change in self._wrong_keys(found).items())

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        self._send(cloud, "create_index", {part: value for part, value in self.document.items() if value})

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change: what others have added stays."""
        ours = {key: self.document["keys"][key] for key in self._wrong_keys(found)}
        kept = {name: value for name, value in found.items() if name in _SETTINGS}
        line = found.get("line") or self.document.get("line")
        merged = {**kept, "keys": {**(found.get("keys") or {}), **ours}, **({"line": line} if line else {})}
        self._send(cloud, "update_index", merged)

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete: it goes with its logstore."""

    def keeps(self, found: Found) -> str:
        """See Resource.keeps."""
        return "stays and goes with its logstore"

    def _wrong_keys(self, found: Found) -> dict[str, str]:
        """The fields that are not indexed as they should be, each with what has to change."""
        there = found.get("keys") or {}
        changes = {key: _change(there.get(key), wanted) for key, wanted in self.document["keys"].items()}
        return {key: change for key, change in changes.items() if change}

    def _send(self, cloud: Cloud, method: str, document: Mapping[str, Any]) -> None:
        from deploy.bootstrap.log_service import Document

        cloud.log.call(method, self.project, self.logstore, Document(dict(document)))


def _change(found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> str:
    if found is None:
        return f"not indexed → {wanted['type']}"
    kind = found.get("type", "text")
    if kind != wanted["type"]:
        return f"{kind} → {wanted['type']}"
    return "statistics off → on" if wanted.get("doc_value") and not found.get("doc_value") else ""


_SETTINGS = (
    "line",
    "log_reduce",
    "max_text_len",
    "log_reduce_white_list",
    "log_reduce_black_list",
    "scan_index",
)
"""What UpdateIndex takes besides the keys; the rest of what GetIndex shows is the service's own."""
