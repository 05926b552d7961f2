"""Percent-encoding (RFC 3986) taken off, of names and addresses that strangers choose."""

from __future__ import annotations

import re

MOST = 1024
"""Characters that are given at most: the name of an OSS object has no more than 1,023 bytes."""

_ENCODED = 9
"""Characters that one character takes when it is encoded, at most that can stand in a name of MOST bytes."""

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")


def decoded(text: str, most: int = MOST) -> str:
    """`text` decoded once, cut to `most` characters; bytes that are not UTF-8 read `\\xNN`. What is no escape
    stays as it is. Raises nothing."""
    if "%" not in text:
        return text[:most]
    raw = text[: most * _ENCODED].encode("utf-8", "backslashreplace")
    plain = _ESCAPE.sub(lambda escape: bytes((int(escape[1], 16),)), raw)
    return plain.decode("utf-8", "backslashreplace")[:most]
