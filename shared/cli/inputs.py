"""Reading what a person points at: files, compressed or not, and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.events.decode import Piece, pieces, text_in, unpacked
from shared.events.host_reader import is_host_line
from shared.events.oss_dump import is_line as is_oss_line

SNIFFED, FIRST = 20_000, 20
"""Characters and lines at the beginning of a file that may show its format."""


@dataclass(frozen=True)
class Input:
    """One value of a file as text, where it stands, and how much of the file is read by its end (0 to 1)."""

    text: str
    origin: str
    done: float


def read(name: str) -> Iterator[Input]:
    """The values in a file; `-` is standard input. Raises OSError or ValueError when it can't be read, or not
    to its end: then after what could be read."""
    data, missing = unpacked(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    text = text_in(data)
    shown, passed = "stdin" if name == "-" else name, 0
    for piece in _lines(text) if _is_log(text, shown) else pieces(text):
        passed += len(piece.text) + 1
        yield Input(piece.text, f"{shown}:{piece.line}", min(passed / len(text), 1.0))
    if missing:
        raise ValueError(missing)


def _is_log(text: str, name: str) -> bool:
    """Whether one of the first lines is of a host's log or of OSS's own. A line cut off by rotation may
    stand before it."""
    lines = text[:SNIFFED].splitlines()[:FIRST]
    return any(is_oss_line(line) or is_host_line(line, name) for line in lines)


def _lines(text: str) -> Iterator[Piece]:
    """The lines of a log that have something in them."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield Piece(line.rstrip("\r"), number)
