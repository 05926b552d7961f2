"""Numbers in a rule's detection that a team may change: `numbers: {balance|lt: 500}` in tuning.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

COMPARING = ("lt", "lte", "gt", "gte")


def numbers_in(part: Any) -> Iterator[str]:
    """The keys of a detection that compare a field with a number: `balance|lt`."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if is_comparison(str(key)):
                yield str(key)
            else:
                yield from numbers_in(value)
    elif isinstance(part, list):
        for each in part:
            yield from numbers_in(each)


def with_numbers(part: Any, numbers: Mapping[str, float]) -> Any:
    """The detection with these numbers in place of its own."""
    if isinstance(part, Mapping):
        return {
            key: numbers[key] if key in numbers and is_comparison(str(key)) else with_numbers(value, numbers)
            for key, value in part.items()
        }
    return [with_numbers(each, numbers) for each in part] if isinstance(part, list) else part


def is_comparison(key: str) -> bool:
    """Whether a key of a selection compares with a number."""
    return key.rpartition("|")[2] in COMPARING
