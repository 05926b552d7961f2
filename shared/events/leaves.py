"""Walking request parameters, whichever way they are nested: objects, arrays, flat keys, JSON strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from shared.events.decode import decode

Leaf = tuple[str, Any]
"""A dotted path below the request parameters, and the plain value there."""

MOST_VALUES = 20_000
DEEPEST = 32
LONGEST_NAME = 100
"""A hostile record may hold millions of values under names of a megabyte. What lies beyond this many values
or levels is not looked at, and of a name no more characters count."""


def leaves(value: Any) -> list[Leaf]:
    """Every plain value below `value` with its path; arrays count from 1, as Alibaba's flat keys do."""
    values = islice(_values("", value, 0), MOST_VALUES)
    return [(path, node) for path, node in values if not isinstance(node, (Mapping, list))]


def opened(value: Any) -> Any:
    """The object or array that a JSON string holds; any other value as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return decode(value)
        except ValueError:
            return value
    return value


def last_name(path: str) -> str:
    """The name at the end of a path, in lower case, without counting numbers: `A.B.2` gives `b`."""
    names = [part for part in path.lower().split(".") if not part.isdigit()]
    return names[-1] if names else ""


def _values(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """`value` and all that is below it, opened, in the order of the record."""
    node = opened(value)
    yield path, node
    if isinstance(node, (Mapping, list)) and depth < DEEPEST:
        before = f"{path}." if path else ""
        for name, child in node.items() if isinstance(node, Mapping) else enumerate(node, 1):
            yield from _values(before + str(name)[:LONGEST_NAME], child, depth + 1)
