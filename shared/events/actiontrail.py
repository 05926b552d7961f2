"""The source `actiontrail`: one record of a trail read as an Event, and retold for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.events.actiontrail_facts import facts_of
from shared.events.actiontrail_fields import FIELDS, OBJECTS
from shared.events.event import Event, Subject
from shared.events.event_time import parse_time
from shared.events.leaves import last_name, opened
from shared.events.source import Source
from shared.events.text import text_of


def read_event(record: dict[str, Any], origin: str, received: datetime) -> Event:
    """One ActionTrail event, objects parsed and facts added.

    `received` stands in for an eventTime that is missing or unreadable: better judged than lost.
    Raises ValueError for what is no ActionTrail event.
    """
    fields = _nested(record)
    if not text_of(fields.get("eventName")) and not fields.get("insightDetails"):
        raise ValueError("not an ActionTrail event: it has no eventName")
    if not fields.get("requestParameters") and fields.get("requestParameterJson"):
        fields["requestParameters"] = opened(fields["requestParameterJson"])
    return Event(
        source="actiontrail",
        id=_event_id(fields),
        time=parse_time(fields.get("eventTime")) or received,
        account_id=_account_id(fields),
        fields={**fields, "facts": facts_of(fields)},
        origin=origin,
    )


def is_event(record: Mapping[str, Any]) -> bool:
    """Whether a record is an event itself and no wrapping. Insight events have no eventName
    ("Insights event structure", https://www.alibabacloud.com/help/en/actiontrail/insights-event-structure).
    """
    return "eventName" in record or "insightDetails" in record


def subject_of(event: Event) -> Subject:
    """Who did what, from where, on what."""
    fields = event.fields
    identity = fields.get("userIdentity") or {}
    return Subject(
        actor=_actor(identity),
        action=f"{text_of(fields.get('serviceName'))}:{text_of(fields.get('eventName'))}".lstrip(":"),
        address=text_of(fields.get("sourceIpAddress")),
        region=text_of(fields.get("acsRegion")),
        resource=", ".join(_resources(fields)),
    )


def _nested(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its objects as objects.

    Log Service search results and exports name fields `event.userIdentity.type` or `userIdentity.type`.
    """
    if "." not in "".join(record):
        return {**record, **{name: opened(record[name]) for name in OBJECTS & record.keys()}}
    prefix = "" if is_event(record) else "event."
    fields: dict[str, Any] = {}
    flat: dict[str, dict[str, Any]] = {}
    for full_name, value in record.items():
        name = full_name.removeprefix(prefix)
        head, dot, rest = name.partition(".")
        if dot and head in OBJECTS:
            flat.setdefault(head, {})[rest] = value
        else:
            fields[name] = opened(value) if name in OBJECTS else value
    for name, inner in flat.items():
        outer = fields.get(name)
        fields[name] = {**outer, **inner} if isinstance(outer, dict) else inner
    return fields


def _event_id(fields: Mapping[str, Any]) -> str:
    told = text_of(fields.get("eventId")) or text_of(fields.get("requestId"))
    if told:
        return told
    canonical = json.dumps(fields, sort_keys=True, default=str, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _account_id(fields: Mapping[str, Any]) -> str:
    """The caller's account, or the account it happened in: a `system` caller has none of its own."""
    identity = fields.get("userIdentity")
    own = identity.get("accountId") if isinstance(identity, Mapping) else None
    return text_of(own or fields.get("recipientAccountId"))


def _actor(identity: Any) -> str:
    if not isinstance(identity, Mapping):
        return text_of(identity)
    name = text_of(identity.get("userName")) or text_of(identity.get("principalId"))
    kind = text_of(identity.get("type"))
    key = text_of(identity.get("accessKeyId"))
    return " ".join(part for part in (name, f"({kind})" if kind else "", f"key {key}" if key else "") if part)


def _resources(fields: Mapping[str, Any]) -> list[str]:
    """What was acted on: the referenced resources, else the telling request parameters."""
    referenced = fields.get("referencedResources")
    if isinstance(referenced, Mapping) and referenced:
        return [
            f"{kind.split('::')[-1]} {name}" for kind, names in referenced.items() for name in _each(names)
        ]
    if fields.get("resourceName"):
        return [text_of(fields["resourceName"])]
    return list(_telling_parameters(fields.get("requestParameters")))


def _telling_parameters(parameters: Any) -> Iterator[str]:
    """Parameters that name a thing (`KeyId`, `InstanceId.1`, `logstore`, …), not the caller's environment."""
    if not isinstance(parameters, Mapping):
        return
    for name, value in parameters.items():
        last = last_name(name)
        if last.endswith(_TELLING) and last not in _ENVIRONMENT and not isinstance(value, (Mapping, list)):
            yield f"{name} {text_of(value)}"


_TELLING = ("id", "name", "bucket", "project", "logstore", "ids")
_ENVIRONMENT = frozenset(
    "regionid sourceregionid requestid hostid zoneid ststokenprincipalname ownerid resourceownerid"
    " ststokenplayeruid".split()
)


def _each(names: Any) -> list[str]:
    return [text_of(name) for name in names] if isinstance(names, list) else [text_of(names)]


ACTIONTRAIL = Source(
    name="actiontrail",
    logsource={"product": "alibabacloud", "service": "actiontrail"},
    fields=FIELDS,
    indexed=("eventName", "insightDetails.insightType", "userIdentity.type", "errorCode", "eventRW"),
    read=read_event,
    subject=subject_of,
)
