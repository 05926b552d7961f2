"""All checks of doctor, in the order of the data's way: who we are, what comes, who reads it, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploy.bootstrap import trail as trails
from deploy.bootstrap.roles import GET_POLICY, GET_ROLE, LIST_ATTACHED
from deploy.doctor import account, calls, channels, function, progress, roles, trail, versions
from deploy.doctor.deployment import NOTIFIER, Deployment
from deploy.doctor.functions import APIS
from shared.cloud.openapi import WHO_AM_I
from shared.cloud.secrets import GET_SECRET_VALUE
from shared.cloud.sls_shards import GET_CURSOR, LIST_SHARDS
from shared.health import store, telling
from shared.health.check import Check

DETECTOR = "trailguard-actiontrail"

PERMISSIONS = sorted(
    {
        *(WHO_AM_I.permission, trails.DESCRIBE.permission),
        *(api.permission for api in (GET_ROLE, GET_POLICY, LIST_ATTACHED, GET_SECRET_VALUE, *APIS)),
        *(LIST_SHARDS, GET_CURSOR, calls.PERMISSION, store.LOAD, store.SAVE, store.SCAN),
    }
)
"""What whoever runs doctor must be allowed."""


def checks(deployment: Deployment, send_test: bool = False) -> Iterator[Check[Any]]:
    """Every one. Those behind a broken link are not made: `needs`."""
    yield account.keys(deployment)
    yield account.clocks(deployment)
    yield from roles.roles(deployment)
    yield trail.trail(deployment)
    yield trail.events(deployment)
    for wanted in deployment.wanted:
        yield from function.checks(deployment, wanted)
    yield calls.log(deployment)
    for wanted in deployment.wanted:
        yield from calls.checks(deployment, wanted)
    yield store.check(deployment.memory, deployment.now)
    yield from progress.checks(deployment)
    yield telling.canary(deployment.memory, deployment.now, tuple(_way_of_the_canary()))
    yield telling.pending(deployment.memory, deployment.now)
    yield telling.dead(deployment.memory, deployment.now)
    yield channels.channels(deployment, send_test)
    yield versions.versions(deployment)


def policy() -> dict[str, Any]:
    """The RAM policy that lets an identity run doctor and nothing else."""
    statement = {"Effect": "Allow", "Action": PERMISSIONS, "Resource": "*"}
    return {"Version": "1", "Statement": [statement]}


def _way_of_the_canary() -> Iterator[str]:
    yield function.trigger_link(DETECTOR, "silence")
    yield progress.link(DETECTOR, "deferred")
    yield progress.OUTBOX
    yield calls.calls_link(NOTIFIER)
