"""What the error logs of web servers have in common: a record, the fields, the making of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from shared.events.event import Event
from shared.events.host_event import Facts, Found, found_in, host_event, host_subject
from shared.events.source import FieldTree, Source

FIELDS: FieldTree = dict.fromkeys(
    "host level pid tid message action outcome attempts user source_ip source_host source_port reason"
    " connection server request upstream request_host referrer module code errno signal child_pid".split()
)


class WebLine(NamedTuple):
    """One line read: when it was written (None where it does not say), and what it tells."""

    time: datetime | None
    facts: Facts


ReadLine = Callable[[str, tzinfo], WebLine]
"""A parser: (line, host's zone) → what it tells. It raises ValueError for a line of another kind."""


def web_event(source: str, read_line: ReadLine, line: str, found: Found) -> Event:
    """The event of one line. Raises ValueError for a line that is not the source's."""
    place, _, _, received = found
    time, facts = read_line(line, place.zone)
    facts["host"] = place.host
    return host_event(source, facts, (line,), found, time or received)


def web_source(name: str, read_line: ReadLine) -> Source:
    """The Source of one server's error log. Sigma's log source has its name as the service."""

    def read(record: dict[str, Any], origin: str, received: datetime) -> Event:
        return web_event(name, read_line, content_of(record), found_in(record, origin, received))

    return Source(name, {"service": name}, FIELDS, ("action", "level"), read, host_subject)


def content_of(record: Mapping[str, Any]) -> str:
    """The line in a record. Raises ValueError if there is none."""
    content = record.get("content")
    if not isinstance(content, str):
        raise ValueError("no line in the record (content)")
    return content.rstrip("\r\n")


def signal_facts(text: str, after: str) -> Facts:
    """`worker process 123 exited on signal 11`, `child pid 123 exit signal Segmentation fault (11)`."""
    pid, _, rest = text.removeprefix(after).partition(" ")
    number = rest.rpartition("signal ")[2]
    name, bracket, inner = number.partition(" (")
    told = inner if bracket and inner[:1].isdigit() else name
    return {"child_pid": pid, "signal": told.partition(" ")[0].rstrip("),")}
