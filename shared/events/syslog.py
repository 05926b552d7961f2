"""The header that syslog and the journal put before a daemon's message.

RFC 3164 (https://www.rfc-editor.org/rfc/rfc3164), RFC 5424 (https://www.rfc-editor.org/rfc/rfc5424),
rsyslog's RSYSLOG_FileFormat (https://www.rsyslog.com/doc/configuration/templates.html), and the journal's
fields (https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from shared.events.syslog_time import MONTHS
from shared.events.text import text_of

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_MICROSECONDS = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "_realtime_timestamp_")
"""When an entry was made: the daemon's own time, the journal's, and Logtail's name for the journal's."""

SyslogLine = tuple[str, str, str, str, str]
"""One line taken apart: the time as written, host, program, pid, message. Program and pid may be empty."""


def split_line(line: str) -> SyslogLine:
    """The parts of one line, from `Nov 23 11:32:24 host sshd[12]: …` to RFC 5424's. Raises ValueError."""
    if line[9:10] == ":" and line[15:16] == " " and line[:3] in MONTHS:
        stamp, rest = line[:15], line[16:]
    elif line[4:5] == "-" and line[10:11] == "T":
        stamp, _, rest = line.partition(" ")
    else:
        return _split_rare(line)
    host, _, told = rest.partition(" ")
    tag, _, message = told.partition("]: ")
    name, bracket, pid = tag.partition("[")
    if bracket and name in _PLAIN and host[-1:] != ":" and pid.isdigit():
        return stamp, host, name, pid, message
    return _split_rest(stamp, rest)


_PLAIN = frozenset(("sshd", "sshd-session", "sshd-auth", "sudo", "su"))
"""Programs whose lines are many: they are told at a glance."""


def _split_rest(stamp: str, rest: str) -> SyslogLine:
    """The parts of a line of which the time is known already."""
    host, _, told = rest.partition(" ")
    tag, _, message = told.partition(" ")
    program, pid = _program_and_pid(tag)
    if program and host[-1:] != ":":
        return stamp, host, program, pid, message
    return _split_odd(stamp, host, told)


def split_journal(entry: Mapping[str, Any]) -> SyslogLine:
    """The parts of a journal entry, as `journalctl -o json` or Logtail's service_journal gives it.

    Raises ValueError for an entry without a message (the journal leaves out what is too long).
    """
    message = entry.get("MESSAGE")
    if isinstance(message, list):  # bytes that are not UTF-8
        message = bytes(byte & 255 for byte in message if isinstance(byte, int)).decode(
            "utf-8", "backslashreplace"
        )
    if not isinstance(message, str):
        raise ValueError("a journal entry without a message")
    return (
        _journal_stamp(entry),
        text_of(entry.get("_HOSTNAME")),
        program_of(text_of(entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM"))),
        text_of(entry.get("SYSLOG_PID") or entry.get("_PID")),
        message.rstrip("\r\n"),
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


@lru_cache(maxsize=1024)
def _program_and_pid(tag: str) -> tuple[str, str]:
    """`sshd[12]:` as its parts; also `sshd[12]` and `[sshd]`, as some write it. Else nothing."""
    name, bracket, pid = tag.removesuffix(":").partition("[")
    if not name and pid.endswith("]"):
        return pid[:-1], ""
    if tag[-1:] != ":" and not (bracket and pid[:-1].isdigit()):
        return "", ""
    return program_of(name), pid.rstrip("]")


def _split_odd(stamp: str, host: str, rest: str) -> SyslogLine:
    """A line without a host, or without a program: then all of it is message. BSD's syslogd, if asked, puts
    `<auth.info>` before the host."""
    if host[:1] == "<" and host[-1:] == ">":
        return _split_rest(stamp, rest)
    program, pid = _program_and_pid(host)
    if not program and not rest:
        raise ValueError("no syslog header: nothing follows the host")
    return (stamp, "", program, pid, rest) if program else (stamp, host, "", "", rest)


def _split_rare(line: str) -> SyslogLine:
    """A line that begins with its `<38>`, with RFC 5424's `1 `, or with a rarer time. Raises ValueError."""
    if line[:1] == "<":
        priority, bracket, _ = line[1:6].partition(">")
        if bracket and priority.isdigit():
            return split_line(line[len(priority) + 2 :])
    if line[:2] == "1 " and line[6:7] == "-":
        return _split_rfc5424(line)
    if line[:3] in MONTHS and line[3:4] == " ":
        return _split_loose(line)
    if line[4:5] == "-" and line[10:11] == " " and line[13:14] == ":":  # macOS, syslog-ng
        date, clock, rest = line.split(" ", 2)
        return _split_rest(f"{date}T{clock}", rest.lstrip(" "))
    raise ValueError("no syslog header: no time stamp that is known")


def _split_loose(line: str) -> SyslogLine:
    """`Nov 3 11:32:24 …` (the day not padded), `Nov 23 11:32:24.123 …`, `Nov 23 2026 11:32:24 …`."""
    parts = line.split(maxsplit=4)
    if len(parts) > 4 and len(parts[2]) == 4 and parts[2].isdigit():
        month, day, year, clock, rest = parts
        return _split_rest(f"{year}-{MONTHS[month]:02}-{day:0>2}T{clock}", rest)
    if len(parts) < 4 or parts[2][2:3] != ":":
        raise ValueError("no syslog header: a month, and no time")
    month, day, clock, rest = line.split(maxsplit=3)
    return _split_rest(f"{month} {day:>2} {clock[:8]}", rest)


def _split_rfc5424(line: str) -> SyslogLine:
    """`1 stamp host program pid msgid structured-data message`; `-` stands for nothing."""
    parts = line.split(" ", 6)
    if len(parts) < 7:
        raise ValueError("no syslog header: RFC 5424, but cut off")
    _, stamp, host, program, pid, _, rest = parts
    message = _after_data(rest).removeprefix("\ufeff")
    return stamp, _told(host), program_of(_told(program)), _told(pid), message


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
