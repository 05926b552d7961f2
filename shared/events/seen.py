"""Remembering which events went by, in bounded memory."""

from __future__ import annotations


class Seen:
    """The last ids, at least `most` and at most twice as many: two generations, the older dropped whole."""

    def __init__(self, most: int = 200_000) -> None:
        self._most = most
        self._young: set[str] = set()
        self._old: set[str] = set()

    def add(self, key: str) -> bool:
        """Whether `key` is new."""
        if key in self._young or key in self._old:
            return False
        if len(self._young) >= self._most:
            self._old, self._young = self._young, set()
        self._young.add(key)
        return True
