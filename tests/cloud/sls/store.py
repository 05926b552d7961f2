"""What the local Log Service keeps: projects, logstores, shards, and the log groups in them."""

from __future__ import annotations

import base64
import binascii
import itertools
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aliyun.log.proto import LogGroupRaw


class ServiceError(Exception):
    """An error reply: HTTP status, Log Service's errorCode and errorMessage."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class StoredLog:
    """One log as it lies in a shard. `time` is in Unix seconds."""

    time: int
    contents: dict[str, str]
    topic: str = ""
    source: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredGroup:
    """One serialized LogGroup, and when it came in (Unix seconds)."""

    received: int
    body: bytes


Shard = list[StoredGroup]


class Logstore:
    """A row of shards. Writes through the load balancer go to one after the other."""

    def __init__(self, shards: int) -> None:
        self.shards: list[Shard] = [[] for _ in range(shards)]
        self._turns = itertools.cycle(self.shards)
        self._lock = threading.Lock()

    def shard(self, number: int) -> Shard:
        if number >= len(self.shards):
            raise ServiceError(404, "ShardNotExist", f"shard {number} does not exist")
        return self.shards[number]

    def write(self, group: LogGroupRaw, shard: Shard | None = None) -> None:
        with self._lock:
            chosen = next(self._turns) if shard is None else shard
            chosen.append(StoredGroup(int(time.time()), group.SerializeToString()))

    def logs(self) -> Iterator[StoredLog]:
        for stored in itertools.chain(*self.shards):
            yield from unpacked(stored)


class Store:
    """Every project with its logstores. `documents` is what the management API was sent, by project,
    collection and name; `foreign` are names of projects that other accounts have."""

    def __init__(self) -> None:
        self._projects: dict[str, dict[str, Logstore]] = {}
        self.documents: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.foreign: set[str] = set()

    def create(self, project: str, logstore: str, shards: int) -> None:
        self._projects.setdefault(project, {})[logstore] = Logstore(shards)

    def clear(self) -> None:
        self._projects.clear()
        self.documents.clear()

    def add_project(self, name: str, document: dict[str, Any]) -> None:
        self._projects[name] = {}
        self.documents[name, "project", ""] = document

    def has(self, project: str) -> bool:
        return project in self._projects

    def drop_project(self, name: str) -> None:
        del self._projects[name]
        for place in [place for place in self.documents if place[0] == name]:
            del self.documents[place]

    def drop_logstore(self, project: str, name: str) -> None:
        del self._projects[project][name]
        for collection in ("logstores", "index"):
            self.documents.pop((project, collection, name), None)

    def logstores(self, project: str) -> dict[str, Logstore]:
        if project not in self._projects:
            raise ServiceError(404, "ProjectNotExist", f"The Project does not exist : {project}")
        return self._projects[project]

    def logstore(self, project: str, name: str) -> Logstore:
        logstores = self.logstores(project)
        if name not in logstores:
            raise ServiceError(404, "LogStoreNotExist", f"logstore {name} does not exist")
        return logstores[name]


def packed(
    records: Iterable[tuple[int, Mapping[str, str | bytes]]], topic: str, source: str, tags: Mapping[str, str]
) -> LogGroupRaw:
    """One LogGroup of these (Unix seconds, fields). Values may be bytes that are no UTF-8."""
    group = LogGroupRaw(Topic=topic, Source=source)
    for key, value in tags.items():
        group.LogTags.add(Key=key, Value=value)
    for seconds, contents in records:
        log = group.Logs.add(Time=seconds)
        for key, content in contents.items():
            log.Contents.add(Key=key, Value=content.encode() if isinstance(content, str) else content)
    return group


def unpacked(stored: StoredGroup) -> Iterator[StoredLog]:
    group = LogGroupRaw.FromString(stored.body)
    tags = {tag.Key: _text(tag.Value) for tag in group.LogTags}
    for log in group.Logs:
        contents = {content.Key: _text(content.Value) for content in log.Contents}
        yield StoredLog(log.Time, contents, group.Topic, group.Source, tags)


def cursor_at(position: int) -> str:
    """A cursor as Log Service writes it: the decimal position, in base64."""
    return base64.b64encode(str(position).encode()).decode()


def position_of(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        raise ServiceError(400, "InvalidCursor", f"cursor {cursor} is invalid") from None


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
