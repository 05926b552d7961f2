"""The one-line summary of an alert: text with `{fields}` of the event in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.events.event import Event, Subject
from shared.events.path import MISSING, getter
from shared.events.text import text_of

_FIELD = re.compile(r"\{([^{}]*)\}")

WORDS = ("actor", "action", "address", "region", "resource", "account_id")
"""Names of no field, but of the event retold for people: `{actor}`, `{resource}`, …"""

NO_WORDS: Mapping[str, str] = {}

LONGEST = 200
"""Event text is hostile: one value takes no more characters than this."""


def names_in(template: str) -> list[str]:
    """The names between braces. Raises ValueError for a brace that stands alone."""
    if re.search(r"[{}]", _FIELD.sub("", template)):
        raise ValueError("a brace stands alone; a field is written {field}")
    return _FIELD.findall(template)


def render(template: str, event: Event, subject: Subject, words: Mapping[str, str] = NO_WORDS) -> str:
    """The template with its fields filled in. `words` are those of a stateful rule's decision, as `{count}`.

    What the event does not tell reads `?`, and an empty list `none`.
    """
    return _FIELD.sub(
        lambda m: _short(words.get(m[1], "")) or value_of(m[1], event, subject) or _nothing(m[1], event),
        template,
    )


def _nothing(name: str, event: Event) -> str:
    """How a field without a value reads: to know that there is none is not the same as not to know."""
    return "none" if getter(name)(event.fields) == [] else "?"


def fill(template: str, words: Mapping[str, str]) -> str:
    """The template with these words alone, where there is no event to tell of."""
    return _FIELD.sub(lambda m: _short(words.get(m[1], "")) or "?", template)


def value_of(name: str, event: Event, subject: Subject) -> str:
    """One field or word as short text; empty where the event does not tell it."""
    return _short(whole_value(name, event, subject))


def whole_value(name: str, event: Event, subject: Subject) -> str:
    """One field or word as text, however long."""
    if name == "account_id":
        return event.account_id
    if name in WORDS:
        return str(getattr(subject, name))
    value = getter(name)(event.fields)
    if isinstance(value, list):
        return ", ".join(text_of(element) for element in value)
    return "" if value is MISSING else text_of(value)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
