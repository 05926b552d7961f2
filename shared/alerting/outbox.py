"""The outbox: alerts and unreadable records, kept safely between detecting and telling."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shared.alerting.alert import Alert
from shared.events.dated import dated
from shared.events.event import Event, Quarantined
from shared.events.sources import SOURCES


@dataclass(frozen=True)
class DeferredEvent:
    """An event that waits for the memory, as text."""

    source: str
    origin: str
    received: str
    fields: str

    @classmethod
    def of(cls, event: Event) -> DeferredEvent:
        """The event's own fields; its facts are worked out anew."""
        fields = {name: value for name, value in event.fields.items() if name != "facts"}
        body = json.dumps(fields, ensure_ascii=False, default=str)
        return cls(event.source, event.origin, event.time.isoformat(), body)

    def event(self) -> Event:
        """The event again, with the id that it had. Raises ValueError when the text is no such event."""
        source, received = SOURCES[self.source], datetime.fromisoformat(self.received)
        return dated(source.read(json.loads(self.fields), self.origin, received), received)


class Outbox(Protocol):
    """Where a detector leaves what it found. It returns only once everything is safe there."""

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        """Keep all of it. Raises when it can't."""

    def defer(self, events: Sequence[Event]) -> None:
        """Keep events for the rules that remember, until their memory can be reached again."""


class SqliteOutbox:
    """The embedded outbox: one file. An alert that is already there is not put in again."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        self._connection.executescript(_SCHEMA)

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        """All of it or nothing. Raises sqlite3.Error when the file can't take it."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR IGNORE INTO alerts (id, body) VALUES (?, ?)", _rows(alerts)
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO quarantine (origin, reason, raw) VALUES (?, ?, ?)",
                [(q.origin, q.reason, q.raw) for q in quarantined],
            )

    def defer(self, events: Sequence[Event]) -> None:
        """See Outbox.defer."""
        rows = [astuple(DeferredEvent.of(event)) for event in events]
        self._connection.executemany(
            "INSERT OR IGNORE INTO deferred (source, origin, received, fields) VALUES (?, ?, ?, ?)", rows
        )

    def deferred(self) -> list[tuple[int, DeferredEvent]]:
        """The events that wait, each with the number to drop it by."""
        rows = self._connection.execute("SELECT rowid, source, origin, received, fields FROM deferred")
        return [(row[0], DeferredEvent(*row[1:])) for row in rows.fetchall()]

    def drop_deferred(self, numbers: Iterable[int]) -> None:
        """Forget events that were judged."""
        self._connection.executemany("DELETE FROM deferred WHERE rowid = ?", [(n,) for n in numbers])

    def alerts(self, after: int = 0) -> Iterator[tuple[int, Alert]]:
        """The alerts behind position `after`, in the order they came, each with its position."""
        rows = self._connection.execute("SELECT seq, body FROM alerts WHERE seq > ? ORDER BY seq", (after,))
        for seq, body in rows.fetchall():
            yield seq, Alert.from_dict(json.loads(body))

    def told(self) -> int:
        """The position up to which every alert has been handed over for telling."""
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def mark_told(self, position: int) -> None:
        """Note that the alerts up to `position` are on record as deliveries."""
        self._connection.execute(f"PRAGMA user_version = {int(position)}")

    def quarantine(self) -> list[tuple[str, str, str]]:
        """Origin, reason and raw text of every record that could not be read."""
        return self._connection.execute(
            "SELECT origin, reason, raw FROM quarantine ORDER BY rowid"
        ).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _rows(alerts: Iterable[Alert]) -> list[tuple[str, str]]:
    return [(alert.id, json.dumps(alert.to_dict(), ensure_ascii=False)) for alert in alerts]


_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS alerts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS quarantine (
    origin TEXT NOT NULL, reason TEXT NOT NULL, raw TEXT NOT NULL, UNIQUE (origin, raw)
);
CREATE TABLE IF NOT EXISTS deferred (
    source TEXT NOT NULL, origin TEXT NOT NULL, received TEXT NOT NULL, fields TEXT NOT NULL,
    UNIQUE (source, fields)
);
"""
