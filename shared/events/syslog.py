"""The header that syslog and the journal put before a daemon's message.

RFC 3164 (https://www.rfc-editor.org/rfc/rfc3164), RFC 5424 (https://www.rfc-editor.org/rfc/rfc5424), rsyslog's
RSYSLOG_FileFormat (https://www.rsyslog.com/doc/configuration/templates.html), and the journal's fields
(https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from shared.events.syslog_time import MONTHS
from shared.events.text import text_of

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_MICROSECONDS = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "_realtime_timestamp_")
"""When an entry was made: the daemon's own time, the journal's, and Logtail's name for the journal's."""

LONGEST_TAG = 200
"""Characters in which the program's name must end."""


class SyslogLine(NamedTuple):
    """One line taken apart. `stamp` is the time as written; `program` and `pid` may be empty."""

    stamp: str
    host: str
    program: str
    pid: str
    message: str


def split_line(line: str) -> SyslogLine:
    """The parts of one line, from `Nov 23 11:32:24 host sshd[12]: …` to RFC 5424's. Raises ValueError."""
    line = line.rstrip("\r\n")
    if line[:1] == "<":
        line = _without_priority(line)
    if line[3:4] == " " and line[:3] in MONTHS:
        stamp, rest = line[:15], line[16:]
        if stamp[9:10] != ":" or stamp[12:13] != ":":
            raise ValueError("no syslog header: no time")
    elif line[4:5] == "-" and line[10:11] == "T":
        stamp, _, rest = line.partition(" ")
    elif line[:2] == "1 " and line[6:7] == "-":
        return _split_rfc5424(line)
    else:
        raise ValueError("no syslog header: no time stamp that is known")
    host, _, rest = rest.partition(" ")
    return _split_tag(stamp, host, rest)


def split_journal(entry: Mapping[str, Any]) -> SyslogLine:
    """The parts of a journal entry, as `journalctl -o json` or Logtail's service_journal gives it.

    Raises ValueError for an entry without a message (the journal leaves out what is too long).
    """
    message = entry.get("MESSAGE")
    if isinstance(message, list):  # bytes that are not UTF-8
        message = bytes(byte & 255 for byte in message if isinstance(byte, int)).decode("utf-8", "backslashreplace")
    if not isinstance(message, str):
        raise ValueError("a journal entry without a message")
    return SyslogLine(
        stamp=_journal_stamp(entry),
        host=text_of(entry.get("_HOSTNAME")),
        program=program_of(text_of(entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM"))),
        pid=text_of(entry.get("SYSLOG_PID") or entry.get("_PID")),
        message=message.rstrip("\r\n"),
    )


def is_journal(record: Mapping[str, Any]) -> bool:
    """Whether a record is an entry of the journal."""
    return "MESSAGE" in record and ("SYSLOG_IDENTIFIER" in record or "_COMM" in record)


def program_of(tag: str) -> str:
    """The daemon's name in a tag: `sshd` of `/usr/sbin/sshd` and of `sshd(pam_unix)`, as RHEL 4 has it."""
    name = tag.partition("(")[0]
    return name.rpartition("/")[2] if name[:1] == "/" else name


def repeats(message: str) -> tuple[int, str]:
    """How often rsyslog saw a message again, and the message: `message repeated 5 times: [ … ]`.

    https://www.rsyslog.com/doc/configuration/action/rsconf1_repeatedmsgreduction.html
    """
    count, _, inner = message[17:].partition(" times: [")
    if message[:17] != "message repeated " or not _is_count(count):
        return 1, message
    return int(count), inner.strip().removesuffix("]").rstrip()


def repeats_of_last(message: str) -> int:
    """N of sysklogd's `last message repeated N times`, which stands for the host's line before; or 0."""
    count = message.removeprefix("last message repeated ").removesuffix(" times")
    return int(count) if len(message) < 50 and _is_count(count) else 0


def _is_count(text: str) -> bool:
    return 0 < len(text) < 7 and text.isascii() and text.isdigit()


def _without_priority(line: str) -> str:
    """The line without its `<38>`."""
    priority, bracket, rest = line[1:6].partition(">")
    return rest + line[6:] if bracket and priority.isdigit() else line


def _split_tag(stamp: str, host: str, rest: str) -> SyslogLine:
    """`sshd[12]: message`; without a colon there is no program, and all is message."""
    at = rest.find(": ", 0, LONGEST_TAG)
    tag = rest[:at] if at >= 0 else rest[:-1]
    if (at < 0 and rest[-1:] != ":") or " " in tag:
        return SyslogLine(stamp, host, "", "", rest)
    program, bracket, pid = tag.partition("[")
    if "(" in program or "/" in program:
        program = program_of(program)
    message = rest[at + 2 :] if at >= 0 else ""
    if message[:4] == "[ID ":  # Solaris: [ID 800047 auth.info]
        message = message.partition("] ")[2] or message
    return SyslogLine(stamp, host, program, pid.rstrip("]") if bracket else "", message)


def _split_rfc5424(line: str) -> SyslogLine:
    """`1 stamp host program pid msgid structured-data message`; `-` stands for nothing."""
    parts = line.split(" ", 6)
    if len(parts) < 7:
        raise ValueError("no syslog header: RFC 5424, but cut off")
    _, stamp, host, program, pid, _, rest = parts
    return SyslogLine(
        stamp, _told(host), program_of(_told(program)), _told(pid), _after_data(rest).removeprefix("\ufeff")
    )


def _told(text: str) -> str:
    return "" if text == "-" else text


def _after_data(rest: str) -> str:
    """What follows the structured data: `-`, or `[id a="b"][…]`."""
    if rest[:1] != "[":
        return rest.partition(" ")[2]
    quoted = escaped = False
    for position, character in enumerate(rest):
        if escaped or character == "\\":
            escaped = not escaped
        elif character == '"':
            quoted = not quoted
        elif character == "]" and not quoted and rest[position + 1 : position + 2] != "[":
            return rest[position + 2 :]
    return ""


def _journal_stamp(entry: Mapping[str, Any]) -> str:
    """The time of a journal entry (microseconds since 1970), as ISO 8601; empty where it tells none."""
    for name in _MICROSECONDS:
        micros = text_of(entry.get(name))
        if 0 < len(micros) < 18 and micros.isascii() and micros.isdigit():
            return (_EPOCH + timedelta(microseconds=int(micros))).isoformat()
    return ""
