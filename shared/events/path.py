"""Finding a field by the dotted name that people type, however the record spells its nesting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from shared.events.leaves import opened

MISSING: Final[Any] = object()
"""What a look-up gives where the event has no such field (None is a value: JSON null)."""

Getter = Callable[[Mapping[str, Any]], Any]

Steps = tuple[tuple[str, "Steps"], ...]

IN_ANY_CASE = "requestParameters"
"""The object whose names one service spells `policyName` and another `PolicyName`."""

MOST_NAMES = 1000
"""An object of more names is searched for the exact ones alone, so that hostile ones take little time."""


@lru_cache(maxsize=4096)
def getter(path: str) -> Getter:
    """A function that takes an event's fields and gives the value at `path`, or MISSING.

    `a.b.c` is found in nested objects and under flat dotted keys alike (`{"a": {"b.c": 1}}`). Through
    an array, a number picks one element, counted from 1 as Alibaba's flat parameters count
    (`Permissions.1.SourceCidrIp`); any other name gathers a list from all the elements that have it.
    Below IN_ANY_CASE, a name that is not there as it is spelt is found in another case, or in the `body`
    that services with REST interfaces take their parameters in.
    """
    if "." not in path:
        return lambda fields: fields.get(path, MISSING)
    first, *rest = path.split(".")
    steps = _steps((first, *rest))
    if first == IN_ANY_CASE:
        return _in_any_case(steps, _steps(tuple(".".join(rest).lower().split("."))))
    return lambda fields: _find_in_object(fields, steps, False)


def _in_any_case(steps: Steps, lowered: Steps) -> Getter:
    def get(fields: Mapping[str, Any]) -> Any:
        found = _find_in_object(fields, steps, False)
        if found is not MISSING:
            return found
        parameters = fields.get(IN_ANY_CASE)
        found = _find(parameters, lowered, True)
        if found is MISSING and isinstance(parameters, Mapping) and "body" in parameters:
            return _find(opened(parameters["body"]), lowered, True)
        return found

    return get


@lru_cache(maxsize=4096)
def _steps(keys: tuple[str, ...]) -> Steps:
    """Each key that a path may go on with, shortest first, and the steps that follow it."""
    return tuple((".".join(keys[:taken]), _steps(keys[taken:])) for taken in range(1, len(keys) + 1))


def _find(value: Any, steps: Steps, lowered: bool) -> Any:
    """The value below `value` that the steps lead to, or MISSING; `lowered` steps fit names in any case."""
    if not steps:
        return value
    if isinstance(value, (dict, Mapping)):  # dict first: to ask for a Mapping alone takes far longer
        return _find_in_object(value, steps, lowered)
    if isinstance(value, list):
        return _find_in_array(value, steps, lowered)
    return MISSING


def _find_in_object(value: Mapping[str, Any], steps: Steps, lowered: bool) -> Any:
    if lowered and len(value) <= MOST_NAMES:
        value = {str(name).lower(): inner for name, inner in value.items()}
    for key, following in steps:
        if key in value:
            found = _find(value[key], following, lowered) if following else value[key]
            if found is not MISSING:
                return found
    return MISSING


def _find_in_array(items: list[Any], steps: Steps, lowered: bool) -> Any:
    key, following = steps[0]
    if key.isdecimal():
        index = int(key) - 1
        return _find(items[index], following, lowered) if 0 <= index < len(items) else MISSING
    found = [value for item in items if (value := _find(item, steps, lowered)) is not MISSING]
    return found or MISSING
