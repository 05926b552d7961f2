"""Tokens of the links in a message: each allows one action on one incident, for a while.

`1.9f3c2a41.4be1c09d21.ack.6a8d1c40.` and a signature: version, key, incident, action, and the end in Unix
seconds (hex). The signature is HMAC-SHA256 cut to 128 bits, as RFC 2104, section 5, allows. A token is a
bearer's: whoever has the message has it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal, cast

Action = Literal["ack", "silence-1h", "silence-4h", "silence-24h"]

MIN_KEY_BYTES = 32
MAX_TOKEN = 128
_TOKEN = re.compile(
    r"(1\.([0-9a-f]{8})\.([0-9a-f]{10})\.(ack|silence-(?:1|4|24)h)\.([0-9a-f]{8}))\.([A-Za-z0-9_-]{22})"
)


class TokenError(Exception):
    """Not a token of ours, or not any more. Which of the two is told to nobody."""

    def __init__(self) -> None:
        super().__init__("this link is not valid, or not any more")


@dataclass(frozen=True)
class Grant:
    """What a token allows. `silence-4h` is a silence of four hours at most; `ends` is in whole seconds."""

    incident: str
    action: Action
    ends: datetime


class Keys:
    """The keys that tokens are signed with: the first one signs, all of them verify."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Raises ValueError without a key, or for a short one; no text of ours holds a key."""
        if not keys:
            raise ValueError("no key to sign links with")
        for number, key in enumerate(keys, 1):
            if len(key) < MIN_KEY_BYTES:
                raise ValueError(
                    f"key {number} has {len(key)} bytes and needs {MIN_KEY_BYTES}: `openssl rand -hex 32`"
                )
        self._by_id = {_id(key): key for key in keys}
        self._newest = keys[0]

    @classmethod
    def of(cls, text: str) -> Keys:
        """The keys in `TRAILGUARD_LINK_KEYS`: separated by commas, the newest first. Raises ValueError."""
        return cls([part.strip().encode() for part in text.split(",") if part.strip()])

    def sign(self, grant: Grant) -> str:
        """The token of a grant; URL-safe, at most MAX_TOKEN characters."""
        end = int(grant.ends.timestamp())
        said = f"1.{_id(self._newest)}.{grant.incident}.{grant.action}.{end:08x}"
        return f"{said}.{_signature(self._newest, said)}"

    def read(self, token: str, now: datetime) -> Grant:
        """What a token allows at `now`. Raises TokenError for one that is forged, changed or over."""
        parsed = _TOKEN.fullmatch(token) if len(token) <= MAX_TOKEN else None
        if parsed is None:
            raise TokenError
        said, key_id, incident, action, end, signature = parsed.groups()
        key = self._by_id.get(key_id)
        if key is None or not hmac.compare_digest(_signature(key, said), signature):
            raise TokenError
        ends = datetime.fromtimestamp(int(end, 16), timezone.utc)
        if now >= ends:
            raise TokenError
        return Grant(incident, cast(Action, action), ends)


def _id(key: bytes) -> str:
    return hmac.new(key, b"trailguard key id", hashlib.sha256).hexdigest()[:8]


def _signature(key: bytes, said: str) -> str:
    mac = hmac.new(key, b"trailguard link " + said.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac[:16]).decode().rstrip("=")
