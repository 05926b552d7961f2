"""A StateStore that lives and dies with its process: for rule tests and for replaying files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, islice

from shared.state.store import Stored, Write


class InMemoryStore:
    """One process, one thread; nothing expires."""

    def __init__(self) -> None:
        self._rows: dict[str, Stored] = {}
        self._versions = count(1)

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        """See StateStore.load."""
        return {key: self._rows.get(key, Stored(None, 0)) for key in keys}

    def save(self, writes: Iterable[Write]) -> set[str]:
        """See StateStore.save."""
        return {write.key for write in writes if not self._applied(write)}

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        """See StateStore.scan."""
        return islice(((k, v) for k, v in sorted(self._rows.items()) if k.startswith(prefix)), limit)

    def _applied(self, write: Write) -> bool:
        if self._rows.get(write.key, Stored(None, 0)).version != write.expected:
            return False
        if write.value is None:
            self._rows.pop(write.key, None)
        else:
            self._rows[write.key] = Stored(write.value, next(self._versions))
        return True
