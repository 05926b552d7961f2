"""Which rules could an event concern? Found by a few fields, so cost does not grow with the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.detection.rule import Rule
from shared.events.path import MISSING, getter
from shared.events.text import texts_of


class Index:
    """The rules of one source, by what their guards require.

    `indexed` are the fields the source is looked up by. Rules whose guard is unknown are candidates
    for every event.
    """

    def __init__(self, rules: Sequence[Rule], indexed: tuple[str, ...]) -> None:
        self._rules = rules
        self._always: list[int] = []
        self._exact: dict[str, dict[str, list[int]]] = {}
        self._present: dict[str, list[int]] = {}
        for position, rule in enumerate(rules):
            self._add(position, rule, indexed)
        self._fields = [(getter(f), self._exact.get(f, {}), self._present.get(f, [])) for f in self.fields]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rules' guards name."""
        return tuple({**self._exact, **self._present})

    @property
    def judges_everything(self) -> bool:
        """Whether some rule must see every event, so that nothing can be passed over unread."""
        return bool(self._always)

    def values(self, field: str) -> frozenset[str]:
        """The values of `field` (lower case) that some rule asks for."""
        return frozenset(self._exact.get(field, ()))

    def takes_any(self, field: str) -> bool:
        """Whether some rule asks only that `field` is there."""
        return field in self._present

    def candidates(self, fields: Mapping[str, Any]) -> list[Rule]:
        """The rules that could match, in their own order."""
        positions = set(self._always)
        for get, exact, present in self._fields:
            value = get(fields)
            if value is MISSING or value is None:
                continue
            positions.update(present)
            for text in texts_of(value):
                positions.update(exact.get(text.lower(), ()))
        return [self._rules[position] for position in sorted(positions)]

    def _add(self, position: int, rule: Rule, indexed: tuple[str, ...]) -> None:
        guard = rule.node.guard(indexed)
        if guard is None:
            self._always.append(position)
            return
        for field, value in guard:
            if value is None:
                self._present.setdefault(field, []).append(position)
            else:
                self._exact.setdefault(field, {}).setdefault(value, []).append(position)
