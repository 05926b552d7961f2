"""Lines made to break a parser, or to keep it busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import accounts, su, sudo
from shared.events import sshd as openssh
from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_lines import HOST_SOURCES, HostLines, Other

RECEIVED = datetime(2026, 11, 24, tzinfo=timezone.utc)
SOURCES = {source.name: source for source in HOST_SOURCES}

WORDS = st.sampled_from(
    "Failed Accepted Invalid user invalid password publickey for from port ssh2 ssh2: [preauth] error:"
    " fatal: PAM PAM:"
    " Connection closed by reset Disconnected Disconnecting Received disconnect 203.0.113.7 10.1.1.1 22 : ; ="
    " COMMAND=/x PWD=/ USER=root TTY=x user : (to root) on none FAILED SU new user: name=x, UID=0 group"
    " 'x' add"
    " delete to removed members of set message repeated 5 times: [ ] last [ID 1] pam_unix(sshd:auth):"
    " session opened"
    ' authentication failure; rhost= drop connection #1 [1.1.1.1]:2 client: , server: request: " open()'
    " (2: [error]"
    " 1#1: *1 [client [pid AH01617: referer: Timeout before banner exchange: Unable".split(" ")
)
MESSAGES = st.lists(WORDS | st.text(max_size=5), max_size=30).map(" ".join)
HEADERS = st.sampled_from(
    [
        "",
        "Nov 23 11:32:24 web sshd[1]: ",
        "2026-11-23T11:32:24Z web sudo: ",
        "<38>1 2026-11-23T11:32:24Z web su 1 - - ",
        "Nov 23 11:32:24 web useradd[1]: ",
        "2026/11/23 11:32:24 [error] 1#1: *1 ",
        "[Mon Nov 23 11:32:24 2026] [error] [client 203.0.113.7] ",
        "Nov 23 11:32:24 web nginx: ",
        "{",
    ]
)


def judge(told: object) -> None:
    """What a line tells is whole: fields that rules may name, an action, a time and an id."""
    assert isinstance(told, (Event, Other, Unreadable))
    if isinstance(told, Event):
        assert told.id
        assert told.time.tzinfo is timezone.utc
        assert told.fields["action"]
        for field in told.fields:
            SOURCES[told.source].check_field(field)
        assert told.fields.get("attempts", 0) >= 0


@given(HEADERS, MESSAGES | st.text(), st.sampled_from(["", "/var/log/apache2/error.log"]))
def test_any_line_is_told_or_kept(header: str, message: str, path: str) -> None:
    (told,) = HostLines().read(header + message, "f:1", RECEIVED, Place("web-01", path))
    judge(told)


@given(st.sampled_from(["sshd", "sudo", "su", "useradd"]), MESSAGES | st.text(), st.integers() | st.text())
def test_any_entry_of_the_journal_is_told_or_kept(program: str, message: str, stamp: Any) -> None:
    entry = {"MESSAGE": message, "_COMM": program, "__REALTIME_TIMESTAMP": stamp}
    (told,) = HostLines().read_record(entry, "p/l/0@c", RECEIVED)
    judge(told)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    "name action columns diffResults snapshot counter epoch unixTime hostIdentifier content timezone"
    " MESSAGE _COMM"
    " __tag__:__path__ __tag__:__inode__ decorations added removed".split()
)


@given(st.dictionaries(KEYS, JSON | st.sampled_from(["added", "snapshot", "[1]", '{"a": 1}']), max_size=8))
def test_any_record_is_told_or_kept(record: dict[str, Any]) -> None:
    for told in HostLines().read_record(record, "p/l/0@c", RECEIVED):
        judge(told)


@pytest.mark.parametrize("parse", [openssh.parse, sudo.parse, su.parse, accounts.parse])
def test_no_parser_keeps_what_one_message_told_in_what_the_next_one_tells(parse: Callable[..., Any]) -> None:
    for message in (
        "pam_unix(x:auth): authentication failure; rhost=203.0.113.7",
        "Invalid user x from 203.0.113.7",
    ):
        first = parse("sshd", message)
        before = dict(first)
        first["message"] = first["attempts"] = "spoilt"
        assert parse("sshd", message) == before


PIECES = (
    *(
        " ",
        "a",
        "(",
        "[",
        '"',
        "'",
        "\\",
        "1",
        ": ",
        " ; ",
        ", ",
        "from ",
        " port 1",
        " from 1.1.1.1 port 1 ssh2: ",
    ),
    *(
        "[ID ",
        "error: ",
        "fatal: ",
        "(1)x: ",
        "[client 1.1.1.1] ",
        "[pid 1] ",
        "[error] ",
        ", client: 1.1.1.1",
    ),
    *(
        ", client: 1.1.1.1, server: x",
        ', request: "',
        " ; USER=x",
        " ; COMMAND=x",
        "=",
        "a=",
        " for ",
        " user ",
    ),
    *(
        " by ",
        "message repeated 2 times: [ ",
        "pam_unix(",
        "): ",
        "] ",
        "1:",
        "a1",
        " rhost=",
        " was not found in ",
        '" was not found in "x", client: 1.1.1.1',
        ": password mismatch, client: 1.1.1.1, server: x",
        ', referrer: "',
        " is set up for ",
        " [",
        " via ",
        "port 1 ",
        "  ",
    ),
)
SSHD, SUDO = "Nov 23 11:32:24 web sshd[1]: ", "Nov 23 11:32:24 web sudo: "
NGINX, APACHE = "2026/11/23 11:32:24 [error] 1#1: *1 ", "[Mon Nov 23 11:32:24 2026] [core:error] "
HEADS = (
    "",
    "Nov 23 11:32:24 ",
    "Nov 8 ",
    "Nov 23 2026 ",
    "2026-11-23 11:32:24 ",
    "2026-11-23T",
    "<38>1 2026-11-23T1 a b c d ",
    '<38>1 2026-11-23T11:32:24Z web sshd 1 - [a b="',
    SSHD,
    *(SSHD + opening for opening in ("Failed password for ", "Invalid user ", "User ", "error: PAM: ")),
    *(
        SSHD + opening
        for opening in ("Accepted publickey for x from 1.1.1.1 port 1 ssh2: ", "drop connection ")
    ),
    *(SSHD + opening for opening in ("Disconnecting ", "Received disconnect from ", "Connection closed by ")),
    *(SSHD + opening for opening in ("Bad protocol version identification '", "srclimit_penalise: ")),
    *(
        SSHD + opening
        for opening in ("reverse mapping checking ", "Nasty PTR record ", "message repeated 2 times: [ ")
    ),
    *(
        SSHD + opening
        for opening in (
            "pam_unix(sshd:auth): ",
            "authentication failure; ",
            "2 more authentication failures; ",
        )
    ),
    *(SUDO + opening for opening in ("alice : ", "pam_unix(sudo:auth): authentication failure; ")),
    "Nov 23 11:32:24 web su: ",
    "Nov 23 11:32:24 web su: failed: ",
    *(
        f"Nov 23 11:32:24 web {said}"
        for said in ("usermod[1]: add ", "useradd[1]: new user: ", "gpasswd[1]: members of ")
    ),
    *(NGINX, NGINX + 'user "', NGINX + "open() ", "Nov 23 11:32:24 web nginx: " + NGINX),
    *(APACHE, APACHE + "[pid 1:tid 2] ", APACHE + "[client 1.1.1.1:5] AH01617: user ", APACHE + "child pid "),
    *("[", "[error] ", "AH01617: ", "Nov 23 11:32:24 web httpd[1]: [error] "),
)
"""How a line begins whose rest is made to keep each parser busy."""


def seconds(line: str) -> float:
    """The least of three: whatever else the machine does, it does not do it each time."""
    return min(once(line) for _ in range(3))


def once(line: str) -> float:
    host_lines, started = HostLines(), time.process_time()
    host_lines.read(line, "f:1", RECEIVED, Place("web-01", "/var/log/apache2/error.log"))
    return time.process_time() - started


LARGE, HALF = 100_000, 50_000

MEASURABLE = 0.02
"""Seconds for 100,000 characters below which nobody need ask how they grow: that is 0.2 µs for each."""


@pytest.mark.parametrize("head", HEADS)
def test_twice_the_line_takes_twice_the_time(head: str) -> None:
    """A quadratic step takes four times as long for twice the line, and over 100,000 characters seconds."""
    for piece in PIECES:
        line = head + piece * (LARGE // len(piece))
        taken = once(line)
        if taken < MEASURABLE:
            continue
        half = head + piece * (HALF // len(piece))
        assert seconds(line) < max(3 * seconds(half), MEASURABLE), line[:80]


def test_hostile_lines_are_not_kept_in_memory() -> None:
    lines = HostLines()
    for number in range(50):
        for line in (
            f"Nov 23 11:32:24 web sshd[1]: Failed password for {number}{'x' * 100_000} from 203.0.113.7"
            f" port 1 ssh2",
            f"Nov 23 11:32:24 web CRON[1]: {number}{'x' * 100_000}",
        ):
            lines.read(line, "f:1", RECEIVED)
    assert max(len(shape) for shape in lines.shapes.counts) < 300
