"""Everything that should exist, in the order in which it is made. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy import collection
from deploy.bootstrap import policies
from deploy.bootstrap.collection import collected
from deploy.bootstrap.dashboards import shown
from deploy.bootstrap.indexes import ALERTS, DEFERRED, FUNCTIONS, OSS_ACCESS, TRIGGERS
from deploy.bootstrap.logstores import Index, Logstore, TrailLogstore
from deploy.bootstrap.oss_logging import SERVICE, SERVICE_ROLE, OssAccessLogs
from deploy.bootstrap.plan import Resource
from deploy.bootstrap.project import Project
from deploy.bootstrap.roles import Policy, Role, ServiceRole
from deploy.bootstrap.tablestore import Instance, Table
from deploy.bootstrap.trail import Trail
from deploy.vars import Names


def wanted(names: Names, buckets: Sequence[str] = ()) -> list[Resource]:
    """All of it. `buckets`: whose access logs are asked for, or `all`."""
    return [
        *_trail(names),
        *_logstores(names),
        Instance(names.tablestore),
        Table(names.tablestore),
        *_roles(names),
        *collected(names),
        *shown(names),
        *([ServiceRole(SERVICE_ROLE, SERVICE), OssAccessLogs(names, tuple(buckets))] if buckets else []),
        TrailLogstore(names.trail_project, names.trail_logstore),  # last, as ActionTrail takes a while
    ]


def _trail(names: Names) -> Iterator[Resource]:
    ours = frozenset(name for name, _ in _indexed(names))
    if names.trail_project == names.project:
        yield Project(names.project, ("TRAILGUARD_PROJECT", "TRAILGUARD_TRAIL_PROJECT"), ours)
    else:
        yield Project(names.project, ("TRAILGUARD_PROJECT",), ours)
        yield Project(names.trail_project, ("TRAILGUARD_TRAIL_PROJECT",))
    yield ServiceRole("AliyunServiceRoleForActionTrail", "actiontrail.aliyuncs.com")
    yield Trail(names)


def _logstores(names: Names) -> Iterator[Resource]:
    for logstore, index in _indexed(names):
        yield Logstore(names.project, logstore, serial=logstore == names.alerts_logstore)
        yield Index(names.project, logstore, index)


def _indexed(names: Names) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return (
        (names.alerts_logstore, ALERTS),
        (names.hosts_logstore, collection.index()),
        (names.deferred_logstore, DEFERRED),
        (names.triggers_logstore, TRIGGERS),
        (names.functions_logstore, FUNCTIONS),
        (names.oss_access_logstore, OSS_ACCESS),
    )


def _roles(names: Names) -> Iterator[Resource]:
    for role, part in policies.PARTS.items():
        yield Policy(role, policies.document(role, names))
        yield Role(role, part.service, role, part.purpose)
