"""What the rules say of events that are alike: worked out for the first of them, it holds for the others.

Alike events (shared/events/likeness.py) differ in a few fields, of which most rules know nothing. The first
is judged with a stand-in for the address; where that comes back in a group or a tag, each event's own is put
in. A rule that looks at what differs judges each event by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from shared.detection.engine import Engine
from shared.detection.rule import Rule
from shared.detection.sightings import Mark, Match, Place, match_of
from shared.events.event import Event
from shared.events.likeness import ADDRESS, PORT, Likeness

MOST = 10_000
"""Precedents that are remembered; then all begins anew."""


class Precedent(NamedTuple):
    """What rules that remember take of each event, and the rules that have to judge it: those without memory
    that hold, for an alert is made of each, and those that look at what differs."""

    marks: tuple[Mark, ...]
    open: tuple[Rule, ...]
    rules: tuple[Rule, ...]
    """Those that the marks are of."""


class Precedents:
    """The precedents of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[Likeness, Precedent | None] = {}
        self._places: dict[tuple[str, tuple[str, ...]], Place] = {}
        self._looks: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def of(self, likeness: Likeness, event: Event) -> Precedent | None:
        """What holds for all of this likeness, of which `event` is one; None where that can't be said."""
        if likeness in self._known:
            return self._known[likeness]
        if len(self._known) >= MOST:
            self._known, self._places = {}, {}
        precedent = self._known[likeness] = self._judged(likeness, event)
        return precedent

    def rules_for(self, event: Event) -> tuple[Rule, ...]:
        """The rules that hold for an event: an alert is made of it, or it is remembered. Those that raise do
        not hold."""
        precedent = self.of(event.alike[0], event) if event.alike else None
        if precedent is None:
            return tuple(finding.rule for finding in self._engine.judge(event).findings)
        _, open_, rules = precedent
        if not open_:
            return rules
        return rules + tuple(finding.rule for finding in self._engine.judge(event, open_).findings)

    def _judged(self, likeness: Likeness, event: Event) -> Precedent | None:
        index = self._engine.indexes[likeness.source]
        if likeness.differing.intersection(index.fields):
            return None
        fields = {**likeness.facts, "pid": "", "message": ""}
        sample = Event(likeness.source, "", event.time, event.account_id, fields)
        matches, open_ = [], []
        for rule in index.candidates(fields):
            match = self._match(rule, likeness, sample)
            if isinstance(match, Match):
                matches.append(match)
            elif match:
                open_.append(rule)
        return Precedent(self._marks(matches), tuple(open_), tuple(match.rule for match in matches))

    def _match(self, rule: Rule, likeness: Likeness, sample: Event) -> Match | bool:
        """The rule's match, if it is a memory's; else whether the rule has to judge each event."""
        if self._looks_at_what_differs(rule, likeness):
            return True
        try:
            if not rule.concerns(sample) or rule.kind is None:
                return rule.concerns(sample)
            match = match_of(rule, sample, self._engine.sources[likeness.source])
        except Exception:  # noqa: BLE001 - it raises for each event, and that is told
            return True
        return False if match is None else match if _can_be_filled(match) else True

    def _looks_at_what_differs(self, rule: Rule, likeness: Likeness) -> bool:
        """Whether the rule may judge alike events differently: by what they differ in, or by their date."""
        if rule.name not in self._looks:
            self._looks[rule.name] = _tested(rule), _remembered(rule)
        tested, remembered = self._looks[rule.name]
        is_dated = any(exemption.expires for exemption in rule.exemptions)
        return is_dated or bool(tested & likeness.differing or remembered & _unfilled(likeness))

    def _marks(self, matches: Iterable[Match]) -> tuple[Mark, ...]:
        """The matches, those that are remembered alike together."""
        places: dict[tuple[tuple[str, ...], int], list[Place]] = {}
        for rule, _, group, sighting in matches:
            new = Place(rule, group, ADDRESS in group)
            place = self._places.setdefault((rule.id, group), new)
            places.setdefault((sighting.tags, sighting.weight), []).append(place)
        return tuple((tags, weight, tuple(alike)) for (tags, weight), alike in places.items())


@lru_cache(maxsize=4)
def precedents_of(engine: Engine) -> Precedents:
    """One for each engine, which remembers from batch to batch."""
    return Precedents(engine)


def _tested(rule: Rule) -> frozenset[str]:
    """The fields that the rule tests."""
    nodes = (rule.node, rule.watched, *rule.steps.values(), *(e.node for e in rule.exemptions))
    return frozenset().union(*(node.looked_at() for node in nodes))


def _remembered(rule: Rule) -> frozenset[str]:
    """The fields that the rule's memory takes."""
    kind = rule.kind
    named = (getattr(kind, "field", ""), getattr(kind, "weight", ""), *getattr(kind, "fields", ()))
    return frozenset((*kind.by, *named)) if kind else frozenset()


def _unfilled(likeness: Likeness) -> frozenset[str]:
    """The fields that differ and that no address is put in at."""
    return likeness.differing - frozenset(likeness.address_holes)


def _can_be_filled(match: Match) -> bool:
    """Whether each stand-in is alone in its place. Tags stand in order, which another address might upset."""
    tags = match.sighting.tags
    texts = (*match.group, *tags)
    mixed = any(PORT in text or (ADDRESS in text and text != ADDRESS) for text in texts)
    return not mixed and not (len(tags) > 1 and ADDRESS in tags)


def with_address(address: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts, with the address for its stand-in."""
    return tuple([address if text == ADDRESS else text for text in texts])
