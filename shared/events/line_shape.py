"""The shapes of lines that nothing here understands, and how often each came."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping

MOST = 1000
"""Shapes that are told apart; what comes after that is counted together."""

REST = "(other shapes)"

LONGEST = 240
"""Characters of a line that its shape is made of."""

_VARIABLE = re.compile(
    r"""
      "[^"]*" | '[^']*'                                       # something quoted
    | \b\d{1,3}(?:\.\d{1,3}){3}\b                             # IPv4
    | \b[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40} # IPv6, a clock
    | \b(?=[A-Fa-f]{0,40}\d)[0-9A-Fa-f]{8,}\b                 # a number in hex
    | \d+
    """,
    re.VERBOSE | re.ASCII,
)
"""Every alternative takes what it can and has no choice inside, and a line is cut before: linear time."""


MOST_TOLD = 20


def most_frequent(counts: Mapping[str, int]) -> str:
    """The MOST_TOLD most frequent shapes with how often each came, as JSON."""
    return json.dumps(dict(Counter(counts).most_common(MOST_TOLD)), ensure_ascii=False)


def shape_of(line: str) -> str:
    """The line with `*` for whatever differs from one to the next: numbers, addresses, quotations."""
    cut = line[:LONGEST]
    return _VARIABLE.sub("*", cut) + ("…" if len(line) > LONGEST else "")


class ShapeCount:
    """How often lines of each shape came, with the first of them as an example; in bounded memory."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def add(self, line: str, program: str = "") -> str:
        """Count one line, and give its shape."""
        shape = f"{program}: {shape_of(line)}" if program else shape_of(line)
        if shape not in self.counts and len(self.counts) >= self._most:
            shape = REST
        self.counts[shape] += 1
        self.examples.setdefault(shape, line[:LONGEST])
        return shape

    def total(self) -> int:
        """How many lines were counted."""
        return sum(self.counts.values())
