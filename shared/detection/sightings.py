"""What a stateful rule takes of an event: which group it belongs to, and what it is told apart by."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from shared.detection import summary
from shared.detection.kinds.all_new import AllNew
from shared.detection.kinds.changed import Changed
from shared.detection.kinds.dormant import Dormant
from shared.detection.kinds.first_seen import FirstSeen
from shared.detection.kinds.kind import Sighting
from shared.detection.kinds.standing import HOLDS, Standing
from shared.detection.kinds.window import Window
from shared.detection.rule import Rule
from shared.events.event import Event, Subject
from shared.events.path import MISSING, getter
from shared.events.source import Source
from shared.events.text import text_of

NOBODY = Subject("", "", "", "", "")
"""For rules whose groups are made of fields alone: to retell an event costs more than to look at one."""

LONGEST = 160
"""Characters remembered of an id or a tag; a longer one is cut, and told apart by its fingerprint."""


class Match(NamedTuple):
    """An event that a stateful rule matched, as its memory takes it."""

    rule: Rule
    event: Event
    group: tuple[str, ...]
    sighting: Sighting


class Place:
    """Where a rule remembers what it takes of alike events: ADDRESS stands in `group` for the event's own. It
    is told apart by identity."""

    __slots__ = ("group", "has_address", "rule")

    def __init__(self, rule: Rule, group: tuple[str, ...], has_address: bool) -> None:
        self.rule = rule
        self.group = group
        self.has_address = has_address


Mark = tuple[tuple[str, ...], int, tuple[Place, ...]]
"""What is remembered alike of an event, in these places: its tags and its weight, as a Sighting has them."""


def match_of(rule: Rule, event: Event, source: Source) -> Match | None:
    """The match to remember; None where the event doesn't tell whose it is, see `_group`."""
    group = _group(rule, event, source)
    if group is None:
        return None
    tags = tuple(map(short, _tags(rule, event)))
    if isinstance(rule.kind, AllNew) and not all(tags):
        return None
    weight = _weight(rule, event)
    if weight < 1 and not tags:
        return None
    return Match(rule, event, group, Sighting(event.time.timestamp(), short(event.id), tags, weight))


def _group(rule: Rule, event: Event, source: Source) -> tuple[str, ...] | None:
    """The values of the rule's `by`. None where one is missing and the kind asks for what is *new* or *back*:
    an event that doesn't tell who it was is nobody new."""
    assert rule.kind is not None
    retold = any(name in summary.WORDS for name in rule.kind.by)
    subject = source.subject(event) if retold else NOBODY
    group = tuple(summary.whole_value(name, event, subject) for name in rule.kind.by)
    needs_all = isinstance(rule.kind, (FirstSeen, AllNew, Dormant))
    return None if needs_all and not all(group) else group


def _tags(rule: Rule, event: Event) -> list[str]:
    """What the rule's kind tells sightings apart by: values counted, steps matched, rows of a snapshot."""
    if isinstance(rule.kind, FirstSeen):
        return [name for name in rule.steps if rule.steps[name].matches(event.fields)]
    if isinstance(rule.kind, AllNew):
        return [", ".join(sorted(_texts(getter(field)(event.fields)))) for field in rule.kind.fields]
    if isinstance(rule.kind, Changed):
        return sorted(_rows(getter(rule.kind.field)(event.fields)))
    if isinstance(rule.kind, Standing):
        return [HOLDS] if rule.matches(event) else []
    if not isinstance(rule.kind, Window):
        return []
    if rule.kind.field:
        return sorted(_texts(getter(rule.kind.field)(event.fields)))[: rule.kind.gte]
    return [name for name in rule.kind.steps if rule.steps[name].matches(event.fields)]


def _weight(rule: Rule, event: Event) -> int:
    """How many the event stands for: one, or what the field that the rule names says."""
    field = getattr(rule.kind, "weight", "")
    if not field:
        return 1
    value = text_of(getter(field)(event.fields))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 0


def _texts(value: Any) -> set[str]:
    if value is MISSING or value is None:
        return set()
    texts = map(text_of, value) if isinstance(value, list) else [text_of(value)]
    return {text for text in texts if text}


def _rows(value: Any) -> set[str]:
    rows = value if isinstance(value, list) else [] if value is MISSING or value is None else [value]
    return {json.dumps(row, sort_keys=True, ensure_ascii=False, default=str) for row in rows}


def short(text: str) -> str:
    """An id or a tag as it is remembered: of bounded length."""
    if len(text) <= LONGEST:
        return text
    fingerprint = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{text[:LONGEST]}… ({fingerprint})"
