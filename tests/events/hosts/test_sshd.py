"""sshd's messages about logins, written in the formats of OpenSSH's own sources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.hosts.conftest import Facts

KEY = "SHA256:pcO1yFx5ChRfMc+6aXqaOjyo66XWivltxilWnobRdhg"

MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "a password accepted": (
        "Accepted password for alice from 192.0.2.50 port 48919 ssh2",
        {
            "action": "login_accepted",
            "outcome": "success",
            "method": "password",
            "user": "alice",
            "source_ip": "192.0.2.50",
            "source_port": "48919",
        },
    ),
    "a key accepted": (
        f"Accepted publickey for alice from 2001:db8::7 port 44185 ssh2: ED25519 {KEY}",
        {
            "action": "login_accepted",
            "outcome": "success",
            "method": "publickey",
            "user": "alice",
            "source_ip": "2001:db8::7",
            "source_network": "2001:db8::/64",
            "source_port": "44185",
            "key_type": "ED25519",
            "key_fingerprint": KEY,
        },
    ),
    "a certificate accepted": (
        f"Accepted publickey for alice from 192.0.2.50 port 1 ssh2: RSA-CERT {KEY} ID a b (serial 7) CA"
        f" RSA {KEY}",
        {
            "action": "login_accepted",
            "outcome": "success",
            "method": "publickey",
            "user": "alice",
            "source_ip": "192.0.2.50",
            "source_port": "1",
            "key_type": "RSA-CERT",
            "key_fingerprint": KEY,
            "key_certificate": f"ID a b (serial 7) CA RSA {KEY}",
        },
    ),
    "a key with the old kind of fingerprint": (
        "Accepted publickey for git from ::ffff:192.0.2.50 port 7 ssh2: RSA 39:33:99:e9:a0:dc:f2:33",
        {
            "action": "login_accepted",
            "outcome": "success",
            "method": "publickey",
            "user": "git",
            "source_ip": "192.0.2.50",
            "source_port": "7",
            "key_type": "RSA",
            "key_fingerprint": "39:33:99:e9:a0:dc:f2:33",
        },
    ),
    "the first of two factors": (
        f"Partial publickey for alice from 192.0.2.50 port 5 ssh2: ED25519 {KEY}",
        {
            "action": "login_partial",
            "outcome": "partial",
            "method": "publickey",
            "user": "alice",
            "source_ip": "192.0.2.50",
            "source_port": "5",
            "key_type": "ED25519",
            "key_fingerprint": KEY,
        },
    ),
    "a wrong password": (
        "Failed password for root from 203.0.113.7 port 52799 ssh2",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "password",
            "user": "root",
            "source_ip": "203.0.113.7",
            "source_port": "52799",
            "attempts": 1,
        },
    ),
    "a wrong password of nobody": (
        "Failed password for invalid user admin from 198.51.100.23 port 43035 ssh2",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "password",
            "user": "admin",
            "invalid_user": True,
            "source_ip": "198.51.100.23",
            "source_port": "43035",
            "attempts": 1,
        },
    ),
    "an empty password": (
        "Failed none for invalid user admin from 198.51.100.23 port 4 ssh2",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "none",
            "user": "admin",
            "invalid_user": True,
            "source_ip": "198.51.100.23",
            "source_port": "4",
            "attempts": 1,
        },
    ),
    "a name that does not exist": (
        "Invalid user oracle from 198.51.100.23 port 34099",
        {
            "action": "invalid_user",
            "user": "oracle",
            "invalid_user": True,
            "source_ip": "198.51.100.23",
            "source_port": "34099",
        },
    ),
    "the same without a port, as before 7.4": (
        "Invalid user oracle from 198.51.100.23",
        {"action": "invalid_user", "user": "oracle", "invalid_user": True, "source_ip": "198.51.100.23"},
    ),
    "a user that AllowUsers leaves out": (
        "User bob from 203.0.113.7 not allowed because not listed in AllowUsers",
        {
            "action": "user_refused",
            "outcome": "failure",
            "user": "bob",
            "source_ip": "203.0.113.7",
            "reason": "not listed in AllowUsers",
            "attempts": 0,
        },
    ),
    "a locked account": (
        "User bob not allowed because account is locked",
        {
            "action": "user_refused",
            "outcome": "failure",
            "user": "bob",
            "reason": "account is locked",
            "attempts": 0,
        },
    ),
    "root refused": (
        "ROOT LOGIN REFUSED FROM 203.0.113.7 port 4022",
        {
            "action": "user_refused",
            "outcome": "failure",
            "user": "root",
            "source_ip": "203.0.113.7",
            "source_port": "4022",
            "attempts": 0,
        },
    ),
    "too many attempts": (
        "error: maximum authentication attempts exceeded for invalid user a b from 203.0.113.7 port 2"
        " ssh2 [preauth]",
        {
            "action": "too_many_attempts",
            "outcome": "failure",
            "user": "a b",
            "invalid_user": True,
            "source_ip": "203.0.113.7",
            "source_port": "2",
            "attempts": 0,
            "level": "error",
            "preauth": True,
        },
    ),
    "a key from the wrong host": (
        "Authentication tried for git with correct key but not from a permitted host"
        " (host=203.0.113.7, ip=203.0.113.7, required=192.0.2.0/24).",
        {
            "action": "key_from_wrong_host",
            "outcome": "failure",
            "method": "publickey",
            "user": "git",
            "source_ip": "203.0.113.7",
            "attempts": 1,
            "reason": "correct key but not from a permitted host"
            " (host=203.0.113.7, ip=203.0.113.7, required=192.0.2.0/24).",
        },
    ),
    "an error of its own": (
        "error: Could not load host key: /etc/ssh/ssh_host_dsa_key",
        {"action": "error", "level": "error", "reason": "Could not load host key: /etc/ssh/ssh_host_dsa_key"},
    ),
    "a name instead of an address (UseDNS)": (
        "Failed password for root from scan.example.com port 22 ssh2",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "password",
            "user": "root",
            "source_host": "scan.example.com",
            "source_port": "22",
            "attempts": 1,
        },
    ),
    "an address without its port": (
        "Failed password for invalid user ROOT from 2001:db8::7",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "password",
            "user": "ROOT",
            "invalid_user": True,
            "source_ip": "2001:db8::7",
            "source_network": "2001:db8::/64",
            "attempts": 1,
        },
    ),
    "the address that macOS adds": (
        "error: PAM: authentication error for bob from 203.0.113.7 via 192.0.2.1",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "keyboard-interactive",
            "submethod": "pam",
            "reason": "authentication error",
            "user": "bob",
            "source_ip": "203.0.113.7",
            "attempts": 1,
            "level": "error",
        },
    ),
    "Solaris' number": (
        "[ID 800047 auth.info] Failed none for bob from 203.0.113.7 port 53 ssh2",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "none",
            "user": "bob",
            "source_ip": "203.0.113.7",
            "source_port": "53",
            "attempts": 1,
        },
    ),
    "the kernel's clock": (
        "kernel:[  970.699396]: Invalid user bob from 203.0.113.7",
        {"action": "invalid_user", "user": "bob", "invalid_user": True, "source_ip": "203.0.113.7"},
    ),
    "a name announced": (
        "input_userauth_request: invalid user two words [preauth]",
        {"action": "user_message", "user": "two words", "preauth": True},
    ),
    "a right password, and PAM's no": (
        "fatal: Access denied for user bob by PAM account configuration [preauth]",
        {"action": "pam_message", "user": "bob", "level": "fatal", "preauth": True},
    ),
    "sshd at LogLevel DEBUG": ("debug1: userauth-request for user bob", {"action": "debug"}),
    "RHEL 4's PAM, in another place": (
        "(pam_unix) authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
        {
            "action": "pam_failure",
            "outcome": "failure",
            "user": "root",
            "source_ip": "192.0.2.1",
            "tty": "ssh",
            "attempts": 1,
        },
    ),
    "a repetition by rsyslog": (
        "message repeated 5 times: [ Failed password for root from 203.0.113.7 port 53 ssh2]",
        {
            "action": "login_failed",
            "outcome": "failure",
            "method": "password",
            "user": "root",
            "source_ip": "203.0.113.7",
            "source_port": "53",
            "attempts": 5,
            "repeated": 5,
        },
    ),
}


@pytest.mark.parametrize(("message", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_of_sshd_is_understood(facts: Facts, message: str, expected: dict[str, Any]) -> None:
    assert facts("sshd", message) == expected


@pytest.mark.parametrize("program", ["sshd", "sshd-session", "sshd-auth", "/usr/sbin/sshd"])
def test_every_program_of_openssh_is_sshd(facts: Facts, program: str) -> None:
    assert facts(program, "Failed password for root from 203.0.113.7 port 5 ssh2")["attempts"] == 1


ONE_ATTEMPT: dict[str, list[str]] = {
    "a wrong password of nobody, on five lines": [
        "Invalid user admin from 198.51.100.23 port 43035",
        "pam_unix(sshd:auth): check pass; user unknown",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser="
        " rhost=198.51.100.23 ",
        "Failed password for invalid user admin from 198.51.100.23 port 43035 ssh2",
        "Connection closed by invalid user admin 198.51.100.23 port 43035 [preauth]",
    ],
    "a wrong answer to PAM": [
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser="
        " rhost=192.0.2.50  user=bob",
        "error: PAM: Authentication failure for bob from 192.0.2.50",
        "Connection closed by authenticating user bob 192.0.2.50 port 35131 [preauth]",
    ],
    "a wrong answer to PAM at LogLevel VERBOSE": [
        "error: PAM: Authentication failure for bob from 192.0.2.50",
        "Failed keyboard-interactive/pam for bob from 192.0.2.50 port 35131 ssh2",
    ],
    "a wrong answer to PAM of nobody": [
        "Invalid user admin from 192.0.2.50 port 35131",
        "error: PAM: User not known to the underlying authentication module for illegal user admin from"
        " 192.0.2.50",
        "Failed keyboard-interactive/pam for invalid user admin from 192.0.2.50 port 35131 ssh2",
    ],
    "a wrong password, after the keys that the client has": [
        f"Failed publickey for bob from 192.0.2.50 port 35131 ssh2: RSA {KEY}",
        f"Failed publickey for bob from 192.0.2.50 port 35131 ssh2: ED25519 {KEY}",
        "Failed password for bob from 192.0.2.50 port 35131 ssh2",
        "error: maximum authentication attempts exceeded for bob from 192.0.2.50 port 35131 ssh2 [preauth]",
    ],
    "a user whom AllowUsers leaves out": [
        "User bob from 203.0.113.7 not allowed because not listed in AllowUsers",
        "Failed password for invalid user bob from 203.0.113.7 port 36187 ssh2",
    ],
    "what RHEL 4 logs apart from sshd": [
        "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=203.0.113.7  user=root",
    ],
}


@pytest.mark.parametrize("messages", ONE_ATTEMPT.values(), ids=ONE_ATTEMPT.keys())
def test_one_attempt_counts_once_on_however_many_lines(facts: Facts, messages: list[str]) -> None:
    assert sum(facts("sshd", message).get("attempts", 0) for message in messages) == 1


def test_a_message_that_is_not_known_is_an_event_all_the_same(facts: Facts) -> None:
    assert facts("sshd", "the moon is full") == {"action": "other"}


def test_no_key_that_was_merely_found_is_a_login(facts: Facts) -> None:
    found = f"Accepted key ED25519 {KEY} found at /home/alice/.ssh/authorized_keys:1"
    assert facts("sshd", found) == {"action": "key_found"}
