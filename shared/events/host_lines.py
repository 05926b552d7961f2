"""Any line of a host's logs, given to the source it belongs to.

A line that no source understands is never dropped in silence: it comes out as Other, or as an event with the
action `other` where its program is known, and is counted by its shape either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from shared.events import accounts, apache_error, nginx_error, osquery, sshd, su, sudo
from shared.events.decode import Unreadable, decode
from shared.events.event import Event
from shared.events.host_event import Facts, Found, Parse, Place, alike_event, found_in, line_event
from shared.events.likeness import Likenesses
from shared.events.line_shape import ShapeCount
from shared.events.source import Source
from shared.events.syslog import SyslogLine, is_journal, repeats, repeats_of_last, split_journal, split_line
from shared.events.syslog_time import UTC
from shared.events.web_error import ReadLine, content_of, web_event

HOST_SOURCES: tuple[Source, ...] = (
    sshd.SSHD,
    sudo.SUDO,
    su.SU,
    accounts.ACCOUNTS,
    nginx_error.NGINX,
    apache_error.APACHE,
    osquery.OSQUERY,
)


@dataclass(frozen=True)
class Other:
    """A line of a program that no source here is about: whole, with its program and shape."""

    line: str
    program: str
    shape: str
    origin: str


Told = Event | Other | Unreadable

_PARSERS: Mapping[str, tuple[str, Parse]] = {
    program: (source.name, module.parse)
    for module, source in ((sshd, sshd.SSHD), (sudo, sudo.SUDO), (su, su.SU), (accounts, accounts.ACCOUNTS))
    for program in module.PROGRAMS
}


def _parse(program: str, message: str) -> tuple[str, Facts]:
    source, parse = _PARSERS[program]
    return source, parse(program, message)


_LIKENESSES = Likenesses(_parse)

_WEB_PROGRAMS = {"nginx": "nginx", "httpd": "apache", "apache2": "apache"}

_NOWHERE = Place()


class HostLines:
    """Reads the lines of hosts, all formats mixed. `zone` is theirs where no tag tells it."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._last: SyslogLine | None = None
        self.shapes = ShapeCount()

    def read(self, line: str, origin: str, received: datetime, place: Place = _NOWHERE) -> Sequence[Told]:
        """What one raw line (without its line feed) tells. `origin` (`file:line`) tells it from an identical
        one. `place` fills in what the line leaves out; its path, or else the origin, tells whose a line
        without a header is."""
        try:
            parts = split_line(line)
        except ValueError:
            place = place if place.path else place._replace(path=origin)
            return self._read_unstamped(line, (place, origin, origin, received))
        return self._read_syslog(parts, (place, origin, origin, received))

    def read_record(self, record: Mapping[str, Any], origin: str, received: datetime) -> Sequence[Told]:
        """The same for a record of a logstore: a line in `content`, a journal entry, or osquery's result."""
        try:
            found = found_in(record, origin, received, self._zone)
            if is_journal(record):
                return self._read_syslog(split_journal(record), found)
            if osquery.is_result(record):
                return _read_result(record, found)
            line = content_of(record)
        except ValueError as error:
            return (Unreadable(str(error), dict(record)),)
        try:
            parts = split_line(line)
        except ValueError:
            return self._read_unstamped(line, found)
        return self._read_syslog(parts, found)

    def _read_syslog(self, line: SyslogLine, found: Found) -> Sequence[Told]:
        _, host, program, _, message = line
        known = _PARSERS.get(program)
        if known is None:
            return self._read_stranger(line, found)
        self._last = line
        place = found[0]
        alike = _LIKENESSES.find(host or place.host, place.role, program, message)
        if alike is None:
            event = line_event(known[0], known[1], line, found)
            is_other = event.fields["action"] == "other"
        else:
            event, is_other = alike_event(alike, line, found), alike[0].is_other
        if is_other:
            self.shapes.add(message, program)
        return (event,)

    def _read_stranger(self, line: SyslogLine, found: Found) -> Sequence[Told]:
        """A web server's line by way of syslog, a repetition of the line before, or of another program."""
        stamp, host, program, _, message = line
        server = _WEB_PROGRAMS.get(program.partition("/")[0])  # `httpd/backend1`: one of several
        if server:
            place = found[0]._replace(host=host or found[0].host)
            return self._read_web(server, message, (place, *found[1:]))
        count, last = repeats_of_last(message), self._last
        if count and last and last[1] == host:
            repeated = f"message repeated {count} times: [ {repeats(last[4])[1]}]"
            told = self._read_syslog((stamp, *last[1:4], repeated), found)
            self._last = last  # sysklogd counts on, and tells it again
            return told
        self._last = None
        return self._other(message, program, found)

    def _read_unstamped(self, line: str, found: Found) -> Sequence[Told]:
        """A line that no syslog header begins: JSON, a web server's, or nobody's."""
        if line[:1] == "{":
            return self._read_json(line, found)
        server = _web_server(line, found[0].path)
        return self._read_web(server, line, found) if server else self._other(line, "", found)

    def _read_web(self, server: str, line: str, found: Found) -> Sequence[Told]:
        try:
            event = web_event(server, _reader_of(server, found[0].path), line, found)
        except ValueError:
            return self._other(line, server, found)
        if event.fields["action"] == "other":
            self.shapes.add(event.fields["message"], server)
        return (event,)

    def _read_json(self, line: str, found: Found) -> Sequence[Told]:
        try:
            value = decode(line)
            if isinstance(value, dict) and is_journal(value):
                return self._read_syslog(split_journal(value), found)
        except ValueError as error:
            return (Unreadable(str(error), line),)
        if isinstance(value, dict) and osquery.is_result(value):
            return _read_result(value, found)
        return self._other(line, "", found)

    def _other(self, line: str, program: str, found: Found) -> Sequence[Told]:
        return (Other(line, program, self.shapes.add(line, program), found[2]),)


def _read_result(record: Mapping[str, Any], found: Found) -> Sequence[Told]:
    return [_read_row(row, found) for row in osquery.rows(record)]


def _read_row(row: dict[str, Any], found: Found) -> Told:
    try:
        return osquery.read_row(row, found)
    except ValueError as error:
        return Unreadable(str(error), row)


def _web_server(line: str, path: str) -> str:
    """Whose error log a line is of, by its beginning or by the file it stands in; empty for neither."""
    if line[4:5] == "/" and line[7:8] == "/" and line[:4].isdigit():
        return "nginx"
    if line[:1] == "[" or line[:2] == "AH":
        return "apache"
    return "apache" if _is_apaches(path) else ""


def _reader_of(server: str, path: str) -> ReadLine:
    """Who reads a server's lines. In Apache's own file, a line without a header is its as well."""
    if server == "nginx":
        return nginx_error.read_line
    return apache_error.read_output if _is_apaches(path) else apache_error.read_line


def _is_apaches(path: str) -> bool:
    return ("/apache2/" in path or "/httpd/" in path) and "error" in path
