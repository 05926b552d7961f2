"""What the functions do when a trigger calls them: detect, and notify."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from shared import wiring
from shared.alerting.alert import Alert
from shared.alerting.build import alert_of_problem
from shared.alerting.outbox import Outbox
from shared.alerting.sls_outbox import ALERT_TOPIC, alert_in
from shared.cloud import sls
from shared.cloud.credentials import from_context
from shared.events.sources import SOURCES
from shared.pipeline import Detector

log = logging.getLogger(__name__)

_told_problems: set[str] = set()
"""The problems of `alerts/` that this instance has told already."""


def detect(source: str, event: bytes, context: Any) -> str:
    """Judge what one trigger hands over and leave the alerts in the outbox; the counts, as JSON.

    `event` is a Log Service trigger's payload, or the records themselves: EventBridge sends one event.
    Raises when records could not be fetched or alerts not stored: the trigger then tries the range again.
    """
    loaded = wiring.loaded()
    detector = Detector(loaded.engine, SOURCES[source], wiring.account_id(context))
    outbox = wiring.outbox(context)
    shard_range = _shard_range(event)
    if shard_range is None:
        detector.feed(event, f"{source} trigger", wiring.now())
    else:
        for record in _pull(shard_range, context):
            received = datetime.fromtimestamp(record.time, timezone.utc)
            detector.feed_record(record.contents, record.origin, received)
    _tell_problems(map(str, loaded.config.problems), outbox)
    detector.flush(outbox)
    log.info("%s: %s", source, detector.tally)
    return json.dumps(asdict(detector.tally))


def notify(event: bytes, context: Any) -> str:
    """Tell the alerts of one trigger's range, or, called by a timer, what is pending and due; the counts.

    Raises when alerts could be neither told nor remembered: the trigger then tries the range again.
    """
    deadline = time.time() + wiring.seconds_left(context)
    notifier = wiring.notifier(context)
    shard_range = _shard_range(event)
    if shard_range is None:
        return json.dumps(notifier.flush(deadline).as_dict())
    alerts = list(_alerts(_pull(shard_range, context)))
    return json.dumps(notifier.tell(alerts, deadline).as_dict())


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
