"""Lines that are alike: they differ in nothing but the time, the process, and the peer's port and address.

Host logs say the same again and again, of another connection. What such lines tell is worked out once, with
stand-ins for port and address; wherever a stand-in comes back, a line's own value is put in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from shared.events.address import plain_address

Facts = dict[str, Any]

PORT, ADDRESS = "31415", "198.51.100.231"
"""The stand-ins: of the same form as what they stand for, so that a parser takes them for it."""

MOST = 8192
"""Likenesses that are remembered of one kind of logs."""

LONGEST = 300
"""Characters of a message that is remembered: the memory that hostile lines can take is bounded."""

_DIGITS = "0123456789"

_PEERS_PORT = f" port {PORT}"
_PEER = f" {ADDRESS}{_PEERS_PORT}"
_RHOST = " rhost="


class Likeness:
    """What alike lines tell: the facts, and which of them are each line's own. It is told apart by identity.

    `facts` has stand-ins at `port_holes` and `address_holes`, and lacks `pid` and `message`.
    """

    __slots__ = ("address_holes", "facts", "is_other", "port_holes", "source")

    def __init__(self, source: str, facts: Facts) -> None:
        self.source = source
        self.facts = facts
        self.is_other = facts["action"] == "other"
        self.port_holes = tuple(name for name, value in facts.items() if value == PORT)
        self.address_holes = tuple(name for name, value in facts.items() if value == ADDRESS)

    @property
    def differing(self) -> frozenset[str]:
        """The fields that alike lines may differ in."""
        return frozenset(("pid", "message", *self.port_holes, *self.address_holes))


Alike = tuple[Likeness, str, str]
"""Whom a line is alike, and its own address and port, each empty where it has none."""

Parse = Callable[[str, str], "tuple[str, Facts]"]
"""(program, message) → the name of the source, and the facts."""


class Likenesses:
    """The likenesses of messages, as `parse` understands them."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._known = lru_cache(MOST)(self._learn)

    def find(self, host: str, role: str, program: str, message: str) -> Alike | None:
        """The likeness of a message; None for one that has to be read by itself."""
        if len(message) > LONGEST:
            return None
        head, sign, tail = message.rpartition(" port ")
        rest = tail.lstrip(_DIGITS)
        if not sign or rest == tail:
            return self._without_port(host, role, program, message)
        left, _, address = head.rpartition(" ")
        if _is_ipv4(address):
            text = left + _PEER + rest
        else:
            text, address = head + _PEERS_PORT + rest, ""
        likeness = self._known(host, role, program, text)
        return (likeness, address, tail[: len(tail) - len(rest)]) if likeness else None

    def _without_port(self, host: str, role: str, program: str, message: str) -> Alike | None:
        """The same for a message that tells no port, but perhaps `rhost=ADDRESS`, as PAM does."""
        head, _, tail = message.partition(_RHOST)
        address, space, rest = tail.partition(" ")
        if _is_ipv4(address):
            message = f"{head}{_RHOST}{ADDRESS}{space}{rest}"
        else:
            address = ""
        likeness = self._known(host, role, program, message)
        return (likeness, address, "") if likeness else None

    def _learn(self, host: str, role: str, program: str, text: str) -> Likeness | None:
        """What a message with stand-ins tells; None where they can't be told from what else it says."""
        if text[:8] == "message " or not _stand_alone(text):
            return None
        source, facts = self._parse(program, text)
        facts["host"], facts["program"] = host, program
        if role:
            facts["role"] = role
        return None if any(map(_holds_stand_in, facts.values())) else Likeness(source, facts)


@lru_cache(MOST)
def _is_ipv4(text: str) -> bool:
    return bool(text) and plain_address(text) == text and ":" not in text


def _stand_alone(text: str) -> bool:
    """Whether the stand-ins are in the text nowhere but in their places."""
    has_port = _PEERS_PORT in text
    has_address = _PEER in text if has_port else f"{_RHOST}{ADDRESS}" in text
    return text.count(PORT) == has_port and text.count(ADDRESS) == has_address


def _holds_stand_in(value: Any) -> bool:
    return isinstance(value, str) and value not in (PORT, ADDRESS) and (PORT in value or ADDRESS in value)
