"""What the audit function does when its timer calls: run the audits that are due, judge what they state."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from shared import jobs, wiring
from shared.alerting.outbox import Outbox
from shared.alerting.standing import StandingFinding, alert_of_standing
from shared.audits.auditor import Auditor, units_of
from shared.audits.collectors import COLLECTORS
from shared.audits.unit import Run
from shared.detection.kinds.kind import stored_time
from shared.detection.kinds.standing import standing_since
from shared.detection.memory import Memory
from shared.pipeline import Detector
from shared.state.store import StateStore, Write
from shared.wiring import Loaded

DIGEST = "audit/digest"
WEEK = timedelta(days=7)

LAST_ANSWER = 8.0
"""Seconds before the end of asking at which no new question is begun: one that is throttled needs as long."""

RESERVE = 20.0
"""Seconds before the end at which no further question is asked: what was found has to be put away."""


def audit(context: Any) -> str:
    """Run what is due and leave the alerts in the outbox; the counts, as JSON.

    Raises when alerts could not be stored, or the state store not reached: the next call looks again.
    """
    loaded, store, outbox = wiring.loaded(), wiring.store(context), wiring.outbox(context)
    account_id, began = wiring.account_id(context), wiring.now()
    end = time.monotonic() + wiring.seconds_left(context) - RESERVE
    auditor = Auditor(
        wiring.live_account(context, end),
        store,
        account_id,
        wiring.now,
        lambda: time.monotonic() > end - LAST_ANSWER,
        loaded.config.lists,
    )
    counts: Counter[str] = Counter()

    def tell(run: Run) -> None:
        detector = Detector(loaded.engine, store, None, account_id)
        for event in run.events(account_id):
            detector.feed_event(event)
        detector.flush(outbox)
        counts.update(units=1, facts=len(run.told), alerts=detector.tally.alerts)

    auditor.run_due(units_of(COLLECTORS, wiring.regions(context)), tell)
    jobs.state_run(context, store, outbox)
    tell_what_stands(loaded, store, outbox, wiring.now())
    wiring.note_beat(context, store, None, began)
    return json.dumps(counts)


def tell_what_stands(loaded: Loaded, store: StateStore, outbox: Outbox, now: datetime) -> None:
    """Once a week, one alert on all findings that still stand. Raises StoreUnavailable."""
    last = store.load([DIGEST])[DIGEST]
    if last.value is not None and now.timestamp() - float(last.value) < WEEK.total_seconds():
        return
    if last.value is not None:  # the first week begins now: what stands has just been told
        alert = alert_of_standing(standing(loaded, store), now)
        outbox.write([alert] if alert else [], ())
    store.save([Write(DIGEST, str(now.timestamp()).encode(), last.version)])


def standing(loaded: Loaded, store: StateStore) -> list[StandingFinding]:
    """Everything that stands now. Raises StoreUnavailable."""
    memory = Memory(store, wiring.now)
    found = memory.standing(loaded.config.rules)
    each = [(rule, known, standing_since(known.value)) for rule, known in found]
    return [StandingFinding(r, k.account_id, k.group, stored_time(since)) for r, k, since in each if since]
