"""An incident: the alerts of one group, for one receiver, from its opening to its end. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from shared.alerting.alert import LEVELS, Alert
from shared.alerting.notice import MOST_ALERTS, Kind, Notice, State

MOST_IDS = 4000
"""Alert ids that an incident knows again. A batch that repeats more of them is counted twice."""

ID_DIGITS = 12


@dataclass(frozen=True)
class Incident:
    """What is known of one group. `new` alerts came since the last notice; `outgoing` is a notice that was
    decided and not yet handed over to delivery. `standing` are findings that are not resolved yet."""

    key: str
    id: str
    receiver: str
    labels: dict[str, str]
    opened: datetime
    first: datetime
    last: datetime
    count: int = 0
    new: int = 0
    level: str = "informational"
    told_level: str = ""
    notices: int = 0
    first_told: datetime | None = None
    told: datetime | None = None
    acknowledged_by: str = ""
    escalated: bool = False
    closed: bool = False
    alerts: tuple[Alert, ...] = ()
    known: tuple[str, ...] = ()
    outgoing: tuple[Notice, ...] = ()
    standing: tuple[str, ...] = ()

    @property
    def tells_of_ends(self) -> bool:
        """Whether its latest alerts all say that something is over."""
        return bool(self.alerts) and all(alert.status == "resolved" for alert in self.alerts)

    @property
    def is_resolved(self) -> bool:
        """Whether all that it told of lasted, and is over."""
        return self.tells_of_ends and not self.standing

    @property
    def state(self) -> State:
        """What a person would call it."""
        return "closed" if self.closed else "acknowledged" if self.acknowledged_by else "open"


def incident_key(receiver: str, labels: dict[str, str]) -> str:
    """Where the incident of a group is kept; of bounded length, whatever the labels hold."""
    text = json.dumps([receiver, sorted(labels.items())])
    return "incident/" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def opened(key: str, receiver: str, labels: dict[str, str], now: datetime) -> Incident:
    """A new incident without alerts yet."""
    digest = hashlib.sha256(f"{key} {now.isoformat()}".encode()).hexdigest()[:10]
    return Incident(key, digest, receiver, labels, now, now, now)


def fold(incident: Incident, alerts: Iterable[Alert]) -> Incident:
    """The incident with those of the alerts that it does not know yet."""
    known = set(incident.known)
    fresh = list({a.id: a for a in alerts if a.id[-ID_DIGITS:] not in known}.values())
    if not fresh:
        return incident
    times = [a.time for a in fresh] + ([incident.first, incident.last] if incident.count else [])
    return replace(
        incident,
        first=min(times),
        last=max(times),
        count=incident.count + len(fresh),
        new=incident.new + len(fresh),
        level=max((incident.level, *(a.level for a in fresh)), key=gravity),
        alerts=tuple(sorted((*_untold(incident), *fresh), key=_urgency)[:MOST_ALERTS]),
        standing=_standing(incident, fresh),
        known=(*incident.known, *(a.id[-ID_DIGITS:] for a in fresh))[-MOST_IDS:],
    )


def announce(incident: Incident, kind: Kind, now: datetime, note: str = "") -> Incident:
    """The incident with one more notice on its way out. Its id is the incident's and its number."""
    notice = Notice(
        id=f"{incident.id}-{incident.notices + 1}",
        kind=kind,
        incident=incident.id,
        alerts=incident.alerts,
        count=incident.count,
        new=incident.new,
        first=incident.first,
        last=incident.last,
        note=note,
        state=incident.state,
    )
    is_about_alerts = kind != "note"
    return replace(
        incident,
        notices=incident.notices + 1,
        new=0 if is_about_alerts else incident.new,
        told=now if is_about_alerts else incident.told,
        first_told=incident.first_told or now,
        told_level=incident.level if is_about_alerts else incident.told_level,
        escalated=incident.escalated or kind == "escalation",
        outgoing=(*incident.outgoing, notice),
    )


def gravity(level: str) -> int:
    """The rank of a level; an unknown one is the gravest."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _untold(incident: Incident) -> tuple[Alert, ...]:
    """The alerts that the next notice tells of: those since the last one."""
    return incident.alerts if incident.new else ()


def _urgency(alert: Alert) -> tuple[bool, int]:
    """What is over comes last, the gravest first."""
    return alert.status == "resolved", -gravity(alert.level)


def _standing(incident: Incident, fresh: Iterable[Alert]) -> tuple[str, ...]:
    """The findings that stand after these alerts, which are in the order of their coming."""
    standing = dict.fromkeys(incident.standing)
    for alert in fresh:
        if alert.status == "standing":
            standing[alert.finding] = None
        else:
            standing.pop(alert.finding, None)
    return tuple(standing)[-MOST_IDS:]


_TIMES = ("opened", "first", "last", "first_told", "told")


def encoded(incident: Incident) -> bytes:
    """As it is stored."""
    body = {**vars(incident)}
    for name in _TIMES:
        body[name] = body[name].isoformat() if body[name] else None
    body["alerts"] = [alert.to_dict() for alert in incident.alerts]
    body["outgoing"] = [notice.to_dict() for notice in incident.outgoing]
    return json.dumps(body).encode()


def decoded(value: bytes) -> Incident:
    """The inverse of `encoded`. Unknown keys are dropped, so that an older version reads what a newer wrote.

    Raises ValueError, KeyError or TypeError for anything else.
    """
    body = json.loads(value)
    for name in _TIMES:
        body[name] = datetime.fromisoformat(body[name]) if body[name] else None
    body["alerts"] = tuple(Alert.from_dict(alert) for alert in body["alerts"])
    body["outgoing"] = tuple(Notice.from_dict(notice) for notice in body["outgoing"])
    body["known"] = tuple(body["known"])
    body["standing"] = tuple(body.get("standing", ()))
    return Incident(**{each.name: body[each.name] for each in fields(Incident) if each.name in body})
