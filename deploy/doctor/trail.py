"""The trail: is it there, is it on, does it tell everything?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from deploy.bootstrap.trail import Trail
from deploy.doctor.account import KEYS
from deploy.doctor.deployment import Deployment, seen
from shared.health import trail_events
from shared.health.check import Check, Verdict, broken, ok

LINK = "trail"
MEND = "`trailguard bootstrap`; if you did not do it yourself, treat it as an intrusion: runbook trail-silent"


def trail(deployment: Deployment) -> Check[Mapping[str, Any] | None]:
    """The trail itself, as bootstrap wants it."""
    wanted = Trail(deployment.names)
    look = partial(wanted.find, deployment.cloud)
    return Check(LINK, partial(seen, look), partial(judge, wanted), (KEYS,))


def events(deployment: Deployment) -> Check[datetime | None]:
    """The newest of its events."""
    names = deployment.names
    logstore = deployment.logstore(names.trail_project, names.trail_logstore)
    return trail_events.check(logstore, deployment.now, (KEYS, LINK))


def judge(wanted: Trail, found: Mapping[str, Any] | None) -> Verdict:
    """Broken where it is not there, or is not as it should be."""
    if found is None:
        return broken(f"there is no trail {wanted.name}", MEND)
    wrong = list(wanted.differences(dict(found)))
    return broken("; ".join(wrong), MEND) if wrong else ok(f"{wanted.name} is on")
