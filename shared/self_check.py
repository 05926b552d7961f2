"""What the self-check does when its timer calls: ask every link that it may, and tell what is blind."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from shared import jobs, wiring
from shared.alerting.receivers import Target
from shared.cloud.secrets import SecretsError
from shared.health.check import Finding, run
from shared.health.inside import Watched, checks
from shared.health.switch import SwitchError, call
from shared.health.watchdog import Watchdog, receiver_of
from shared.settings import SettingsError

log = logging.getLogger(__name__)

SHARE = 0.25
"""Of the function's time, for all questions to Log Service; and again for the alerts. Somebody must be told
of a service that does not answer while there is time."""

_noted: dict[str, datetime] = {}
"""What this instance has told of, and when: what it goes by while the store is down."""


def self_check(context: Any) -> str:
    """Ask, tell, and call the dead man's switch if all is well; findings by status, as JSON.

    Raises UntoldError when something is blind and nobody could be told: the call then counts as failed.
    """
    deadline, began = time.time() + wiring.seconds_left(context), wiring.now()
    watched = _watched(context)
    findings = list(run(checks(watched)))
    for finding in findings:
        log.info("%s: %s %s", finding.link, finding.status, finding.what)
    if not any(finding.is_blind for finding in findings):
        findings += _switched()
    watchdog = _watchdog(context, watched)
    told = watchdog.tell(findings, deadline)
    jobs.state_run(context, watched.memory, watchdog.outbox)
    wiring.note_beat(context, watched.memory, None, began)
    return json.dumps({**Counter(finding.status for finding in findings), "told": told})


def _watched(context: Any) -> Watched:
    """Raises SettingsError where the environment does not name the logstores."""
    chosen = wiring.settings()
    chosen.require("sls_project", "trail_project", "trail_logstore")
    return Watched(
        wiring.store(context),
        wiring.put(context, SHARE),
        partial(wiring.logstore, context, SHARE),
        (chosen.sls_project, chosen.alerts_logstore),
        (chosen.trail_project, chosen.trail_logstore),
        wiring.now,
    )


def _watchdog(context: Any, watched: Watched) -> Watchdog:
    outbox, account_id = wiring.outbox(context, SHARE), wiring.account_id(context)
    return Watchdog(watched.memory, outbox, _targets(context), _noted, account_id, wiring.now)


def _targets(context: Any) -> Sequence[Target]:
    """The channels that are told directly; none where they can't be built: see UntoldError."""
    try:
        routing, targets = wiring.routing(), wiring.targets(context)
    except (SettingsError, SecretsError) as error:
        log.error("no channel for the watchdog: %s", error)
        return ()
    return targets.of([receiver_of(routing, targets)])


def _switched() -> list[Finding]:
    """A finding where the dead man's switch is set and can't be called."""
    url = wiring.settings().watchdog_url.get_secret_value()
    if not url:
        return []
    try:
        call(url)
    except SwitchError as error:
        return [Finding("dead man's switch", "broken", str(error), "look whether its address is still right")]
    return [Finding("dead man's switch", "ok")]
