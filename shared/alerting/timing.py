"""When an incident is told, told again, escalated, closed: one pure decision with a named reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.alerting.incident import Incident, gravity
from shared.alerting.notice import Kind

Reason = Literal[
    "first alert",
    "graver alert",
    "new alerts",
    "resolved",
    "nobody has acknowledged",
    "still open",
    "waiting for the group",
    "waiting for the interval",
    "muted",
    "silenced",
    "acknowledged",
    "told",
    "over",
]


@dataclass(frozen=True)
class Options:
    """A route's times. `repeat` of zero: told once, and updated, but not repeated."""

    group_wait: timedelta = timedelta(0)
    group_interval: timedelta = timedelta(minutes=5)
    repeat: timedelta = timedelta(hours=4)
    close: timedelta = timedelta(hours=24)
    escalate_after: timedelta | None = None
    escalate_to: str = ""


@dataclass(frozen=True)
class Decision:
    """What to do now, and why. `kind` is None when there is nothing to tell."""

    reason: Reason
    kind: Kind | None = None


def decide(incident: Incident, options: Options, muted: bool, now: datetime) -> Decision:
    """What an incident asks for at `now`."""
    if _is_over(incident, options, now):
        return Decision("over")
    if muted:
        return Decision("muted")
    if incident.told is None:
        return _first(incident, options, now)
    if incident.new:
        return _update(incident, options, now)
    if incident.acknowledged_by:
        return Decision("acknowledged")
    return _reminder(incident, options, now)


def _is_over(incident: Incident, options: Options, now: datetime) -> bool:
    """Whether all of it has been told, nothing of it lasts, and nothing has come for long."""
    if incident.new or incident.first_told is None or incident.standing:
        return False
    return now >= max(incident.first_told, incident.last) + options.close


def _first(incident: Incident, options: Options, now: datetime) -> Decision:
    if now < incident.opened + options.group_wait:
        return Decision("waiting for the group")
    return Decision("first alert", "first")


def _update(incident: Incident, options: Options, now: datetime) -> Decision:
    assert incident.told is not None
    if incident.is_resolved:
        return Decision("resolved", "update")
    if gravity(incident.level) > gravity(incident.told_level):
        return Decision("graver alert", "update")
    if incident.acknowledged_by and now < incident.told + _calm(options):
        return Decision("acknowledged")
    if now < incident.told + options.group_interval:
        return Decision("waiting for the interval")
    return Decision("new alerts", "update")


def _calm(options: Options) -> timedelta:
    """How long whoever is on it is left alone with news that are no graver. They come in the end: an incident
    with news that were never told would never be over, and take in whatever else comes."""
    return options.repeat or options.close


def _reminder(incident: Incident, options: Options, now: datetime) -> Decision:
    assert incident.told is not None and incident.first_told is not None
    if incident.tells_of_ends:
        return Decision("told")
    after = options.escalate_after
    if after is not None and not incident.escalated and now >= incident.first_told + after:
        return Decision("nobody has acknowledged", "escalation")
    if options.repeat and now >= incident.told + max(options.repeat, options.group_interval):
        return Decision("still open", "repeat")
    return Decision("told")
