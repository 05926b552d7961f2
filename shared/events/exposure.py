"""What a security group change lets in from the whole internet, and on which ports.

Parameter forms: ECS API reference, AuthorizeSecurityGroup (flat and `Permissions.N`) and
ModifySecurityGroupRule, https://help.aliyun.com/document_detail/25554.html. Edge nodes (ENS) and RDS Custom
have calls of the same form. The bulk form of the console, ConfigureSecurityGroupPermissions, is read by
analogy: any entry with a source network counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from shared.events.leaves import Leaf, last_name, leaves
from shared.events.text import text_of

INGRESS_EVENTS = frozenset(
    "authorizesecuritygroup configuresecuritygrouppermissions modifysecuritygrouprule"
    " createsecuritygrouppermissions authorizercsecuritygrouppermission modifyrcsecuritygrouppermission"
    " createdbinstancesecuritygrouprule modifydbinstancesecuritygrouprule".split()
)
"""The events that can let traffic in, in lower case."""

WIDE = 2048
"""A range of more ports than this is wide: it is told as such and not port by port."""

EVERYWHERE = "%"
"""The whole internet in an allow-list of ApsaraDB RDS (ModifySecurityIps,
https://help.aliyun.com/document_detail/26242.html)."""

_SOURCES = ("sourcecidrip", "ipv6sourcecidrip")
_ALL_PORTS = (1, 65535)
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "47": "gre", "58": "icmpv6"}
_WITHOUT_PORTS = ("icmp", "icmpv6", "gre")
_OUTWARD = ("egress", "out", "outbound")
_PROSE = ("description", "remark", "comment", "name", "reason")
_RANGE = re.compile(r"(-?[0-9]{1,5})(?:[/-](-?[0-9]{1,5}))?")
_SEPARATORS = re.compile(r"[,;\s]+")
_PUBLIC_IPV6 = ip_network("2000::/3")


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

    A bare `0.0.0.0` or `::` counts, for several services read it so. Private IPv6 networks and anything
    unreadable do not.
    """
    try:
        parsed = ip_network(network.strip(), strict=False)
    except ValueError:
        return False
    if parsed.prefixlen == parsed.max_prefixlen:
        return int(parsed.network_address) == 0
    if parsed.version == 4:
        return parsed.prefixlen < 8
    return parsed.prefixlen < 16 and parsed.overlaps(_PUBLIC_IPV6)


def world_networks(parameters: Any) -> list[str]:
    """The networks open to the world that stand anywhere in an allow-list, in order, each once.

    Destinations are no sources, and a description that mentions a network opens nothing.
    """
    found = [
        part
        for path, value in leaves(parameters)
        if isinstance(value, str) and "dest" not in path.lower() and not last_name(path).endswith(_PROSE)
        for part in _SEPARATORS.split(value)
        if part == EVERYWHERE or (part[:1] in "0123456789:" and is_world(part))
    ]
    return list(dict.fromkeys(found))


def openings(event_name: str, parameters: Any) -> list[Opening]:
    """The accepting ingress permissions of a security group event that open ports to the world.

    Protocols without ports (ICMP, GRE) open none.
    """
    if event_name.lower() not in INGRESS_EVENTS:
        return []
    return [o for entry in _permissions(leaves(parameters)) for o in _openings_of(entry)]


def ports_of(found: Iterable[Opening]) -> list[str]:
    """Each port let in, for ranges that are not wide, as text and in order."""
    ranges = {(low, high) for opening in found for low, high in opening.ports if high - low < WIDE}
    return [str(port) for port in sorted({p for low, high in ranges for p in range(low, high + 1)})]


def is_wide(opening: Opening) -> bool:
    """Whether it lets in more than a small range of ports, or does not tell its ports."""
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
    protocol = entry.get("ipprotocol", "").lower()
    protocol = _PROTOCOLS.get(protocol, protocol) or "any protocol"
    if protocol in _WITHOUT_PORTS or _is_outward(entry) or entry.get("policy", "").lower() == "drop":
        return []
    networks = [part for name in _SOURCES for part in _SEPARATORS.split(entry.get(name, ""))]
    ports = (_ALL_PORTS,) if protocol == "all" else _ranges(entry.get("portrange", ""))
    return [Opening(protocol, network, ports) for network in networks if is_world(network)]


def _is_outward(entry: Mapping[str, str]) -> bool:
    return any(entry.get(name, "").lower() in _OUTWARD for name in ("direction", "gressflow"))


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    """`22/22` or `8000/9000` as inclusive ranges; -1 stands for all ports."""
    pairs = [(int(low), int(high or low)) for low, high in _RANGE.findall(text)]
    return tuple(_ALL_PORTS if min(pair) < 0 else (min(pair), max(pair)) for pair in pairs)
