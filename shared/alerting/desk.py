"""The desk: open incidents in the state store. Alerts are folded in, notices decided, people answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.alerting import timing
from shared.alerting.alert import Alert
from shared.alerting.incident import Incident, announce, decoded, encoded, fold, incident_key, opened
from shared.alerting.matchers import labels_of
from shared.alerting.route import Taker
from shared.alerting.routes import Routing
from shared.alerting.silences import Silence, Silences, silenced_by
from shared.alerting.stored import readable
from shared.alerting.timing import Decision
from shared.alerting.wording import sentence
from shared.state.store import StateStore, StoreUnavailable, Write

ATTEMPTS = 8
"""Tries to write an incident that another worker keeps changing."""

REMEMBERED = timedelta(days=30)
"""How long a closed incident, and with it the alerts that it knows, is remembered."""

Change = Callable[[Incident | None], Incident | None]
"""What becomes of a stored incident; None leaves it as it is."""


@dataclass(frozen=True)
class Taking:
    """An alert, and a route that takes it.

    `is_held` where a silence or an inhibit rule holds back what says that something is over: it is taken
    where that thing was told, or it would stand for ever.
    """

    taker: Taker
    alert: Alert
    is_held: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its group."""
        return self.taker.group(self.alert.id, labels_of(self.alert))

    @property
    def key(self) -> str:
        """Where its incident is kept."""
        return incident_key(self.taker.receiver, self.labels)


