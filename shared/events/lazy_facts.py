"""Facts that are worked out when a rule first asks for them: of most events, few are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Work = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Takes an event's fields and gives some of its facts, always the same ones."""


class LazyFacts(Mapping[str, Any]):
    """Looks like a dict of facts that are all there already. Facts that say nothing are absent.

    `worked_out_by` names, for each fact, what works it out.
    """

    def __init__(self, fields: Mapping[str, Any], worked_out_by: Mapping[str, Work]) -> None:
        self._fields = fields
        self._worked_out_by = worked_out_by
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known |= self._worked_out_by[name](self._fields)
        if not self._known[name]:
            raise KeyError(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._worked_out_by if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
