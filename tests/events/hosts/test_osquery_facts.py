"""What rows of osquery are compared by."""

from __future__ import annotations

import pytest

from shared.events.osquery_facts import derived


@pytest.mark.parametrize(
    ("columns", "socket"),
    [
        ({"address": "0.0.0.0", "port": "1337", "protocol": "6"}, "tcp 0.0.0.0:1337 ?"),
        (
            {"address": "::", "port": "53", "protocol": "17", "program": "/sbin/named"},
            "udp [::]:53 /sbin/named",
        ),
        ({"address": "::", "port": "53", "protocol": "17", "path": "/sbin/named"}, "udp [::]:53 /sbin/named"),
        ({"address": "0.0.0.0", "port": "9", "protocol": "99", "name": "x"}, "99 0.0.0.0:9 x"),
    ],
)
def test_a_listening_socket_is_protocol_address_port_and_program(
    columns: dict[str, str], socket: str
) -> None:
    assert derived(columns)["socket"] == socket
    assert derived({**columns, "pid": "1", "fd": "2"}) == derived({**columns, "pid": "9", "fd": "8"})


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", None),
        ("somewhere", None),
    ],
)
def test_a_peer_stands_for_its_network(address: str, network: str | None) -> None:
    assert derived({"remote_address": address}).get("remote_network") == network


def test_a_row_about_something_else_tells_none_of_it() -> None:
    assert derived({"uid": "0", "username": "root"}) == {}
