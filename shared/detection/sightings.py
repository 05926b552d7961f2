"""What a stateful rule takes of an event: which group it belongs to, and what it is told apart by."""

from __future__ import annotations

import json
from typing import Any

from shared.detection import summary
from shared.detection.kinds.changed import Changed
from shared.detection.kinds.dormant import Dormant
from shared.detection.kinds.first_seen import FirstSeen
from shared.detection.kinds.window import Window
from shared.detection.rule import Rule
from shared.events.event import Event
from shared.events.path import MISSING, getter
from shared.events.source import Source
from shared.events.text import text_of


def group_of(rule: Rule, event: Event, source: Source) -> tuple[str, ...] | None:
    """The values of the rule's `by`. None where one is missing and the kind asks for what is *new* or *back*:
    an event that doesn't tell who it was is nobody new."""
    assert rule.kind is not None
    subject = source.subject(event)
    group = tuple(summary.whole_value(name, event, subject) for name in rule.kind.by)
    needs_all = isinstance(rule.kind, (FirstSeen, Dormant))
    return None if needs_all and not all(group) else group


def tags_of(rule: Rule, event: Event) -> tuple[str, ...]:
    """What the rule's kind tells sightings apart by: values counted, steps matched, rows of a snapshot."""
    if isinstance(rule.kind, Changed):
        return tuple(sorted(_rows(getter(rule.kind.field)(event.fields))))
    if not isinstance(rule.kind, Window):
        return ()
    if rule.kind.kind == "value_count":
        return tuple(_texts(getter(rule.kind.field)(event.fields)))
    return tuple(name for name in rule.kind.steps if rule.steps[name].matches(event.fields))


def _texts(value: Any) -> list[str]:
    if value is MISSING or value is None:
        return []
    return [text_of(v) for v in value] if isinstance(value, list) else [text_of(value)]


def _rows(value: Any) -> set[str]:
    rows = value if isinstance(value, list) else [] if value is MISSING or value is None else [value]
    return {json.dumps(row, sort_keys=True, ensure_ascii=False, default=str) for row in rows}
