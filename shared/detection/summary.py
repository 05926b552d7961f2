"""The one-line summary of an alert: text with `{fields}` of the event in it."""

from __future__ import annotations

import re
from dataclasses import asdict

from shared.events.event import Event, Subject
from shared.events.path import MISSING, getter
from shared.events.text import text_of

_FIELD = re.compile(r"\{([^{}]*)\}")

WORDS = ("actor", "action", "address", "region", "resource", "account_id")
"""Names of no field, but of the event retold for people: `{actor}`, `{resource}`, …"""

LONGEST = 200
"""Event text is hostile: one value takes no more characters than this."""


def names_in(template: str) -> list[str]:
    """The names between braces. Raises ValueError for a brace that stands alone."""
    if re.search(r"[{}]", _FIELD.sub("", template)):
        raise ValueError("a brace stands alone; a field is written {field}")
    return _FIELD.findall(template)


def render(template: str, event: Event, subject: Subject) -> str:
    """The template with its fields filled in; what the event does not tell reads `?`."""
    return _FIELD.sub(lambda match: value_of(match[1], event, subject) or "?", template)


def value_of(name: str, event: Event, subject: Subject) -> str:
    """One field or word as short text; empty where the event does not tell it."""
    if name == "account_id":
        return event.account_id
    if name in WORDS:
        return _short(str(asdict(subject)[name]))
    value = getter(name)(event.fields)
    if isinstance(value, list):
        return _short(", ".join(text_of(element) for element in value))
    return "" if value is MISSING else _short(text_of(value))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
