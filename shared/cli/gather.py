"""Values that are spread over lines, put together again: as `aliyun actiontrail LookupEvents` prints them."""

from __future__ import annotations

import re

Line = tuple[str, str]
"""A line without its end, and where it stands."""

MOST_LINES = 50_000
"""A value of more lines is none: they go on one by one, each to be complained of."""

_OPENS = re.compile(r"\s*(?:[\[{]|\[\s*\{|\{\s*\".*[\[{])\s*")
_CLOSES = re.compile(r"\s*[\]}]\s*,?\s*")


class Gatherer:
    """Takes lines one by one, and gives back those that are whole."""

    def __init__(self) -> None:
        self._open: list[Line] = []

    def take(self, line: Line) -> list[Line]:
        """What is whole by now: the line itself, or the value that it ends; nothing while one is open."""
        text = line[0]
        if self._open and _indent(text) == _indent(self._open[0][0]):
            if _CLOSES.fullmatch(text):
                return self._joined([*self._open, line])
            if text.strip():  # the value before was torn
                return [*self.rest(), *self.take(line)]
        if not self._open and not _OPENS.fullmatch(text):
            return [line]
        self._open.append(line)
        return self.rest_singly() if len(self._open) > MOST_LINES else []

    def rest(self) -> list[Line]:
        """What was begun and not ended, as one."""
        return self._joined(self._open) if self._open else []

    def rest_singly(self) -> list[Line]:
        """The same, line by line."""
        lines, self._open = self._open, []
        return lines

    def _joined(self, lines: list[Line]) -> list[Line]:
        self._open = []
        return [("\n".join(text for text, _ in lines), lines[0][1])]


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
