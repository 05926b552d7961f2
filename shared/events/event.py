"""The one shape that every source's records take: an Event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from shared.events.likeness import Alike


@dataclass(frozen=True)
class Event:
    """One thing that happened, as its source tells it.

    `fields` is the record under the names that Log Service users already type, plus `facts.*`: what
    the parser worked out of it (never a judgement). `time` is the event's own, in UTC.
    `origin` says where it was read: `project/logstore/shard@cursor`, or `file:line`.
    """

    source: str
    id: str
    time: datetime
    account_id: str
    fields: Mapping[str, Any]
    origin: str = ""
    alike: ClassVar[Alike | None] = None
    """Of one that is like others; see shared/events/likeness.py."""


@dataclass(frozen=True)
class Quarantined:
    """A record that could not be read, kept whole, with the reason why."""

    raw: str
    reason: str
    origin: str
    received: datetime


@dataclass(frozen=True)
class Subject:
    """An event in the words of a message: who did what, from where, on what."""

    actor: str
    action: str
    address: str
    region: str
    resource: str
