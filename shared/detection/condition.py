"""The condition line of a rule: `sign_in and not failed`, `1 of opened_*`, `all of them`.

Grammar of the Sigma specification, section Condition: `not` binds closer than `and`, `and` closer
than `or`; `x of` takes selections by name, by a pattern with `*`, or `them`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from shared.detection.nodes import Every, Inverse, Node, Some
from shared.spelling import nearest

_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_KEYWORDS = ("and", "or", "not", "of", "them", "all", "any", "1")


def build_condition(text: str, selections: Mapping[str, Node]) -> Node:
    """The whole detection as one node. Raises ValueError that names the word it stumbled over."""
    parser = _Parser(_TOKEN.findall(text), selections)
    node = parser.either()
    if parser.word:
        raise ValueError(f"unexpected '{parser.word}'; expected 'and' or 'or' before it")
    unused = [name for name in selections if name not in parser.used and not name.startswith("_")]
    if unused:
        raise ValueError(f"selection '{unused[0]}' is not used in the condition")
    return node


class _Parser:
    """Recursive descent over the words; `word` is the one in hand, empty at the end."""

    def __init__(self, words: list[str], selections: Mapping[str, Node]) -> None:
        self._words = words
        self._selections = selections
        self.used: set[str] = set()

    @property
    def word(self) -> str:
        return self._words[0] if self._words else ""

    def take(self, expected: str = "") -> str:
        if not self._words or (expected and self.word.lower() != expected):
            raise ValueError(f"expected '{expected or 'a selection'}' but found '{self.word or 'the end'}'")
        return self._words.pop(0)

    def either(self) -> Node:
        parts = [self.both()]
        while self.word.lower() == "or":
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def both(self) -> Node:
        parts = [self.term()]
        while self.word.lower() == "and":
            self.take()
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def term(self) -> Node:
        word = self.take()
        if word.lower() == "not":
            return Inverse(self.term())
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if word.lower() in ("1", "any", "all") and self.word.lower() == "of":
            return self.quantity(word.lower())
        return self.selection(word)

    def quantity(self, amount: str) -> Node:
        self.take("of")
        pattern = self.take()
        names = self.named(pattern)
        if not names:
            raise ValueError(f"'{pattern}' names no selection{nearest(pattern, self._selections)}")
        self.used.update(names)
        nodes = tuple(self._selections[name] for name in names)
        return Every(nodes) if amount == "all" else Some(nodes)

    def named(self, pattern: str) -> list[str]:
        if pattern.lower() == "them":
            return [name for name in self._selections if not name.startswith("_")]
        return [name for name in self._selections if fnmatchcase(name, pattern)]

    def selection(self, name: str) -> Node:
        if name not in self._selections:
            if name.lower() in _KEYWORDS or name == ")":
                raise ValueError(f"expected a selection but found '{name}'")
            raise ValueError(f"no selection '{name}'{nearest(name, (*self._selections, *_KEYWORDS))}")
        self.used.add(name)
        return self._selections[name]
