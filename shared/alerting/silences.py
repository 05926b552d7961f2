"""Silences: alerts that a person has decided not to hear about for a while. Kept in the state store."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alerting.matchers import Labels, Matcher, parse_matcher
from shared.alerting.stored import readable
from shared.state.store import StateStore, Stored, StoreUnavailable, Write

LONGEST = timedelta(days=30)
"""No silence lasts longer: what is to be quiet for ever belongs in tuning.yml, with its reason, in git."""

ATTEMPTS = 4
"""Tries to end a silence that somebody else is just changing."""

KEPT = timedelta(days=90)
"""How long an ended silence can still be looked up."""


@dataclass(frozen=True)
class Silence:
    """Alerts that satisfy all the matchers are not told from `starts` until `ends`."""

    id: str
    matchers: tuple[Matcher, ...]
    author: str
    reason: str
    starts: datetime
    ends: datetime

    def covers(self, labels: Labels, now: datetime) -> bool:
        """Whether it is in force and takes in an alert with these labels."""
        return self.starts <= now < self.ends and all(matcher.matches(labels) for matcher in self.matchers)


def silenced_by(labels: Labels, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The first silence in force that covers the labels."""
    return next((silence for silence in silences if silence.covers(labels, now)), None)


class Silences:
    """The silences in a StateStore. Every method raises StoreUnavailable when it can't be reached."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def add(
        self,
        matchers: Sequence[Matcher],
        author: str,
        reason: str,
        now: datetime,
        length: timedelta,
        silence_id: str = "",
    ) -> Silence:
        """A new silence from now on; where its id is given again, the one that there is, ended or not.

        Raises ValueError without matchers or reason, or for too long.
        """
        if not matchers:
            raise ValueError("a silence needs a matcher, or it would silence everything")
        if not reason.strip():
            raise ValueError("a silence needs a reason")
        if not timedelta(0) < length <= LONGEST:
            raise ValueError(f"a silence lasts at most {LONGEST.days} days; tuning.yml is for longer")
        new_id = silence_id or secrets.token_hex(6)
        silence = Silence(new_id, tuple(matchers), author, reason.strip(), now, now + length)
        lost = self._store.save([Write(_key(new_id), _encoded(silence), 0, silence.ends + KEPT)])
        there = self._load(new_id) if lost else None
        return there[0] if there else silence

    def end(self, silence_id: str, now: datetime) -> Silence | None:
        """End a silence now; None when there is none of that id in force."""
        for _ in range(ATTEMPTS):
            found = self._load(silence_id)
            if found is None or found[0].ends <= now:
                return None
            silence, version = found
            ended = replace(silence, starts=min(silence.starts, now), ends=now)
            if not self._store.save([Write(_key(silence_id), _encoded(ended), version, now + KEPT)]):
                return ended
        raise StoreUnavailable(f"others kept changing the silence {silence_id}")

    def all(self) -> list[Silence]:
        """Every silence, ended ones too. One that can't be read silences nothing."""
        found = self._store.scan("silence/", 100_000)
        return [silence for key, stored in found if (silence := _readable(key, stored)) is not None]

    def _load(self, silence_id: str) -> tuple[Silence, int] | None:
        key = _key(silence_id)
        stored = self._store.load([key])[key]
        silence = _readable(key, stored)
        return (silence, stored.version) if silence else None


def _key(silence_id: str) -> str:
    return f"silence/{silence_id}"


def _readable(key: str, stored: Stored) -> Silence | None:
    return readable(key, stored, lambda value: _decoded(key.removeprefix("silence/"), value))


def _encoded(silence: Silence) -> bytes:
    body = {
        "matchers": [str(matcher) for matcher in silence.matchers],
        "author": silence.author,
        "reason": silence.reason,
        "starts": silence.starts.isoformat(),
        "ends": silence.ends.isoformat(),
    }
    return json.dumps(body).encode()


def _decoded(silence_id: str, value: bytes) -> Silence:
    body = json.loads(value)
    return Silence(
        id=silence_id,
        matchers=tuple(parse_matcher(text) for text in body["matchers"]),
        author=body["author"],
        reason=body["reason"],
        starts=datetime.fromisoformat(body["starts"]),
        ends=datetime.fromisoformat(body["ends"]),
    )
