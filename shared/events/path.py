"""Finding a field by the dotted name that people type, however the record spells its nesting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

MISSING: Final[Any] = object()
"""What a look-up gives where the event has no such field (None is a value: JSON null)."""

Getter = Callable[[Mapping[str, Any]], Any]


@lru_cache(maxsize=4096)
def getter(path: str) -> Getter:
    """A function that takes an event's fields and gives the value at `path`, or MISSING.

    `a.b.c` is found in nested objects and under flat dotted keys alike (`{"a": {"b.c": 1}}`). Through
    an array, a number picks one element, counted from 1 as Alibaba's flat parameters count
    (`Permissions.1.SourceCidrIp`); any other name gathers a list from all the elements that have it.
    """
    keys = tuple(path.split("."))
    if len(keys) == 1:
        return lambda fields: fields.get(path, MISSING)
    return lambda fields: find(fields, keys)


def find(value: Any, keys: tuple[str, ...]) -> Any:
    """The value below `value` that `keys` lead to, or MISSING."""
    if not keys:
        return value
    if isinstance(value, (dict, Mapping)):  # dict first: to ask for a Mapping alone takes far longer
        return _find_in_object(value, keys)
    if isinstance(value, list):
        return _find_in_array(value, keys)
    return MISSING


def _find_in_object(value: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for taken in range(1, len(keys) + 1):
        key = ".".join(keys[:taken])
        if key in value:
            found = find(value[key], keys[taken:])
            if found is not MISSING:
                return found
    return MISSING


def _find_in_array(items: list[Any], keys: tuple[str, ...]) -> Any:
    if keys[0].isdigit():
        index = int(keys[0]) - 1
        return find(items[index], keys[1:]) if 0 <= index < len(items) else MISSING
    found = [value for item in items if (value := find(item, keys)) is not MISSING]
    return found or MISSING
