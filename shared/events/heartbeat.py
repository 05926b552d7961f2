"""The source `trailguard`: what Trailguard states about itself, so that its own silence can be judged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.events.event import Event, Subject
from shared.events.source import Source


def heartbeat(kind: str, function: str, events: int, account_id: str, now: datetime) -> Event:
    """That a function ran (`kind: ran`), or that events reached it (`kind: delivered`)."""
    fields = {"kind": kind, "function": function, "events": events}
    return Event("trailguard", f"{kind} {function} {now.timestamp()}", now, account_id, fields)


def _read(record: dict[str, Any], origin: str, received: datetime) -> Event:
    """An event out of its own fields, as rule tests write them."""
    if "kind" not in record:
        raise ValueError("not a heartbeat: it has no kind")
    fields = {"function": "", "events": 0, **record}
    return heartbeat(str(fields["kind"]), str(fields["function"]), int(fields["events"]), "", received)


def _subject(event: Event) -> Subject:
    return Subject("", str(event.fields["kind"]), "", "", f"function {event.fields['function']}")


HEARTBEAT = Source(
    name="trailguard",
    logsource={"product": "trailguard", "service": "heartbeat"},
    fields=dict.fromkeys(("kind", "function", "events")),
    indexed=("kind",),
    read=_read,
    subject=_subject,
)
