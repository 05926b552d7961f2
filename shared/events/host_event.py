"""A line of a host's log as an Event: where it stands, which id it has, how a source is made of a parser."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from hashlib import blake2b
from typing import Any, NamedTuple

from shared.events.event import Event, Subject
from shared.events.likeness import Alike
from shared.events.source import FieldTree, Source
from shared.events.syslog import SyslogLine, is_journal, repeats, split_journal, split_line
from shared.events.syslog_time import UTC, time_of, zone_of
from shared.events.text import text_of

Facts = dict[str, Any]
"""What a parser makes of one message: `action` always, and what else it tells."""

Parse = Callable[[str, str], Facts]
"""A parser: (program, message) → facts. It never raises; what it does not know is `action: other`."""

HEADER = ("host", "role", "program", "pid", "message", "repeated", "action", "outcome")
"""Fields that the events of every syslog source have; `role` is what the host is tagged as: bastion."""


class Place(NamedTuple):
    """Whose log it is, in which file, in which zone its times are told, and what the host is tagged as."""

    host: str = ""
    path: str = ""
    zone: tzinfo = UTC
    role: str = ""


Found = tuple[Place, str, str, datetime]
"""Where and when a line was found: place, position, origin, received. The position tells it from an identical
line; the origin is for people."""


class _Lazily:
    """An attribute that is worked out when it is first asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, event: Any, owner: type) -> Any:
        """What is asked for; from now on, it stands in the event itself."""
        value = event.__dict__[self._name] = self._make(event)
        return value


class HostEvent(Event):
    """An event with a time and an id of its own making: host lines have no id.

    The id is a digest of the line as written (its time, host, program, pid, message) and of its position. So
    the same line delivered twice has one id, and two identical lines at two positions have two. Most lines
    concern no rule, so all of it is worked out when it is first asked for.
    """

    account_id = ""
    _line: Sequence[str]
    _found: Found

    @_Lazily
    def id(self) -> str:
        """A digest of the line and of where it stands."""
        place, position, _, _ = self._found
        told = "\n".join((place.host, position, *self._line)).encode("utf-8", "backslashreplace")
        return blake2b(told, digest_size=12).hexdigest()

    @_Lazily
    def time(self) -> datetime:
        """The line's own time; one that can't be read is the time of receipt."""
        place, _, _, received = self._found
        try:
            return time_of(self._line[0], place.zone, received)
        except ValueError:
            return received

    @_Lazily
    def source(self) -> str:
        """See Event; of a line that is like others."""
        assert self.alike is not None
        return self.alike[0].source

    @_Lazily
    def origin(self) -> str:
        """See Event."""
        return self._found[2]

    @_Lazily
    def fields(self) -> Facts:
        """The facts of a line that is like others, with what is its own put in."""
        assert self.alike is not None
        likeness, address, port = self.alike
        facts = likeness.facts.copy()
        for name in likeness.address_holes:
            facts[name] = address
        for name in likeness.port_holes:
            facts[name] = port
        line = self._line
        facts["pid"] = line[3]
        facts["message"] = line[4]
        return facts


def found_in(record: Mapping[str, Any], origin: str, received: datetime, zone: tzinfo = UTC) -> Found:
    """Where a record of a logstore comes from, by the tags that Logtail and LoongCollector add.

    The position is the line's own in its file (inode and offset: `AppendingLogPositionMeta`), else the pack
    that it was sent in: both stay the same when a record is delivered twice, which a page's cursor does not.
    "Reserved fields", https://www.alibabacloud.com/help/en/sls/reserved-fields. A `timezone` field or tag
    tells the host's zone, and the topic, which is that of the host's machine group, its role
    (https://www.alibabacloud.com/help/en/sls/user-guide/log-topics). Raises ValueError for a zone that there
    is none.
    """
    inode = _tag(record, "__inode__")
    offset = _tag(record, "__file_offset__") or text_of(record.get("__file_offset__"))
    position = f"{inode}:{offset}" if inode and offset else _tag(record, "__pack_id__")
    host = _tag(record, "__hostname__") or text_of(record.get("__source__"))
    told = text_of(record.get("timezone")) or _tag(record, "timezone")
    role = text_of(record.get("__topic__"))
    place = Place(host, _tag(record, "__path__"), zone_of(told) if told else zone, role)
    return place, position or origin, origin, received


def line_of(record: Mapping[str, Any]) -> SyslogLine:
    """The syslog line in a record: its `content`, or the journal's fields. Raises ValueError."""
    if is_journal(record):
        return split_journal(record)
    content = record.get("content")
    if not isinstance(content, str):
        raise ValueError("neither a line (content) nor a journal entry (MESSAGE)")
    return split_line(content.rstrip("\r\n"))


def line_event(source: str, parse: Parse, line: SyslogLine, found: Found) -> Event:
    """The event of one syslog line."""
    _, host, program, pid, message = line
    if message[:8] == "message ":
        facts, message = _repeated(parse, program, message)
    else:
        facts = parse(program, message)
    place = found[0]
    facts["host"] = host or place.host
    if place.role:
        facts["role"] = place.role
    facts["program"] = program
    facts["pid"] = pid
    facts["message"] = message
    return host_event(source, facts, line, found)


def alike_event(alike: Alike, line: SyslogLine, found: Found) -> Event:
    """The same for a line that is like others."""
    event = _new(HostEvent)
    attributes = event.__dict__
    attributes["alike"] = alike
    attributes["_line"] = line
    attributes["_found"] = found
    return event


def _repeated(parse: Parse, program: str, message: str) -> tuple[Facts, str]:
    """The facts of a message that came again and again, its attempts multiplied, and the message itself."""
    count, message = repeats(message)
    facts = parse(program, message)
    if count != 1:
        facts["repeated"] = count
        if "attempts" in facts:
            facts["attempts"] *= count
    return facts, message


def host_event(
    source: str, facts: Facts, line: Sequence[str], found: Found, time: datetime | None = None
) -> Event:
    """The event of `line`, which is what identifies it, its time first (unless `time` tells that already).

    It is made past a frozen dataclass's __init__, which takes longer than all the parsing."""
    event: HostEvent = _new(HostEvent)
    attributes = event.__dict__
    attributes["source"] = source
    attributes["fields"] = facts
    attributes["origin"] = found[2]
    attributes["_line"] = line
    attributes["_found"] = found
    if time:
        attributes["time"] = time
    return event


_new = object.__new__


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
        if line[2] not in programs:
            raise ValueError(f"not a line of {name}: the program is '{line[2][:40]}'")
        return line_event(name, parse, line, found_in(record, origin, received))

    fields: FieldTree = dict.fromkeys((*HEADER, *own_fields.split()))
    return Source(name, {"product": "linux", "service": name}, fields, ("action",), read, host_subject)


def _tag(record: Mapping[str, Any], name: str) -> str:
    return text_of(record.get(f"__tag__:{name}"))
