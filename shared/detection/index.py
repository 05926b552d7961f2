"""Which rules could an event concern? Found by a few fields, so cost does not grow with the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from shared.detection.rule import Rule
from shared.events.path import MISSING, getter
from shared.events.text import texts_of

MOST_REMEMBERED = 2048
LONGEST_REMEMBERED = 200
"""For so many values of indexed fields, of so many characters, it is remembered which rules they concern."""


class Index:
    """The rules of one source, by what their guards require.

    `indexed` are the fields the source is looked up by. Rules whose guard is unknown are candidates
    for every event.
    """

    def __init__(self, rules: Sequence[Rule], indexed: tuple[str, ...]) -> None:
        self._rules = rules
        self._always: list[int] = []
        self._exact: dict[str, dict[str, list[int]]] = {}
        self._tested: dict[str, list[tuple[Callable[[Any], bool], int]]] = {}
        for position, rule in enumerate(rules):
            self._add(position, rule, indexed)
        self.fields = tuple({**self._exact, **self._tested})
        """The fields that the rules' guards name."""
        self._getters = [(field, getter(field)) for field in self.fields]
        self._remembered = lru_cache(MOST_REMEMBERED)(self._concerned)

    @property
    def judges_everything(self) -> bool:
        """Whether some rule must see every event, so that nothing can be passed over unread."""
        return bool(self._always)

    def candidates(self, fields: Mapping[str, Any]) -> list[Rule]:
        """The rules that could match, in their own order."""
        positions = set(self._always)
        for field, get in self._getters:
            value = get(fields)
            if isinstance(value, str):
                positions |= self.concerned(field, value)
            elif value is not MISSING:
                positions.update(self._holding(field, value))
        return self.rules_at(positions)

    def rules_at(self, positions: Iterable[int]) -> list[Rule]:
        """The rules at these positions, in their own order."""
        return [self._rules[position] for position in sorted(positions)]

    def concerned(self, field: str, text: str) -> frozenset[int]:
        """The positions of the rules that an event with this text at `field` may concern."""
        if len(text) > LONGEST_REMEMBERED:
            return self._concerned(field, text)
        return self._remembered(field, text)

    def _concerned(self, field: str, text: str) -> frozenset[int]:
        return frozenset(self._holding(field, text))

    def _holding(self, field: str, value: Any) -> Iterator[int]:
        exact = self._exact.get(field, {})
        for text in texts_of(value):
            yield from exact.get(text.lower(), ())
        for test, position in self._tested.get(field, ()):
            if _may_hold(test, value):
                yield position

    def _add(self, position: int, rule: Rule, indexed: tuple[str, ...]) -> None:
        guard = rule.watched.guard(indexed)
        if guard is None:
            self._always.append(position)
            return
        for field, value, test in guard:
            if value is None:
                self._tested.setdefault(field, []).append((test, position))
            else:
                self._exact.setdefault(field, {}).setdefault(value, []).append(position)


def _may_hold(test: Callable[[Any], bool], value: Any) -> bool:
    """The test's answer; yes where it raises, so that the engine meets the error and tells of it."""
    try:
        return test(value)
    except Exception:  # noqa: BLE001 - whatever it is, the rule raises it again when it judges
        return True
