"""What the functions do when a trigger calls them: detect, and notify."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from shared import wiring
from shared.alerting.alert import Alert
from shared.alerting.build import alert_of_told
from shared.alerting.drills import CANARY, Drills
from shared.alerting.outbox import DeferredEvent, Outbox
from shared.alerting.sls_outbox import ALERT_TOPIC, DEFERRED_TOPIC, DRILL_TOPIC, alert_in
from shared.alerting.troubles import alert_of_problem
from shared.cloud import sls
from shared.cloud.credentials import from_context
from shared.detection.memory import Memory
from shared.detection.rule import Rule
from shared.drill import DrillError, canary, drilled, exercise_in
from shared.events.heartbeat import heartbeat
from shared.events.line_shape import most_frequent
from shared.events.reader import Reader
from shared.pipeline import Detector
from shared.state.store import StateStore

log = logging.getLogger(__name__)

_told_problems: set[str] = set()
"""The problems of `alerts/` that this instance has told already."""


def detect(event: bytes, context: Any, reader: Reader | None = None) -> str:
    """Judge what one trigger hands over and leave the alerts in the outbox; the counts, as JSON.

    `event` is a Log Service trigger's payload, or the records themselves: EventBridge sends one event.
    `reader` takes the records apart; without one they are ActionTrail's.
    Raises when records could not be fetched or alerts not stored: the trigger then tries the range again.
    """
    loaded, store = wiring.loaded(), wiring.store(context)
    detector = Detector(
        loaded.engine,
        store,
        reader,
        wiring.account_id(context),
        look=wiring.confirmer(context),
    )
    outbox = wiring.outbox(context)
    _tell_problems(map(str, loaded.config.problems), outbox)
    shard_range = _shard_range(event)
    began = wiring.now()
    if shard_range is None:
        detector.feed(event, "trigger", began)
    else:
        outbox.write(_feed(detector, _pull(shard_range, context), loaded.config.rules), ())
    _state_heartbeat(detector, context)
    detector.flush(outbox)
    if shard_range is not None:
        wiring.note_beat(context, store, shard_range, began)
    log.info("%s", detector.tally)
    if detector.unknown:
        log.info("lines of unknown shapes: %s", most_frequent(detector.unknown))
    return json.dumps(asdict(detector.tally))


def look_for_silence(context: Any) -> str:
    """Tell what should have come and did not; the number of alerts, as JSON. Called by a timer.

    Raises StoreUnavailable or SlsError: the timer's next call looks again.
    """
    store, outbox, began = wiring.store(context), wiring.outbox(context), wiring.now()
    _fly_canary(store, context)
    told = Memory(store, wiring.now).overdue(wiring.loaded().config.rules, wiring.now())
    outbox.write(list(map(alert_of_told, told)), ())
    wiring.note_beat(context, store, None, began)
    return json.dumps({"alerts": len(told)})


def _fly_canary(store: StateStore, context: Any) -> None:
    """Send the standing test on its way, and state when the last one came through: its absence is for a
    rule."""
    wiring.put(context)(DRILL_TOPIC, [(int(wiring.now().timestamp()), canary(wiring.now()).log())])
    detector = Detector(wiring.loaded().engine, store, None, wiring.account_id(context), wiring.now)
    for receipt in Drills(store).receipts(CANARY):
        detector.feed_event(
            heartbeat("canary", "trailguard-notify", 1, wiring.account_id(context), receipt.told)
        )
    detector.flush(wiring.outbox(context))


def notify(event: bytes, context: Any) -> str:
    """Tell the alerts of one trigger's range, or, called by a timer, what is pending and due; the counts.

    Raises when alerts could be neither told nor remembered: the trigger then tries the range again.
    """
    deadline = time.time() + wiring.seconds_left(context)
    store, began = wiring.store(context), wiring.now()
    notifier = wiring.notifier(context, store)
    shard_range = _shard_range(event)
    if shard_range is None:
        report = notifier.flush(deadline)
    else:
        report = notifier.tell(_alerts(_pull(shard_range, context)), deadline)
    wiring.note_beat(context, store, shard_range, began)
    return json.dumps(report.as_dict())


def _feed(detector: Detector, records: Iterable[sls.Record], rules: Sequence[Rule]) -> list[Alert]:
    """Judge the records, those that waited for the memory as well; the alerts of exercises among them."""
    drills: list[Alert] = []
    for record in records:
        received = datetime.fromtimestamp(record.time, timezone.utc)
        if record.topic == DRILL_TOPIC:
            drills += _drilled(record, rules, detector.account_id)
            continue
        if record.topic != DEFERRED_TOPIC:
            detector.feed_record(record.fields, record.origin, received)
            continue
        try:
            detector.feed_deferred(DeferredEvent(**record.contents).event())
        except (TypeError, KeyError, ValueError) as error:
            detector.set_aside(record.contents, f"not a deferred event: {error}", record.origin, received)
    return drills


def _drilled(record: sls.Record, rules: Sequence[Rule], account_id: str) -> list[Alert]:
    """The alert of one exercise; none where it can't be done, which shows in what does not arrive."""
    try:
        return [drilled(exercise_in(record.contents), rules, account_id)]
    except DrillError as error:
        log.error("%s: %s", record.origin, error)
        return []


def _state_heartbeat(detector: Detector, context: Any) -> None:
    """That this function ran and, if events came, that they did: their absence is for rules to judge."""
    function = wiring.function_name(context)
    account_id, now, events = wiring.account_id(context), wiring.now(), detector.tally.events
    for kind in ("ran", "delivered") if events else ("ran",):
        detector.feed_event(heartbeat(kind, function, events, account_id, now))


def state_run(context: Any, store: StateStore, outbox: Outbox) -> None:
    """The same for a function that judges no events: that it ran."""
    account_id, now = wiring.account_id(context), wiring.now()
    detector = Detector(wiring.loaded().engine, store, None, account_id)
    detector.feed_event(heartbeat("ran", wiring.function_name(context), 0, account_id, now))
    detector.flush(outbox)


def is_timer(event: bytes) -> bool:
    """Whether a timer calls ("Time triggers", help.aliyun.com, Function Compute)."""
    try:
        payload = json.loads(event)
    except ValueError:
        return False
    return isinstance(payload, dict) and "triggerTime" in payload


def _shard_range(event: bytes) -> sls.ShardRange | None:
    """The range that a Log Service trigger points at; None when something else called."""
    try:
        payload = json.loads(event)
    except ValueError:
        return None
    is_trigger = isinstance(payload, dict) and isinstance(payload.get("source"), dict)
    return sls.ShardRange.from_trigger(payload) if is_trigger else None


def _pull(shard_range: sls.ShardRange, context: Any) -> Iterator[sls.Record]:
    return sls.pull(shard_range, from_context(context), time.monotonic() + wiring.seconds_left(context))


def _alerts(records: Iterable[sls.Record]) -> Iterator[Alert]:
    for record in records:
        if record.topic == ALERT_TOPIC:
            try:
                yield alert_in(record.contents)
            except ValueError as error:
                log.error("%s: %s", record.origin, error)


def _tell_problems(problems: Iterable[str], outbox: Outbox) -> None:
    new = [text for text in problems if text not in _told_problems]
    outbox.write([alert_of_problem(text, wiring.now()) for text in new], ())
    _told_problems.update(new)
