"""What one batch saw, gathered by the key under which it is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.detection.kinds.kind import Sighting
from shared.detection.precedent import Precedent, with_address
from shared.detection.remembered import key_of
from shared.detection.rule import Rule
from shared.detection.sightings import Match, Place, short
from shared.events.event import Event


@dataclass
class Fold:
    """What was seen of one group of one rule."""

    key: str
    rule: Rule
    account_id: str
    group: tuple[str, ...]
    seen: dict[Sighting, Event] = field(default_factory=dict)


class Folds:
    """The folds of a batch."""

    def __init__(self, matches: Iterable[Match] = ()) -> None:
        self._by_key: dict[str, Fold] = {}
        self._by_place: dict[tuple[Place, str], Fold] = {}
        for match in matches:
            self.add(match)

    def add(self, match: Match) -> None:
        """One more match."""
        fold = self._fold(match.rule, match.event.account_id, match.group)
        fold.seen[match.sighting] = match.event

    def follow(self, precedent: Precedent, event: Event, address: str) -> None:
        """The matches of an event that is like others, from this address."""
        time, id_ = event.time.timestamp(), short(event.id)
        by_place = self._by_place
        for tags, weight, places in precedent.marks:
            sighting = Sighting(time, id_, with_address(address, tags) if tags else tags, weight)
            for place in places:
                key = place, address if place.has_address else ""
                fold = by_place.get(key)
                if fold is None:
                    group = with_address(address, place.group)
                    fold = by_place[key] = self._fold(place.rule, event.account_id, group)
                fold.seen[sighting] = event

    def by_key(self) -> dict[str, Fold]:
        """All of them."""
        return dict(self._by_key)

    def events(self) -> list[Event]:
        """The events that were seen, each once."""
        seen = (event for fold in self._by_key.values() for event in fold.seen.values())
        return list({id(event): event for event in seen}.values())

    def _fold(self, rule: Rule, account_id: str, group: tuple[str, ...]) -> Fold:
        key = key_of(rule, account_id, group)
        fold = self._by_key.get(key)
        if fold is None:
            fold = self._by_key[key] = Fold(key, rule, account_id, group)
        return fold
