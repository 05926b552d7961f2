"""sshd's messages about connections: who was at the other end, and how it ended."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.hosts.conftest import Facts

MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "a connection closed before a login": (
        "Connection closed by authenticating user root 203.0.113.7 port 52799 [preauth]",
        {
            "action": "connection_closed",
            "user": "root",
            "source_ip": "203.0.113.7",
            "source_port": "52799",
            "preauth": True,
        },
    ),
    "a connection reset": (
        "Connection reset by invalid user two words 203.0.113.7 port 9 [preauth]",
        {
            "action": "connection_reset",
            "user": "two words",
            "invalid_user": True,
            "source_ip": "203.0.113.7",
            "source_port": "9",
            "preauth": True,
        },
    ),
    "a connection closed, as before 7.2": (
        "Connection closed by 203.0.113.7 [preauth]",
        {"action": "connection_closed", "source_ip": "203.0.113.7", "preauth": True},
    ),
    "a user who leaves": (
        "Disconnected from user alice 192.0.2.50 port 48919",
        {"action": "disconnected", "user": "alice", "source_ip": "192.0.2.50", "source_port": "48919"},
    ),
    "a client that says why it leaves": (
        "Received disconnect from 192.0.2.50 port 48919:11: disconnected by user",
        {
            "action": "disconnect_received",
            "source_ip": "192.0.2.50",
            "source_port": "48919",
            "reason": "disconnected by user",
        },
    ),
    "a client that said so before 7.2": (
        "error: Received disconnect from 203.0.113.7: 3: com.jcraft.jsch.JSchException: Auth fail [preauth]",
        {
            "action": "disconnect_received",
            "source_ip": "203.0.113.7",
            "reason": "com.jcraft.jsch.JSchException: Auth fail",
            "level": "error",
            "preauth": True,
        },
    ),
    "the server that ends it": (
        "Disconnecting authenticating user root 203.0.113.7 port 9: Too many authentication failures"
        " [preauth]",
        {
            "action": "disconnecting",
            "user": "root",
            "source_ip": "203.0.113.7",
            "source_port": "9",
            "reason": "Too many authentication failures",
            "preauth": True,
        },
    ),
    "the server that ended it before 7.5": (
        "Disconnecting: Too many authentication failures for root [preauth]",
        {
            "action": "disconnecting",
            "user": "root",
            "reason": "Too many authentication failures for root",
            "preauth": True,
        },
    ),
    "a scanner that says nothing": (
        "Did not receive identification string from 203.0.113.7 port 40102",
        {"action": "no_banner", "source_ip": "203.0.113.7", "source_port": "40102"},
    ),
    "a scanner that speaks HTTP": (
        "banner exchange: Connection from 203.0.113.7 port 39453: invalid format",
        {
            "action": "bad_banner",
            "source_ip": "203.0.113.7",
            "source_port": "39453",
            "reason": "invalid format",
        },
    ),
    "a scanner that spoke HTTP before 8.0": (
        "Bad protocol version identification 'GET / HTTP/1.0' from 203.0.113.7 port 39453",
        {
            "action": "bad_banner",
            "source_ip": "203.0.113.7",
            "source_port": "39453",
            "reason": "GET / HTTP/1.0",
        },
    ),
    "an identification that can't be": (
        'error: kex_exchange_identification: client sent invalid protocol identifier "GET / HTTP/1.0"',
        {"action": "bad_banner", "level": "error"},
    ),
    "old algorithms": (
        "Unable to negotiate with 203.0.113.7 port 2: no matching cipher found. Their offer: x: y [preauth]",
        {
            "action": "negotiation_failed",
            "source_ip": "203.0.113.7",
            "source_port": "2",
            "reason": "no matching cipher found. Their offer: x: y",
            "preauth": True,
        },
    ),
    "a broken connection": (
        "ssh_dispatch_run_fatal: Connection from authenticating user root 203.0.113.7 port 2: Broken"
        " pipe [preauth]",
        {
            "action": "connection_lost",
            "user": "root",
            "source_ip": "203.0.113.7",
            "source_port": "2",
            "reason": "Broken pipe",
            "preauth": True,
        },
    ),
    "a timeout": (
        "fatal: Timeout before authentication for 203.0.113.7 port 38465",
        {
            "action": "timeout",
            "source_ip": "203.0.113.7",
            "source_port": "38465",
            "attempts": 0,
            "level": "fatal",
        },
    ),
    "a timeout of 9.8 and later": (
        "Timeout before authentication for connection from 203.0.113.7 to 192.0.2.1, pid = 341",
        {"action": "timeout", "source_ip": "203.0.113.7", "local_ip": "192.0.2.1", "attempts": 0},
    ),
    "a name that does not lead back": (
        "reverse mapping checking getaddrinfo for x.example.com [203.0.113.7] failed - POSSIBLE BREAK-IN"
        " ATTEMPT!",
        {"action": "reverse_mapping", "source_ip": "203.0.113.7"},
    ),
    "an address whose name leads elsewhere": (
        "Address 2001:db8::7 maps to x.example.com, but this does not map back to the address.",
        {"action": "reverse_mapping", "source_ip": "2001:db8::7", "source_network": "2001:db8::/64"},
    ),
    "a name that is an address": (
        'Nasty PTR record "192.0.2.1" is set up for 203.0.113.7, ignoring',
        {"action": "reverse_mapping", "source_ip": "203.0.113.7"},
    ),
    "a penalty begun": (
        "srclimit_penalise: ipv4: new 203.0.113.7/32 deferred penalty of 5 seconds for penalty: failed"
        " authentication",
        {"action": "penalty", "source_ip": "203.0.113.7", "reason": "failed authentication"},
    ),
    "a connection torn off": (
        "Read error from remote host 203.0.113.7 port 53: Connection reset by peer",
        {
            "action": "connection_lost",
            "source_ip": "203.0.113.7",
            "source_port": "53",
            "reason": "Connection reset by peer",
        },
    ),
    "no cipher in common, before 6.8": (
        "fatal: no matching cipher found: client aes128-cbc server aes256-ctr [preauth]",
        {"action": "negotiation_failed", "level": "fatal", "preauth": True},
    ),
    "a penalty": (
        "drop connection #0 from [203.0.113.7]:38001 on [192.0.2.1]:22 penalty: failed authentication",
        {
            "action": "connection_dropped",
            "outcome": "failure",
            "source_ip": "203.0.113.7",
            "source_port": "38001",
            "local_ip": "192.0.2.1",
            "local_port": "22",
            "reason": "penalty: failed authentication",
            "attempts": 1,
        },
    ),
    "a client that is silent": (
        "Timeout, client not responding from user bob 203.0.113.7 port 38465",
        {
            "action": "timeout",
            "attempts": 0,
            "user": "bob",
            "source_ip": "203.0.113.7",
            "source_port": "38465",
        },
    ),
    "a client that is silent, of which nothing else is told": (
        "Timeout, client not responding.",
        {"action": "timeout"},
    ),
    "too many at once": (
        "drop connection #10 from [2001:db8::7]:38001 on [2001:db8::1]:22 past MaxStartups",
        {
            "action": "connection_dropped",
            "outcome": "failure",
            "source_ip": "2001:db8::7",
            "source_network": "2001:db8::/64",
            "source_port": "38001",
            "local_ip": "2001:db8::1",
            "local_port": "22",
            "reason": "past MaxStartups",
            "attempts": 0,
        },
    ),
    "TCP wrappers": (
        "refused connect from scan.example.com (203.0.113.7)",
        {"action": "connection_refused", "outcome": "failure", "source_ip": "203.0.113.7"},
    ),
}


@pytest.mark.parametrize(("message", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_about_a_connection_is_understood(
    facts: Facts, message: str, expected: dict[str, Any]
) -> None:
    assert facts("sshd", message) == expected
