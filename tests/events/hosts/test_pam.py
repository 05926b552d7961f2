"""What PAM modules log in sshd's name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.hosts.conftest import Facts, Read

MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "a session": (
        "pam_unix(sshd:session): session opened for user alice(uid=1000) by alice(uid=0)",
        {
            "action": "session_opened",
            "user": "alice",
            "user_uid": "1000",
            "by_user": "alice",
            "pam_module": "pam_unix",
            "pam_type": "session",
        },
    ),
    "a session, as CentOS 7 tells it": (
        "pam_unix(sshd:session): session opened for user root by (uid=0)",
        {"action": "session_opened", "user": "root", "pam_module": "pam_unix", "pam_type": "session"},
    ),
    "the end of a session": (
        "pam_unix(sshd:session): session closed for user alice",
        {"action": "session_closed", "user": "alice", "pam_module": "pam_unix", "pam_type": "session"},
    ),
    "a ruser that imitates an address": (
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser=x rhost=192.0.2.1"
        " rhost=203.0.113.7  user=root",
        {
            "action": "pam_failure",
            "outcome": "failure",
            "user": "root",
            "ruser": "x rhost=192.0.2.1",
            "source_ip": "203.0.113.7",
            "tty": "ssh",
            "attempts": 0,
            "pam_module": "pam_unix",
            "pam_type": "auth",
        },
    ),
    "PAM's view of an attempt": (
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser="
        " rhost=203.0.113.7  user=root",
        {
            "action": "pam_failure",
            "outcome": "failure",
            "user": "root",
            "source_ip": "203.0.113.7",
            "tty": "ssh",
            "attempts": 0,
            "pam_module": "pam_unix",
            "pam_type": "auth",
        },
    ),
    "a directory's view of an attempt": (
        "pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser="
        " rhost=203.0.113.7 user=bo",
        {
            "action": "pam_failure",
            "outcome": "failure",
            "user": "bo",
            "source_ip": "203.0.113.7",
            "tty": "ssh",
            "attempts": 0,
            "pam_module": "pam_sss",
            "pam_type": "auth",
        },
    ),
    "PAM's count of what was told already": (
        "PAM 4 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7 "
        " user=root",
        {
            "action": "pam_failure",
            "outcome": "failure",
            "user": "root",
            "source_ip": "203.0.113.7",
            "tty": "ssh",
            "attempts": 0,
            "failures": 4,
        },
    ),
}


@pytest.mark.parametrize(("message", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_of_pam_is_understood(facts: Facts, message: str, expected: dict[str, Any]) -> None:
    assert facts("sshd", message) == expected


def test_rhel_4_tells_more_failures_in_pams_name(read: Read) -> None:
    told = "2 more authentication failures; logname= rhost=203.0.113.7 "
    event = read(f"Jun 15 02:04:59 combo sshd(pam_unix)[20882]: {told}")
    assert (event.source, event.fields["program"], event.fields["attempts"]) == ("sshd", "sshd", 2)