class Desk:
    """The incidents of one routing in one store. Every method raises StoreUnavailable."""

    def __init__(self, store: StateStore, routing: Routing) -> None:
        self._store = store
        self._routing = routing

    def take(
        self, takings: Iterable[Taking], now: datetime, silences: Sequence[Silence] = ()
    ) -> list[Incident]:
        """Fold alerts into their incidents, and decide; the incidents as they then are."""
        by_key: dict[str, list[Taking]] = defaultdict(list)
        for taking in takings:
            by_key[taking.key].append(taking)

        def changes(key: str) -> Change:
            return lambda incident: self._folded(key, incident, by_key[key], now, silences)

        return self._change({key: changes(key) for key in by_key}, now)

    def review(self, now: datetime) -> list[Incident]:
        """Decide anew about every open incident: updates, reminders, escalations, the end."""
        stored = {i.key: i for i in self.incidents() if not i.closed or i.outgoing}
        silences = Silences(self._store).all() if stored else []
        pending = {key for key, i in stored.items() if i.outgoing or self._decided(i, now, silences) != i}
        changes: dict[str, Change] = {
            key: lambda incident: self._decided(incident, now, silences) if incident else None
            for key in pending
        }
        return self._change(changes, now)

    def handed_over(self, incidents: Iterable[Incident], now: datetime) -> None:
        """Forget outgoing notices whose deliveries are on record."""
        gone = {i.key: {n.id for n in i.outgoing} for i in incidents if i.outgoing}

        def changes(key: str) -> Change:
            def without(incident: Incident | None) -> Incident | None:
                if incident is None:
                    return None
                left = tuple(n for n in incident.outgoing if n.id not in gone[key])
                return replace(incident, outgoing=left)

            return without

        self._change({key: changes(key) for key in gone}, now)

    def incidents(self) -> Iterator[Incident]:
        """Every incident, closed ones too."""
        for key, stored in self._store.scan("incident/", 100_000):
            if incident := readable(key, stored, decoded):
                yield incident

    def find(self, incident_id: str) -> Incident | None:
        """The incident of that id, as long as it is not closed."""
        return next((i for i in self.incidents() if i.id == incident_id and not i.closed), None)

    def acknowledge(self, incident_id: str, person: str, now: datetime) -> Incident | None:
        """Note that a person has taken it on, and tell the channel. None when no such incident is open."""
        note = sentence("acknowledged", self._routing.global_.language, person=person)
        return self._answer(
            incident_id,
            lambda i: (
                i if i.acknowledged_by else announce(replace(i, acknowledged_by=person), "note", now, note)
            ),
            now,
        )

    def close(self, incident_id: str, person: str, now: datetime) -> Incident | None:
        """End it, and tell the channel. None when there is no such open incident."""
        note = sentence("closed", self._routing.global_.language, person=person)
        return self._answer(incident_id, lambda i: announce(replace(i, closed=True), "note", now, note), now)

    def tell_silence(self, silence: Silence, now: datetime) -> list[Incident]:
        """Tell of a new silence those who heard of what it covers: once each, with their latest incident."""
        covered = [i for i in self.incidents() if not i.closed and is_silenced(i, [silence], now)]
        latest = {i.receiver: i.key for i in sorted(covered, key=lambda i: i.last)}
        note = self._note_of(silence)
        return self._change(
            dict.fromkeys(latest.values(), lambda i: announce(i, "note", now, note) if i else None), now
        )

    def taker_of(self, incident: Incident, now: datetime) -> Taker:
        """The route to its receiver that an incident's alerts take by today's routes, one that is not muted
        if there is one; where none leads there any more, the first that takes them."""
        ways = self._routing.ways(incident.alerts[0]) if incident.alerts else []
        to_it = [way for way in ways if way.receiver == incident.receiver]
        same = [way for way in to_it if Taking(way, incident.alerts[0]).key == incident.key] or to_it
        awake = [way for way in same if not self._routing.is_muted(way, now)]
        return next(iter(awake or same or ways), Taker(receiver=incident.receiver))

    def decide(self, incident: Incident, now: datetime, silences: Sequence[Silence] = ()) -> Decision:
        """What is to be done about an incident, and why."""
        taker = self.taker_of(incident, now)
        decision = timing.decide(incident, taker.options, self._routing.is_muted(taker, now), now)
        is_quiet = decision.kind is not None and is_silenced(incident, silences, now)
        return Decision("silenced") if is_quiet else decision

    def _note_of(self, silence: Silence) -> str:
        settings = self._routing.global_
        return sentence(
            "silenced",
            settings.language,
            person=silence.author,
            what=", ".join(map(str, silence.matchers)),
            until=f"{silence.ends.astimezone(ZoneInfo(settings.timezone)):%m-%d %H:%M}",
            reason=silence.reason,
        )

    def _answer(
        self, incident_id: str, answer: Callable[[Incident], Incident], now: datetime
    ) -> Incident | None:
        found = self.find(incident_id)
        if found is None:
            return None
        changed = self._change({found.key: lambda i: answer(i) if i and i.id == incident_id else None}, now)
        return changed[0] if changed else None

    def _folded(
        self,
        key: str,
        incident: Incident | None,
        takings: Sequence[Taking],
        now: datetime,
        silences: Sequence[Silence],
    ) -> Incident | None:
        first = takings[0]
        known = incident or opened(key, first.taker.receiver, first.labels, now)
        alerts = [t.alert for t in takings if not t.is_held or t.alert.finding in known.standing]
        folded = fold(known, alerts)
        if folded is known:
            return None  # nothing new: the batch was tried again
        if known.closed:
            fresh = replace(opened(key, first.taker.receiver, first.labels, now), known=known.known)
            folded = fold(fresh, alerts)
        return self._decided(folded, now, silences)

    def _decided(self, incident: Incident, now: datetime, silences: Sequence[Silence] = ()) -> Incident:
        if incident.closed:
            return incident
        decision = self.decide(incident, now, silences)
        if decision.reason == "over":
            return announce(replace(incident, closed=True), "end", now)
        if decision.kind is None:
            return incident
        ended = replace(incident, closed=incident.is_resolved)
        return announce(ended, decision.kind, now, _note(decision))

    def _change(self, changes: dict[str, Change], now: datetime) -> list[Incident]:
        """Apply changes by compare-and-set; the incidents that were changed, as they then are."""
        changed: list[Incident] = []
        for _ in range(ATTEMPTS):
            if not changes:
                return changed
            stored = self._store.load(changes)
            old = {key: readable(key, s, decoded) for key, s in stored.items()}
            new = {key: i for key, change in changes.items() if (i := change(old[key])) is not None}
            lost = self._store.save(
                Write(key, encoded(i), stored[key].version, now + REMEMBERED) for key, i in new.items()
            )
            changed += [i for key, i in new.items() if key not in lost]
            changes = {key: change for key, change in changes.items() if key in lost}
        raise StoreUnavailable(f"others kept changing {next(iter(changes))}")


def is_silenced(incident: Incident, silences: Sequence[Silence], now: datetime) -> bool:
    """Whether silences in force cover all that the incident would tell of."""
    return bool(incident.alerts) and all(silenced_by(labels_of(a), silences, now) for a in incident.alerts)


def _note(decision: Decision) -> str:
    return decision.reason if decision.kind in ("repeat", "escalation") else ""
