"""Keeping what was read from a text, for the same text to come.

Host logs say the same again and again: all but the port of one attempt to log in is the same in the next.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

MOST = 8192
"""Texts that are kept, of each reader."""

LONGEST = 300
"""Characters of a text that is kept: the memory that hostile lines can take is bounded."""

Read = Callable[[str], "dict[str, Any]"]


def kept(read: Read) -> Read:
    """`read`, but a short text that came before is not read again. Gives a copy each time."""
    remembered = lru_cache(maxsize=MOST)(read)

    def reader(text: str) -> dict[str, Any]:
        return remembered(text).copy() if len(text) <= LONGEST else read(text)

    return reader
