"""What RAM policies allow, as RAM judges it: an explicit denial before an allowance, * for any characters.

"Policy structure and syntax" and "Policy evaluation process" (alibabacloud.com/help/en/ram).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any


class Guard:
    """One policy in force. `asked` are the (action, resource) of all calls so far, refused ones too."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._statements = _listed(document["Statement"])
        self._lock = threading.Lock()
        self.asked: set[tuple[str, str]] = set()

    def allows(self, action: str, resource: str) -> bool:
        with self._lock:
            self.asked.add((action, resource))
        effects = {s["Effect"] for s in self._statements if _concerns(s, action, resource)}
        return effects == {"Allow"}

    def unused(self) -> set[str]:
        """The actions that are granted and that no call has needed."""
        granted = {action for statement in self._statements for action in _listed(statement["Action"])}
        return {g for g in granted if not any(_matches(g, action) for action, _ in self.asked)}


def _concerns(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    return any(_matches(pattern, action) for pattern in _listed(statement["Action"])) and any(
        _matches(pattern, resource) for pattern in _listed(statement["Resource"])
    )


def _matches(pattern: str, text: str) -> bool:
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), text, re.IGNORECASE) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
