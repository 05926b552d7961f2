"""Walking request parameters, whichever way they are nested: objects, arrays, flat keys, JSON strings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Leaf = tuple[str, Any]
"""A dotted path below the request parameters, and the plain value there."""

MOST_LEAVES = 20_000
"""A hostile record may hold millions of values; what lies beyond this many is not looked at."""


def leaves(value: Any) -> list[Leaf]:
    """Every plain value below `value` with its path; arrays count from 1, as Alibaba's flat keys do."""
    found: list[Leaf] = []
    pending: list[tuple[str, Any]] = [("", value)]
    while pending and len(found) < MOST_LEAVES:
        path, node = pending.pop()
        children = list(_children(path, opened(node)))
        if children:
            pending.extend(reversed(children))
        elif not isinstance(node, (Mapping, list)):
            found.append((path, node))
    return found


def opened(value: Any) -> Any:
    """The object or array that a JSON string holds; any other value as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def last_name(path: str) -> str:
    """The name at the end of a path, in lower case, without counting numbers: `A.B.2` gives `b`."""
    names = [part for part in path.lower().split(".") if not part.isdigit()]
    return names[-1] if names else ""


def _children(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    before = f"{path}." if path else ""
    if isinstance(node, Mapping):
        for name, child in node.items():
            yield before + str(name), child
    elif isinstance(node, list):
        for number, child in enumerate(node, 1):
            yield f"{before}{number}", child
