"""A Notice, what one message tells: an incident's first alert, an update, a reminder, a digest, a note."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from shared.alerting.alert import Alert

Kind = Literal["first", "update", "repeat", "escalation", "digest", "note", "end"]
State = Literal["open", "acknowledged", "closed"]

MOST_ALERTS = 20
"""Alerts that one notice carries whole; `count` tells of all."""


@dataclass(frozen=True)
class Entry:
    """One line of a digest: an incident, and how many of its alerts the digest stands for."""

    incident: str
    level: str
    title: str
    actor: str
    resource: str
    count: int
    title_zh: str = ""
    is_over: bool = False

    def title_in(self, language: str) -> str:
        """The title in a team's language; in English where there is no other."""
        return (self.title_zh if language == "zh" else "") or self.title


@dataclass(frozen=True)
class Notice:
    """What is told once to each channel. `id` stays the same over all attempts.

    `alerts` are the gravest first, at most MOST_ALERTS, never empty; `count` are the incident's so far, `new`
    those since the last notice. `note` is a sentence of ours, such as who acknowledged. A digest has
    `entries`. `state` is what the incident is by now, for programs that keep incidents of their own; they
    alone are told of an `end`: nothing has come for long, and it is over.
    """

    id: str
    kind: Kind
    incident: str
    alerts: tuple[Alert, ...]
    count: int
    new: int
    first: datetime
    last: datetime
    note: str = ""
    entries: tuple[Entry, ...] = ()
    state: State = "open"

    @property
    def alert(self) -> Alert:
        """The alert that speaks for the notice."""
        return self.alerts[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "id": self.id,
            "kind": self.kind,
            "incident": self.incident,
            "alerts": [alert.to_dict() for alert in self.alerts],
            "count": self.count,
            "new": self.new,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "note": self.note,
            "entries": [vars(entry) for entry in self.entries],
            "state": self.state,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Notice:
        """The inverse of `to_dict`. Raises KeyError, TypeError or ValueError when something is missing."""
        return cls(
            id=data["id"],
            kind=data["kind"],
            incident=data["incident"],
            alerts=tuple(Alert.from_dict(alert) for alert in data["alerts"]),
            count=data["count"],
            new=data["new"],
            first=datetime.fromisoformat(data["first"]),
            last=datetime.fromisoformat(data["last"]),
            note=data["note"],
            entries=tuple(map(_entry, data["entries"])),
            state=data.get("state", "open"),
        )


def _entry(data: dict[str, Any]) -> Entry:
    """Without keys that a newer version may have written."""
    return Entry(**{each.name: data[each.name] for each in fields(Entry) if each.name in data})


def notice_of(alert: Alert) -> Notice:
    """An alert that stands alone."""
    return Notice(alert.id, "first", alert.id, (alert,), 1, 1, alert.time, alert.time)
