"""How many different ids there were, in little room: the smallest of their hashes (a bottom-k or KMV sketch).

Up to K ids, the hashes are as good as the ids, and are counted. Of more, only the K smallest hashes are kept:
the share of all hashes that lies below the largest of those tells how many there were, with a standard error
of 1/sqrt(K - 2), 9 % (Beyer et al., "On synopses for distinct-value estimation under multiset operations",
SIGMOD 2007). The same ids, in any order, split or repeated, make the same sketch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

K = 128
"""Ids counted one by one."""

HEX = 10
"""Digits of a hash: the chance that two of K ids share one is below one in a hundred million."""

SPACE: int = 16**HEX

_HASHES = re.compile(rf"(?:[0-9a-f]{{{HEX}}})*")

Sketch = list[str]
"""Hashes as hexadecimal digits, each once, the smallest first, K at most."""


def grown(sketch: Sketch, ids: Iterable[str]) -> Sketch:
    """The sketch with these ids."""
    return sorted({*sketch, *map(_hash, ids)})[:K]


def count(sketch: Sketch) -> int:
    """How many ids: exact below K, and from there an estimate that never falls as ids are added."""
    return len(sketch) if len(sketch) < K else max(K, (K - 1) * SPACE // (int(sketch[-1], 16) + 1))


def packed(sketch: Sketch) -> str:
    """The sketch as one text."""
    return "".join(sketch)


def unpacked(text: str) -> Sketch:
    """The opposite of `packed`. Raises ValueError or TypeError for what no sketch has made."""
    if not _HASHES.fullmatch(text) or not text:
        raise ValueError("no hashes")
    return sorted({text[start : start + HEX] for start in range(0, len(text), HEX)})[:K]


def _hash(id_: str) -> str:
    return blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=HEX // 2).hexdigest()
