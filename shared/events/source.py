"""What a source of events tells the rest: its Sigma log source, its fields, its way of speaking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.event import Event, Subject
from shared.spelling import nearest

FieldTree = Mapping[str, Any]
"""Known fields: a name leads to its own tree, to None (a value), or to ANY (whatever it holds)."""

ANY: FieldTree = {"*": None}


@dataclass(frozen=True)
class Source:
    """One source. `indexed` are the fields that rules are looked up by, the most telling first.

    `read` makes an Event of one record's fields (origin and the time it was received given, in case
    the record tells none) and raises ValueError when it can't. `subject` retells an event for people.
    """

    name: str
    logsource: Mapping[str, str]
    fields: FieldTree
    indexed: tuple[str, ...]
    read: Callable[[dict[str, Any], str, datetime], Event]
    subject: Callable[[Event], Subject]

    def check_field(self, path: str) -> None:
        """Raise ValueError, with the nearest right name, for a field that no event of the source has."""
        tree, walked = self.fields, ""
        for key in path.split("."):
            if tree is ANY:
                return
            if key not in tree:
                wrong = walked + key
                options = [walked + name for name in tree]
                raise ValueError(f"{self.name} events have no field '{wrong}'{nearest(wrong, options)}")
            walked += key + "."
            tree = tree[key] or {}
