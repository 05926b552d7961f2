"""What security groups let in from the whole internet once all their rules are taken together. Pure.

"Security group rules", https://www.alibabacloud.com/help/en/ecs/user-guide/security-group-rules: the rules of
all groups of an instance count together; the lower priority number goes first, and at the same one a denial
goes before an allowance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from ipaddress import ip_network
from typing import Any, NamedTuple

from shared.events.exposure import Opening, is_wide, openings, ports_of

Permission = Mapping[str, Any]
Ports = tuple[tuple[int, int], ...]


class Ranked(NamedTuple):
    """What one rule lets in or keeps out, and its rank: 1 goes before 100."""

    rank: int
    opening: Opening


class Rules(NamedTuple):
    """Of a group's inbound rules those that concern the whole internet, read once for all its instances."""

    accepted: tuple[Ranked, ...]
    denied: tuple[Ranked, ...]


def rules_of(permissions: Iterable[Permission]) -> Rules:
    """A group's inbound rules, as DescribeSecurityGroupAttribute tells them. A denial for some addresses only
    closes nothing to the world.

    Raises KeyError or TypeError for a rule that is not as documented.
    """
    listed = list(permissions)
    denied = [r for p in listed if _is_drop(p) for r in _ranked({**p, "Policy": "Accept"})]
    accepted = [r for p in listed if not _is_drop(p) for r in _ranked(p)]
    return Rules(tuple(dict.fromkeys(accepted)), tuple(dict.fromkeys(denied)))


def left_open(groups: Iterable[Rules]) -> list[Opening]:
    """What the rules of several groups, taken together, let in, each once."""
    listed = list(groups)
    denied = [each for group in listed for each in group.denied]
    left = [part for group in listed for each in group.accepted for part in _without(each, denied)]
    return sorted(set(left), key=str)


def world_openings(permissions: Iterable[Permission]) -> list[Opening]:
    """The same for one group. Raises as `rules_of`."""
    return left_open([rules_of(permissions)])


def exposure(found: Iterable[Opening]) -> dict[str, Any]:
    """The same as fields: `open`, `ports`, `wide`."""
    listed = list(found)
    return {
        "open": [str(each) for each in listed],
        "ports": ports_of(listed),
        "wide": any(map(is_wide, listed)),
    }


def is_ipv6(opening: Opening) -> bool:
    """Whether it is open to IPv6 addresses, and not to IPv4 ones."""
    return ":" in opening.network


def _is_drop(permission: Permission) -> bool:
    return str(permission["Policy"]).lower() == "drop"


def _ranked(permission: Permission) -> list[Ranked]:
    rank = str(permission["Priority"])
    if not rank.isdecimal():
        raise TypeError(f"the priority {rank!r} is not a number")
    return [Ranked(int(rank), opening) for opening in openings("AuthorizeSecurityGroup", permission)]


def _without(accepted: Ranked, denied: Iterable[Ranked]) -> list[Opening]:
    """What the denials that go first leave of it; nothing where they close it whole."""
    opening = accepted.opening
    ports = opening.ports
    for each in denied:
        if each.rank <= accepted.rank and _covers(each.opening, opening):
            ports = tuple(part for span in ports for part in _cut(span, each.opening.ports))
    if opening.ports and not ports:
        return []
    return [Opening(opening.protocol, opening.network, ports)]


def _covers(denied: Opening, accepted: Opening) -> bool:
    """Whether a denial concerns all that is accepted, but for its ports."""
    if denied.protocol not in ("all", accepted.protocol):
        return False
    version, first, last = _span(accepted.network)
    their_version, their_first, their_last = _span(denied.network)
    return version == their_version and their_first <= first and last <= their_last


@cache
def _span(network: str) -> tuple[int, int, int]:
    """The version of a network, and its first and last address. Few networks are the world."""
    parsed = ip_network(network.strip(), strict=False)
    return parsed.version, int(parsed.network_address), int(parsed.broadcast_address)


def _cut(span: tuple[int, int], holes: Ports) -> Ports:
    """A range of ports without some others."""
    parts: Ports = (span,)
    for low, high in holes:
        pairs = [pair for a, b in parts for pair in ((a, min(b, low - 1)), (max(a, high + 1), b))]
        parts = tuple(pair for pair in pairs if pair[0] <= pair[1])
    return parts
