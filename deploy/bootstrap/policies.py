"""Who may do what: for each part of Trailguard the actions that its code calls, on what it calls them on.

A test runs the functions against the local cloud, which refuses what these policies do not allow, and finds
every action that nobody called. RAM actions: https://www.alibabacloud.com/help/en/sls/action-list,
https://www.alibabacloud.com/help/en/tablestore/developer-reference/api-tablestore-2020-12-09-ram
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from deploy.vars import Names
from shared.audits import collectors, confirm
from shared.cloud.secrets import GET_SECRET_VALUE
from shared.cloud.sls_shards import GET_CURSOR, LIST_SHARDS

Statement = dict[str, Any]

FUNCTION_COMPUTE, LOG_SERVICE = "fc.aliyuncs.com", "log.aliyuncs.com"

REMEMBERS = ("ots:BatchGetRow", "ots:BatchWriteRow", "ots:GetRange")
"""What shared/state/tablestore.py calls."""

# Serverless Devs gives a trigger's role these (docs/zh/yaml/triggers.md), on everything; ours has them on the
# logstores that it reads. Which of Get and List are needed is not documented.
CONSUMES = (
    "log:Get*",
    "log:List*",
    "log:CreateConsumerGroup",
    "log:UpdateConsumerGroup",
    "log:DeleteConsumerGroup",
    "log:ConsumerGroupUpdateCheckPoint",
    "log:ConsumerGroupHeartBeat",
)


@dataclass(frozen=True)
class Part:
    """A role: which service takes it on, what for, and what it may do."""

    service: str
    purpose: str
    statements: Callable[[Names], list[Statement]]


def detector(names: Names) -> list[Statement]:
    """Reads events, leaves alerts and what must wait, remembers, and looks at what a rule wants confirmed."""
    return [
        _reads(
            _logstore(names, names.trail_logstore, names.trail_project),
            *_own(names, "hosts", "oss_access", "deferred"),
        ),
        _writes(*_own(names, "alerts", "deferred", "functions")),
        _remembers(names),
        _allow(confirm.permissions(), "*"),
    ]


def auditor(names: Names) -> list[Statement]:
    """Asks what is so, through the read APIs of shared/audits/."""
    return [
        _allow(collectors.permissions(), "*"),
        _writes(*_own(names, "alerts", "deferred", "functions")),
        _remembers(names),
    ]


def notifier(names: Names) -> list[Statement]:
    """Reads alerts, remembers what was told to whom."""
    return [
        _reads(*_own(names, "alerts")),
        _writes(*_own(names, "functions")),
        _remembers(names),
        *_secret(names),
    ]


def watcher(names: Names) -> list[Statement]:
    """Looks how far everything has been read, tries outbox and memory, and tells what is blind."""
    read = [
        _logstore(names, names.trail_logstore, names.trail_project),
        *_own(names, "hosts", "oss_access", "deferred", "alerts"),
    ]
    return [
        _allow([LIST_SHARDS, GET_CURSOR], *read),
        _writes(*_own(names, "alerts", "functions")),
        _remembers(names),
        *_secret(names),
    ]


def responder(names: Names) -> list[Statement]:
    """Takes acknowledgements and silences down."""
    return [_writes(*_own(names, "functions")), _remembers(names), *_secret(names)]


def trigger(names: Names) -> list[Statement]:
    """Log Service's own: follows the logstores that are watched, and calls the functions."""
    sources = [
        _logstore(names, names.trail_logstore, names.trail_project),
        *_own(names, "hosts", "oss_access", "deferred", "alerts"),
    ]
    return [
        _allow(["fc:InvokeFunction"], f"acs:fc:{names.region}:{names.account}:functions/trailguard-*"),
        _allow(CONSUMES, *sources, *(f"{source}/*" for source in sources)),
        _writes(*_own(names, "triggers")),
    ]


PARTS = {
    "trailguard-detector": Part(FUNCTION_COMPUTE, "Trailguard's functions that judge", detector),
    "trailguard-auditor": Part(FUNCTION_COMPUTE, "Trailguard's function that audits", auditor),
    "trailguard-notifier": Part(FUNCTION_COMPUTE, "Trailguard's function that tells", notifier),
    "trailguard-watcher": Part(FUNCTION_COMPUTE, "Trailguard's function that watches it", watcher),
    "trailguard-responder": Part(FUNCTION_COMPUTE, "Trailguard's function behind links", responder),
    "trailguard-trigger": Part(LOG_SERVICE, "Log Service's triggers of Trailguard", trigger),
}
"""By the role's name, which s.yaml uses; its policy is called alike."""


def document(role: str, names: Names) -> dict[str, Any]:
    """The policy of one of PARTS."""
    return {"Version": "1", "Statement": PARTS[role].statements(names)}


def bootstrap(names: Names) -> dict[str, Any]:
    """What whoever runs `trailguard bootstrap` must be allowed, `--destroy` included."""
    from deploy.bootstrap import roles, tablestore, trail
    from deploy.bootstrap.log_service import PERMISSIONS as LOG
    from deploy.bootstrap.tables import PERMISSIONS as TABLES

    apis = {api.permission for api in (*trail.APIS, *roles.APIS, *tablestore.APIS)}
    actions = sorted({*filter(None, LOG.values()), *TABLES.values(), *apis})
    return {"Version": "1", "Statement": [_allow(actions, "*")]}


def _allow(actions: Iterable[str], *resources: str) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _reads(*logstores: str) -> Statement:
    return _allow(["log:GetCursorOrData"], *logstores)


def _writes(*logstores: str) -> Statement:
    return _allow(["log:PostLogStoreLogs"], *logstores)


def _remembers(names: Names) -> Statement:
    table = f"acs:ots:{names.region}:{names.account}:instance/{names.tablestore}/table/trailguard"
    return _allow(REMEMBERS, table)


def _secret(names: Names) -> list[Statement]:
    """The channels' secrets, where they are kept in KMS."""
    secret = f"acs:kms:{names.region}:{names.account}:secret/{names.secret}"
    return [_allow([GET_SECRET_VALUE.permission], secret)] if names.secret else []


def _own(names: Names, *logstores: str) -> list[str]:
    return [_logstore(names, getattr(names, f"{name}_logstore"), names.project) for name in logstores]


def _logstore(names: Names, logstore: str, project: str) -> str:
    return f"{names.project_arn(project)}/logstore/{logstore}"
