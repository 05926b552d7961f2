"""A store that is opened when it is first needed: most batches need none, and opening one takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from shared.state.store import StateStore, Stored, Write


class LazyStore:
    """What `opening` gives, from the first call on. `opening` may raise StoreUnavailable, each time anew."""

    def __init__(self, opening: Callable[[], StateStore]) -> None:
        self._opening = opening
        self._opened: StateStore | None = None

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        """See StateStore.load."""
        return self._store.load(keys)

    def save(self, writes: Iterable[Write]) -> set[str]:
        """See StateStore.save."""
        return self._store.save(writes)

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        """See StateStore.scan."""
        return self._store.scan(prefix, limit)

    @property
    def _store(self) -> StateStore:
        if self._opened is None:
            self._opened = self._opening()
        return self._opened
