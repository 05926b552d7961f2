"""What rows of osquery are compared by: never by what differs from run to run, such as a PID."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from shared.events.host_event import Facts

DERIVED = ("program", "socket", "remote_network")

_PROTOCOLS = {"6": "tcp", "17": "udp", "132": "sctp", "136": "udplite"}
"""IANA's numbers (https://www.iana.org/assignments/protocol-numbers/)."""

_PREFIXES = {4: 24, 6: 48}
"""How long a network is taken to be, by the version of IP."""


def derived(columns: Mapping[str, str]) -> Facts:
    """What the columns of a row say together: the program, the listening socket, the network it talks to."""
    facts: Facts = {}
    program = columns.get("program") or columns.get("path") or columns.get("name")
    if program:
        facts["program"] = program
    if columns.get("port") and columns.get("address"):
        facts["socket"] = _socket(columns, program or "")
    if network := _network(columns.get("remote_address", "")):
        facts["remote_network"] = network
    return facts


def _socket(columns: Mapping[str, str], program: str) -> str:
    """`tcp 0.0.0.0:1337 /usr/bin/python3`, `udp [::]:5353 ?`."""
    protocol = columns.get("protocol", "")
    address = columns["address"]
    shown = f"[{address}]" if ":" in address else address
    return f"{_PROTOCOLS.get(protocol, protocol)} {shown}:{columns['port']} {program or '?'}"


def _network(address: str) -> str:
    """The network around an address: /24 or /48; empty for no address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    parsed = mapped or parsed
    return str(ip_network(f"{parsed}/{_PREFIXES[parsed.version]}", strict=False))
