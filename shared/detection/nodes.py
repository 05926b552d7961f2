"""A rule's detection as a tree: items at the leaves, `every`, `some` and `inverse` above them.

Each node answers three questions: does it match, which events could match at all (the guard, for the
index), and what decided (for `explain` and for the message).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from shared.events.path import MISSING, Getter

Fields = Mapping[str, Any]


class Clue(NamedTuple):
    """What an event may have at `field`: this value (lower case), or, where that is None, one that
    passes `test`."""

    field: str
    value: str | None
    test: Callable[[Any], bool]


Guard = frozenset[Clue]
"""An event can only match if it has one of these."""


class Reason(NamedTuple):
    """One item's verdict: `userIdentity.type is root-account`, whether it held, and what was there.

    `field` is given for an item that tests equality. `negated` says that the condition must not hold.
    """

    text: str
    held: bool
    found: Any
    field: str = ""
    negated: bool = False


class Node(Protocol):
    """A part of a rule that matches an event's fields or not."""

    def matches(self, fields: Fields) -> bool:
        """Whether an event with these fields fits."""

    def guard(self, indexed: tuple[str, ...]) -> Guard | None:
        """What an event must have to match, in terms of `indexed` fields; None if that can't be said."""

    def requires(self, field: str) -> bool:
        """Whether no event without `field` can match."""

    def looked_at(self) -> frozenset[str]:
        """The fields that it tests, by the names that the rule file gives them."""

    def reasons(self, fields: Fields) -> Iterator[Reason]:
        """The items below, each with its verdict, in the order of the rule file."""


@dataclass(frozen=True)
class Item:
    """A field tested for some values. `exact` are its values in lower case where it tests equality."""

    field: str
    get: Getter
    text: str
    test: Callable[[Any], bool]
    exact: frozenset[str] | None
    needs_value: bool

    def matches(self, fields: Fields) -> bool:
        return self.test(self.get(fields))

    def guard(self, indexed: tuple[str, ...]) -> Guard | None:
        if self.field not in indexed or not self.needs_value:
            return None
        return frozenset(Clue(self.field, value, self.test) for value in self.exact or (None,))

    def requires(self, field: str) -> bool:
        return self.field == field and self.needs_value

    def looked_at(self) -> frozenset[str]:
        return frozenset((self.field,))

    def reasons(self, fields: Fields) -> Iterator[Reason]:
        value = self.get(fields)
        found = None if value is MISSING else value
        yield Reason(self.text, self.test(value), found, self.field if self.exact is not None else "")


@dataclass(frozen=True)
class Every:
    """All of its children match."""

    children: tuple[Node, ...]

    def matches(self, fields: Fields) -> bool:
        for child in self.children:  # noqa: SIM110 - here a generator would take twice as long
            if not child.matches(fields):
                return False
        return True

    def guard(self, indexed: tuple[str, ...]) -> Guard | None:
        guards = [guard for child in self.children if (guard := child.guard(indexed)) is not None]
        return min(guards, key=lambda guard: _cost(guard, indexed), default=None)

    def requires(self, field: str) -> bool:
        return any(child.requires(field) for child in self.children)

    def looked_at(self) -> frozenset[str]:
        return frozenset().union(*(child.looked_at() for child in self.children))

    def reasons(self, fields: Fields) -> Iterator[Reason]:
        for child in self.children:
            yield from child.reasons(fields)


@dataclass(frozen=True)
class Some:
    """At least one of its children matches."""

    children: tuple[Node, ...]

    def matches(self, fields: Fields) -> bool:
        for child in self.children:  # noqa: SIM110 - as above
            if child.matches(fields):
                return True
        return False

    def guard(self, indexed: tuple[str, ...]) -> Guard | None:
        guards = [child.guard(indexed) for child in self.children]
        known = [guard for guard in guards if guard is not None]
        return frozenset().union(*known) if known and len(known) == len(guards) else None

    def requires(self, field: str) -> bool:
        return all(child.requires(field) for child in self.children)

    def looked_at(self) -> frozenset[str]:
        return frozenset().union(*(child.looked_at() for child in self.children))

    def reasons(self, fields: Fields) -> Iterator[Reason]:
        matched = [child for child in self.children if child.matches(fields)]
        for child in matched or self.children:
            yield from child.reasons(fields)


@dataclass(frozen=True)
class Inverse:
    """Its child does not match."""

    child: Node

    def matches(self, fields: Fields) -> bool:
        return not self.child.matches(fields)

    def guard(self, indexed: tuple[str, ...]) -> Guard | None:
        return None

    def requires(self, field: str) -> bool:
        return False

    def looked_at(self) -> frozenset[str]:
        return self.child.looked_at()

    def reasons(self, fields: Fields) -> Iterator[Reason]:
        held = self.child.matches(fields)
        for reason in self.child.reasons(fields):
            if reason.held is held:
                text = f"not ({reason.text})"
                yield reason._replace(text=text, held=not held, negated=True)


def _cost(guard: Guard, indexed: tuple[str, ...]) -> tuple[bool, int, int]:
    """Exact values before tests, then the field listed first, then the fewest values."""
    is_tested = any(clue.value is None for clue in guard)
    return is_tested, max(indexed.index(clue.field) for clue in guard), len(guard)
