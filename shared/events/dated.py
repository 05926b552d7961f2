"""A time that an event can have. Clocks run wrong, and what remembers by the time of events must not be led
astray: one event of the year 2099 would make all that follow look old."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from shared.events.event import Event

AHEAD = timedelta(minutes=10)
"""How far the clock that dates events may be ahead of the one that received them."""

EARLIEST = datetime(2009, 9, 10, tzinfo=timezone.utc)
"""Alibaba Cloud's first day; what is older comes from a clock that was never set."""


def dated(event: Event, received: datetime) -> Event:
    """The event; with the time that it was received, where its own can't be right."""
    if EARLIEST <= event.time <= received + AHEAD:
        return event
    return replace(event, time=received)
