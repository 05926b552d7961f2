"""Finding a field by the dotted name that people type, however the record spells its nesting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

MISSING: Final[Any] = object()
"""What a look-up gives where the event has no such field (None is a value: JSON null)."""

Getter = Callable[[Mapping[str, Any]], Any]

Steps = tuple[tuple[str, "Steps"], ...]


@lru_cache(maxsize=4096)
def getter(path: str) -> Getter:
    """A function that takes an event's fields and gives the value at `path`, or MISSING.

    `a.b.c` is found in nested objects and under flat dotted keys alike (`{"a": {"b.c": 1}}`). Through
    an array, a number picks one element, counted from 1 as Alibaba's flat parameters count
    (`Permissions.1.SourceCidrIp`); any other name gathers a list from all the elements that have it.
    """
    if "." not in path:
        return lambda fields: fields.get(path, MISSING)
    steps = _steps(tuple(path.split(".")))
    return lambda fields: _find_in_object(fields, steps)


@lru_cache(maxsize=4096)
def _steps(keys: tuple[str, ...]) -> Steps:
    """Each key that a path may go on with, shortest first, and the steps that follow it."""
    return tuple((".".join(keys[:taken]), _steps(keys[taken:])) for taken in range(1, len(keys) + 1))


def _find(value: Any, steps: Steps) -> Any:
    """The value below `value` that the steps lead to, or MISSING."""
    if not steps:
        return value
    if isinstance(value, (dict, Mapping)):  # dict first: to ask for a Mapping alone takes far longer
        return _find_in_object(value, steps)
    if isinstance(value, list):
        return _find_in_array(value, steps)
    return MISSING


def _find_in_object(value: Mapping[str, Any], steps: Steps) -> Any:
    for key, following in steps:
        if key in value:
            found = _find(value[key], following) if following else value[key]
            if found is not MISSING:
                return found
    return MISSING


def _find_in_array(items: list[Any], steps: Steps) -> Any:
    key, following = steps[0]
    if key.isdecimal():
        index = int(key) - 1
        return _find(items[index], following) if 0 <= index < len(items) else MISSING
    found = [value for item in items if (value := _find(item, steps)) is not MISSING]
    return found or MISSING
