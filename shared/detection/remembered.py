"""What a rule remembers of a group, as it stands in the store: under which key, and in which form.

`rule/<rule>/<fingerprint of account and group>` is a group's; `began/<rule>` tells when a `first_seen` rule
began to learn, `rule/<rule>/never` when an `absent` rule that never saw anything first looked.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from shared.detection.kinds.kind import MALFORMED, stored_time
from shared.detection.rule import Rule

SHOWN = 120
"""Characters of a group's value that are kept for people to read."""


class Corrupt(Exception):  # noqa: N818 - a state of the world
    """A stored value that can't be read; the rule begins anew for this key."""


@dataclass(frozen=True)
class Remembered:
    """A kind's own `value`, whose it is, and until when it is kept (Unix seconds)."""

    account_id: str
    group: tuple[str, ...]
    value: dict[str, Any]
    until: float

    def encoded(self) -> bytes:
        """As bytes, the group cut to what people can read: the key tells groups apart."""
        body = {
            "account": self.account_id[:SHOWN],
            "group": [part[:SHOWN] for part in self.group],
            "value": self.value,
            "until": self.until,
        }
        try:
            return msgspec.json.encode(body)
        except UnicodeEncodeError:  # half a surrogate pair, out of a hostile record
            text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
            return text.encode("utf-8", "surrogatepass")

    @classmethod
    def of(cls, stored: bytes) -> Remembered:
        """The opposite of `encoded`. Raises Corrupt."""
        try:
            body = _decoded(stored)
            group = tuple(map(str, body["group"]))
            return cls(str(body["account"]), group, dict(body["value"]), stored_time(body["until"]))
        except MALFORMED as error:
            raise Corrupt(type(error).__name__) from None


def _decoded(stored: bytes) -> Any:
    try:
        return msgspec.json.decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError):  # perhaps only more than msgspec takes: see `encoded`
        return json.loads(stored.decode("utf-8", "surrogatepass"))


def key_of(rule: Rule, account_id: str, group: tuple[str, ...]) -> str:
    """Where a group of a rule is remembered; of bounded length, whatever an attacker calls himself."""
    return f"{prefix_of(rule)}{_fingerprint((account_id, *group))}"


@lru_cache(maxsize=8192)
def _fingerprint(parts: tuple[str, ...]) -> str:
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def prefix_of(rule: Rule) -> str:
    """What the keys of all groups of a rule begin with."""
    return f"rule/{rule.id}/"


def beginning_of(rule: Rule) -> str:
    """Where a `first_seen` rule remembers when it began to learn."""
    return f"began/{rule.id}"


def first_look_of(rule: Rule) -> str:
    """Where an `absent` rule that never saw anything remembers since when it has been waiting."""
    return f"{prefix_of(rule)}never"
