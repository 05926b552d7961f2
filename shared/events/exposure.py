"""What a security group change lets in from the whole internet, and on which ports.

Parameter forms: ECS API reference, AuthorizeSecurityGroup (flat and `Permissions.N`) and
ModifySecurityGroupRule, https://help.aliyun.com/document_detail/25554.html. The bulk form of the console,
ConfigureSecurityGroupPermissions, is read by analogy: any entry with a source network counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from shared.events.leaves import Leaf, leaves
from shared.events.text import text_of

INGRESS_EVENTS = frozenset(
    {"authorizesecuritygroup", "configuresecuritygrouppermissions", "modifysecuritygrouprule"}
)
"""The events that can let traffic in, in lower case."""

WIDE = 2048
"""A range of more ports than this is wide: it is told as such and not port by port."""

_SOURCES = ("sourcecidrip", "ipv6sourcecidrip")
_RANGE = re.compile(r"(-?\d+)(?:[/-](-?\d+))?")
_SEPARATORS = re.compile(r"[,;\s]+")


@dataclass(frozen=True)
class Opening:
    """One permission that lets the world in: `ports` are inclusive ranges, none where not told."""

    protocol: str
    network: str
    ports: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        ranges = ",".join(f"{low}" if low == high else f"{low}-{high}" for low, high in self.ports)
        return f"{self.protocol} {ranges or 'any port'} from {self.network}"


def is_world(network: str) -> bool:
    """Whether a network is the whole internet or a great part of it: `0.0.0.0/0`, `::/0`, `0.0.0.0/1`.

    A bare `0.0.0.0` or `::` counts, for several services read it so. Anything unreadable does not.
    """
    try:
        parsed = ip_network(network.strip(), strict=False)
    except ValueError:
        return False
    if parsed.prefixlen == parsed.max_prefixlen:
        return int(parsed.network_address) == 0
    return parsed.prefixlen < (8 if parsed.version == 4 else 16)


def world_networks(parameters: Any) -> list[str]:
    """The networks open to the world that stand anywhere in an allow-list, in order, each once."""
    found = []
    for path, value in leaves(parameters):
        if isinstance(value, str) and "dest" not in path.lower():
            found += [
                part for part in _SEPARATORS.split(value) if part[:1] in "0123456789:" and is_world(part)
            ]
    return list(dict.fromkeys(found))


def openings(event_name: str, parameters: Any) -> list[Opening]:
    """The accepting ingress permissions of a security group event that let in the world."""
    if event_name.lower() not in INGRESS_EVENTS:
        return []
    return [o for entry in _permissions(leaves(parameters)) for o in _openings_of(entry)]


def ports_of(found: Iterable[Opening]) -> list[str]:
    """Each port let in, for ranges that are not wide, as text and in order."""
    ports = {p for o in found for low, high in o.ports if high - low < WIDE for p in range(low, high + 1)}
    return [str(port) for port in sorted(ports)]


def is_wide(opening: Opening) -> bool:
    """Whether it lets in more than a small range of ports, or does not tell its ports."""
    if opening.protocol in ("icmp", "icmpv6", "gre"):
        return False
    return not opening.ports or any(high - low >= WIDE for low, high in opening.ports)


def _permissions(found: Iterable[Leaf]) -> list[Mapping[str, str]]:
    """Leaves grouped into permissions by what stands before their last name; revoked ones left out."""
    groups: dict[str, dict[str, str]] = {}
    for path, value in found:
        before, _, name = path.rpartition(".")
        if name.isdigit():
            before, _, name = before.rpartition(".")
        if "revoke" not in path.lower():
            entry = groups.setdefault(before, {})
            entry[name.lower()] = ",".join(filter(None, (entry.get(name.lower()), text_of(value))))
    return [_inherited(entry, groups.get("", {})) for entry in groups.values()]


def _inherited(entry: Mapping[str, str], outer: Mapping[str, str]) -> Mapping[str, str]:
    """A permission with what is said once for all of them, but for the sources, which are its own."""
    return {**{k: v for k, v in outer.items() if k not in _SOURCES}, **entry}


def _openings_of(entry: Mapping[str, str]) -> list[Opening]:
    outward = "egress" in (entry.get("direction", "").lower(), entry.get("gressflow", "").lower())
    if outward or entry.get("policy", "").lower() == "drop":
        return []
    protocol = entry.get("ipprotocol", "").lower() or "any protocol"
    networks = [part for name in _SOURCES for part in _SEPARATORS.split(entry.get(name, "")) if part]
    ports = _ranges(entry.get("portrange", ""), protocol)
    return [Opening(protocol, network, ports) for network in networks if is_world(network)]


def _ranges(text: str, protocol: str) -> tuple[tuple[int, int], ...]:
    """`22/22` or `8000/9000` as inclusive ranges; -1 stands for all ports, and so does protocol all."""
    if protocol in ("icmp", "icmpv6", "gre"):
        return ()
    if protocol == "all":
        return ((1, 65535),)
    pairs = [(int(low), int(high or low)) for low, high in _RANGE.findall(text)]
    return tuple(
        (1, 65535) if low < 0 or high < 0 else (min(low, high), max(low, high)) for low, high in pairs
    )
