"""Reading what a person points at: files, compressed or not, and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.events.decode import pieces, text_in


@dataclass(frozen=True)
class Input:
    """One value of a file as text, where it stands, and how much of the file is read by its end (0 to 1)."""

    text: str
    origin: str
    done: float


def read(name: str) -> Iterator[Input]:
    """The values in a file; `-` is standard input. Raises OSError or ValueError when it can't be read."""
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    text = text_in(data)
    shown, passed = "stdin" if name == "-" else name, 0
    for piece in pieces(text):
        passed += len(piece.text) + 1
        yield Input(piece.text, f"{shown}:{piece.line}", min(passed / len(text), 1.0))
