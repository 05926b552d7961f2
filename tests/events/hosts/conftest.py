"""Lines of hosts read as they are read in earnest, and what they told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from shared.events.event import Event
from shared.events.host_lines import HostLines

RECEIVED = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)

Read = Callable[[str], Event]
Facts = Callable[..., dict[str, Any]]


@pytest.fixture
def received() -> datetime:
    """When the lines arrived."""
    return RECEIVED


@pytest.fixture
def read() -> Read:
    """Reads a line that must give exactly one event."""

    def read_one(line: str) -> Event:
        (told,) = HostLines().read(line, "auth.log:1", RECEIVED)
        assert isinstance(told, Event), told
        return told

    return read_one


@pytest.fixture
def facts(read: Read) -> Facts:
    """The fields of the event of a program's message, without those of the header."""

    def facts_of(program: str, message: str) -> dict[str, Any]:
        event = read(f"Nov 23 11:32:24 web-01 {program}[77]: {message}")
        header = ("host", "program", "pid", "message")
        assert event.fields["host"] == "web-01"
        return {name: value for name, value in event.fields.items() if name not in header}

    return facts_of
