"""Lines that are read by their likeness tell what they tell when each is read by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.events import accounts, sshd, su, sudo
from shared.events.event import Event
from shared.events.host_event import Place, line_event
from shared.events.host_lines import HostLines
from shared.events.likeness import ADDRESS, LONGEST, PORT
from shared.events.syslog import split_line

FIXTURES = Path(__file__).parents[2] / "fixtures" / "host"
RECEIVED = datetime(2026, 11, 24, tzinfo=timezone.utc)
PLACE = Place("web-01", role="bastion")
PARSERS = {
    program: (source.name, module.parse)
    for module, source in ((sshd, sshd.SSHD), (sudo, sudo.SUDO), (su, su.SU), (accounts, accounts.ACCOUNTS))
    for program in module.PROGRAMS
}


def by_itself(line: str) -> dict[str, Any]:
    """The fields of the event, by the parser alone."""
    parts = split_line(line)
    return dict(line_event(*PARSERS[parts[2]], parts, (PLACE, "f:1", "f:1", RECEIVED)).fields)


def by_likeness(line: str) -> dict[str, Any]:
    (event,) = HostLines().read(line, "f:1", RECEIVED, PLACE)
    assert isinstance(event, Event)
    return dict(event.fields)


PEERS = st.sampled_from(
    [
        "203.0.113.7",
        "198.51.100.23",
        "2001:db8::7",
        "::ffff:192.0.2.1",
        "x.example.com",
        "",
        ADDRESS,
        "fe80::",
    ]
)
PORTS = st.sampled_from(["22", "47493", "", PORT, "0", "x", "22:11:", "5 ssh2"])
NAMES = st.sampled_from(
    ["root", "two words", "", "x from 1.2.3.4 port 5 ssh2", f"a{PORT}", "user=b", "x port"]
)
FORMS = st.sampled_from(
    [
        "Failed password for {name} from {peer} port {port} ssh2",
        "Failed password for invalid user {name} from {peer} port {port} ssh2",
        "Accepted publickey for {name} from {peer} port {port} ssh2: ED25519 SHA256:abc",
        "Invalid user {name} from {peer} port {port}",
        "Invalid user {name} from {peer}",
        "Connection closed by authenticating user {name} {peer} port {port} [preauth]",
        "Connection from {peer} port {port} on 10.0.0.1 port 22",
        "Connection from {peer} port {port}: {name}",
        "Received disconnect from {peer} port {port}:11: {name} [preauth]",
        "Disconnecting invalid user {name} {peer} port {port}: Too many authentication failures [preauth]",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 ruser={name} rhost={peer}  user={name}",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 ruser= rhost={peer} ",
        "message repeated 3 times: [ Failed password for {name} from {peer} port {port} ssh2]",
        "error: maximum authentication attempts exceeded for {name} from {peer} port {port} ssh2 [preauth]",
        "{name} port {port} rhost={peer}",
        "{name} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/nc {peer} port {port}",
    ]
)


@given(FORMS, NAMES, PEERS, PORTS, st.sampled_from(["sshd", "sudo", "su", "useradd"]))
@example("Failed password for {name} from {peer} port {port} ssh2", "root", "203.0.113.7", "22", "sshd")
def test_a_line_tells_the_same_either_way(form: str, name: str, peer: str, port: str, program: str) -> None:
    message = form.format(name=name, peer=peer, port=port)
    line = f"Nov 23 11:32:24 web-02 {program}[77]: {message}"
    assert by_likeness(line) == by_itself(line)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*openssh*.log")), ids=lambda path: path.stem)
def test_every_line_of_the_fixtures_tells_the_same_either_way(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if split_line(line)[2] in PARSERS]
    assert len(lines) > 100
    for line in lines:
        assert by_likeness(line) == by_itself(line)


def likenesses(lines: Sequence[str]) -> int:
    """How many likenesses the lines have."""
    read = HostLines()
    told = [event for line in lines for event in read.read(line, "f:1", RECEIVED, PLACE)]
    return len({event.alike[0] for event in told if isinstance(event, Event) and event.alike})


def test_a_connection_more_is_nothing_new_to_read() -> None:
    head = "Nov 23 11:32:24 web-02 sshd[77]: Failed password for root from"
    assert likenesses([f"{head} 203.0.113.{n} port {n + 1000} ssh2" for n in range(99)]) == 1
    assert likenesses([f"{head} 2001:db8::{n} port {n + 1000} ssh2" for n in range(9)]) == 9


def test_what_is_long_is_not_kept() -> None:
    message = "x" * LONGEST
    (event,) = HostLines().read(f"Nov 23 11:32:24 web-02 sshd[77]: Failed {message}", "f:1", RECEIVED, PLACE)
    assert isinstance(event, Event)
    assert event.alike is None


def test_what_one_line_told_is_not_spoilt_by_whoever_changes_it() -> None:
    line = "Nov 23 11:32:24 web-02 sshd[77]: Failed password for root from 203.0.113.7 port 22 ssh2"
    by_likeness(line)["user"] = "spoilt"
    assert by_likeness(line) == by_itself(line)
