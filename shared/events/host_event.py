"""A line of a host's log as an Event: where it stands, which id it has, how a source is made of a parser."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, tzinfo
from hashlib import blake2b
from typing import Any, NamedTuple

from shared.events.event import Event, Subject
from shared.events.source import FieldTree, Source
from shared.events.syslog import SyslogLine, is_journal, repeats, split_journal, split_line
from shared.events.syslog_time import UTC, time_of, zone_of
from shared.events.text import text_of

Facts = dict[str, Any]
"""What a parser makes of one message: `action` always, and what else it tells."""

Parse = Callable[[str, str], Facts]
"""A parser: (program, message) → facts. It never raises; what it does not know is `action: other`."""

HEADER = ("host", "program", "pid", "message", "repeated", "action", "outcome")
"""Fields that the events of every syslog source have."""


class Place(NamedTuple):
    """Where a line was read. `position` tells it from an identical line; `host`, `path`, `zone` fill in."""

    origin: str
    position: str
    host: str = ""
    path: str = ""
    zone: tzinfo = UTC


def place_of(record: Mapping[str, Any], origin: str, zone: tzinfo = UTC) -> Place:
    """Where a record of a logstore comes from, by the tags that Logtail and LoongCollector add.

    The position is the line's own in its file (inode and offset: `AppendingLogPositionMeta`), else the pack
    that it was sent in: both stay the same when a record is delivered twice, which a page's cursor does not.
    "Reserved fields", https://www.alibabacloud.com/help/en/sls/reserved-fields. A `timezone` field or tag
    tells the host's zone. Raises ValueError for a zone that there is none.
    """
    inode, offset = _tag(record, "__inode__"), _tag(record, "__file_offset__")
    told = text_of(record.get("timezone")) or _tag(record, "timezone")
    return Place(
        origin=origin,
        position=f"{inode}:{offset}" if inode and offset else _tag(record, "__pack_id__") or origin,
        host=_tag(record, "__hostname__") or text_of(record.get("__source__")),
        path=_tag(record, "__path__"),
        zone=zone_of(told) if told else zone,
    )


def line_of(record: Mapping[str, Any]) -> SyslogLine:
    """The syslog line in a record: its `content`, or the journal's fields. Raises ValueError."""
    if is_journal(record):
        return split_journal(record)
    content = record.get("content")
    if not isinstance(content, str):
        raise ValueError("neither a line (content) nor a journal entry (MESSAGE)")
    return split_line(content)


def line_event(source: str, parse: Parse, line: SyslogLine, place: Place, received: datetime) -> Event:
    """The event of one syslog line. A time that can't be read is the time of receipt."""
    count, message = repeats(line.message) if line.message[:8] == "message " else (1, line.message)
    facts = parse(line.program, message)
    if count != 1:
        facts["repeated"] = count
        if "attempts" in facts:
            facts["attempts"] *= count
    facts["host"] = line.host or place.host
    facts["program"] = line.program
    facts["pid"] = line.pid
    facts["message"] = message
    try:
        time = time_of(line.stamp, place.zone, received)
    except ValueError:
        time = received
    return host_event(source, time, "\n".join(line), facts, place)


def host_event(source: str, time: datetime, identity: str, facts: Facts, place: Place) -> Event:
    """An event with an id of its own making, since host lines have none.

    It is a digest of the line as written (its time, host, program, pid, message) and of its position. So the
    same line delivered twice has one id, and two identical lines at two positions have two.
    """
    told = f"{place.host}\n{place.position}\n{identity}".encode("utf-8", "backslashreplace")
    event = object.__new__(Event)  # a frozen dataclass's own __init__ takes longer than all the parsing
    event.__dict__.update(
        source=source,
        id=blake2b(told, digest_size=12).hexdigest(),
        time=time,
        account_id="",
        fields=facts,
        origin=place.origin,
    )
    return event


def host_subject(event: Event) -> Subject:
    """A host's event in the words of a message."""
    fields = event.fields
    return Subject(
        actor=text_of(fields.get("by_user") or fields.get("user")),
        action=f"{event.source}:{text_of(fields.get('action'))}",
        address=text_of(fields.get("source_ip") or fields.get("source_host")),
        region="",
        resource=text_of(fields.get("host")),
    )


def syslog_source(name: str, programs: Collection[str], parse: Parse, own_fields: str) -> Source:
    """The Source of what `programs` log, as `parse` reads it. `own_fields` are those besides HEADER."""

    def read(record: dict[str, Any], origin: str, received: datetime) -> Event:
        line = line_of(record)
        if line.program not in programs:
            raise ValueError(f"not a line of {name}: the program is '{line.program[:40]}'")
        return line_event(name, parse, line, place_of(record, origin), received)

    fields: FieldTree = dict.fromkeys((*HEADER, *own_fields.split()))
    return Source(name, {"product": "linux", "service": name}, fields, ("action",), read, host_subject)


def _tag(record: Mapping[str, Any], name: str) -> str:
    return text_of(record.get(f"__tag__:{name}"))
