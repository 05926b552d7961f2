"""The StateStore port: a small versioned map. Backends: sqlite.py (embedded), tablestore.py (cloud)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Stored:
    """A value and its version. `version` 0 and `value` None stand for a key that does not exist."""

    value: bytes | None
    version: int


@dataclass(frozen=True)
class Write:
    """One compare-and-set: store `value` if the key is still at `expected` (0: does not exist yet).

    A `value` of None deletes. The key is gone after `expires` (UTC), to the second.
    """

    key: str
    value: bytes | None
    expected: int
    expires: datetime | None = None


class StoreUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The store can't be reached, or refuses: callers degrade and say so, they never stop."""


class StateStore(Protocol):
    """What is remembered between batches. Every method raises StoreUnavailable and nothing else."""

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        """Every key asked for, found or not (then `Stored(None, 0)`)."""

    def save(self, writes: Iterable[Write]) -> set[str]:
        """Apply each write whose expected version holds; the keys of those that lost the race."""

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        """Live keys that start with `prefix`, in order, at most `limit`."""
