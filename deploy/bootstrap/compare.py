"""What a document that was found lacks of the one that is wanted. More than is wanted is fine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

LENGTH = 60  # characters of one value in a plan


def lacking(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """`path: found → wanted` for each leaf that is absent or other, lists item by item. What services add
    by themselves to what they are given is no difference."""
    if isinstance(wanted, Mapping):
        there = found if isinstance(found, Mapping) else {}
        for key, value in wanted.items():
            yield from lacking(value, there.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from lacking(one, other, f"{path}[{number}]")
    elif wanted != found:
        yield f"{path}: {_shown(found)} → {_shown(wanted)}"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"
