"""The source `audit`: facts about the account itself, as scheduled audits state them.

Every event has `kind`, `resource`, `region` and `exists` (false once a complete listing no longer has it),
and the fields of its kind (shared/events/audit_kinds/). A fact that could not be found out is an event of the
kind `unknown`, and no event of its own kind: what is unknown never looks like a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.events.audit_kinds import KINDS
from shared.events.event import Event, Subject
from shared.events.event_time import parse_time
from shared.events.source import ANY, FieldTree, Source
from shared.events.text import text_of
from shared.spelling import nearest

COMMON = ("kind", "resource", "region", "exists", "collector")
"""What every event has."""


def audit_event(
    kind: str,
    resource: str,
    region: str,
    fields: Mapping[str, Any],
    account_id: str,
    now: datetime,
    origin: str,
) -> Event:
    """A fact as an event. Raises ValueError for a kind or a field that is not declared, with the nearest
    one."""
    check_fact(kind, fields)
    told = {"kind": kind, "resource": resource, "region": region, "exists": True, **fields}
    return Event("audit", _identity(told, now), now, account_id, told, origin)


def check_fact(kind: str, fields: Mapping[str, Any]) -> None:
    """Raise ValueError for a kind or a field that shared/events/audit_kinds/ does not declare."""
    if kind not in KINDS:
        raise ValueError(f"audits state no '{kind}'{nearest(kind, KINDS)}")
    for name in fields:
        if name not in KINDS[kind] and name not in COMMON:
            raise ValueError(f"'{kind}' has no field '{name}'{nearest(name, KINDS[kind])}")


def _identity(fields: Mapping[str, Any], now: datetime) -> str:
    """One resource is stated once at one time."""
    parts = (fields["kind"], fields["region"], fields["resource"], f"{now.timestamp():.0f}")
    return " ".join(map(text_of, parts))


def _read(record: dict[str, Any], origin: str, received: datetime) -> Event:
    """A fact out of its own fields, as rule tests write them, or as `trailguard audit --json` prints them."""
    given = dict(record)
    kind, resource = str(given.get("kind", "")), text_of(given.get("resource", ""))
    at = parse_time(given.pop("eventTime", None)) or received
    event_id, account_id = given.pop("eventId", ""), text_of(given.pop("account_id", ""))
    event = audit_event(kind, resource, text_of(given.get("region", "")), given, account_id, at, origin)
    return Event("audit", str(event_id) or event.id, at, account_id, event.fields, origin)


def _subject(event: Event) -> Subject:
    """The resource by its bare name, as commands take it; what has none is told by its kind."""
    kind = str(event.fields["kind"]).replace("_", " ")
    region = text_of(event.fields["region"])
    return Subject("", "Audit", "", region, text_of(event.fields["resource"]) or kind)


def _fields() -> FieldTree:
    """Every field of every kind; lists of objects may hold whatever their API tells."""
    return {**dict.fromkeys(COMMON), **{name: ANY for fields in KINDS.values() for name in fields}}


AUDIT = Source(
    name="audit",
    logsource={"product": "alibabacloud", "service": "audit"},
    fields=_fields(),
    indexed=("kind",),
    read=_read,
    subject=_subject,
)
