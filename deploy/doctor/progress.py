"""Has every logstore been read to its end by the function that its trigger calls?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from deploy.doctor.account import KEYS
from deploy.doctor.calls import calls_link
from deploy.doctor.deployment import NOTIFIER, Deployment, moment, short
from deploy.doctor.function import trigger_link
from shared.cloud.sls_shards import Logstore
from shared.health import progress
from shared.health.check import Check
from shared.health.progress import Waiting
from shared.health.trail_events import LINK as EVENTS

OUTBOX = "outbox"


def checks(deployment: Deployment) -> Iterator[Check[Waiting]]:
    """One for each trigger on a logstore."""
    for function, trigger in deployment.log_triggers():
        project = trigger["sourceArn"].rpartition("project/")[2]
        logstore = deployment.logstore(project, trigger["triggerConfig"]["sourceConfig"]["logstore"])
        name = trigger["triggerName"]
        is_trail = logstore.name == deployment.names.trail_logstore
        yield progress.check(
            link(function, name),
            partial(_only, logstore),
            deployment.beats,
            deployment.now,
            (KEYS, trigger_link(function, name), calls_link(function), *((EVENTS,) if is_trail else ())),
            partial(_created, deployment, function, name),
        )


def link(function: str, trigger: str) -> str:
    """What the check is called: the notifier's is the depth of the outbox."""
    return OUTBOX if function == NOTIFIER else f"progress {short(function)}/{trigger}"


def _only(logstore: Logstore) -> list[Logstore]:
    return [logstore]


def _created(deployment: Deployment, function: str, name: str) -> datetime | None:
    """When the trigger began to read: it reads what comes from then on ("SourceConfig", startTime)."""
    return moment((deployment.trigger(function, name) or {}).get("createdTime"))
