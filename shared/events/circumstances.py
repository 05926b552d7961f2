"""Who called, whom it concerned, from where and when: what an ActionTrail event tells around the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.events import geo
from shared.events.event_time import parse_time
from shared.events.path import MISSING, getter
from shared.events.text import text_of

_RAM_SERVICES = ("ram", "ims", "resourcemanager")
_USER_PARAMETERS = [
    getter(f"requestParameters.{name}") for name in ("UserPrincipalName", "UserName", "PrincipalName")
]


def caller(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`identity`: who called, under one name for all of their sessions.

    A role's sessions are named `role:session` ("Management event structure", help.aliyun.com).
    """
    identity = _identity(fields)
    told = (text_of(identity.get(name)) for name in ("userName", "principalId", "accessKeyId"))
    name = next(filter(None, told), "")
    is_role = text_of(identity.get("type")).lower() == "assumed-role"
    return {"identity": name.partition(":")[0] if is_role else name}


def concerned_user(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`user`: the RAM user that a call names, else the caller; `otherUser`: that user, if not the caller.

    Names without their domain, in lower case: RAM knows no case.
    """
    named, own = _named_user(fields), _local_name(_identity(fields).get("userName"))
    return {"user": named or own, "otherUser": named if named != own else ""}


def network(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`network` of the source address; services call under their names, and have none."""
    return {"network": geo.network_of(text_of(fields.get("sourceIpAddress")))}


def country(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`country` of the source address, if a database tells it."""
    return {"country": geo.country_of(text_of(fields.get("sourceIpAddress")))}


def clock(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`utcHour` (0 to 23) and `weekday` (Monday to Sunday) of the event, both in UTC."""
    time = parse_time(fields.get("eventTime"))
    return {"utcHour": str(time.hour), "weekday": f"{time:%A}"} if time else {"utcHour": "", "weekday": ""}


def _identity(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    identity = fields.get("userIdentity")
    return identity if isinstance(identity, Mapping) else {}


def _named_user(fields: Mapping[str, Any]) -> str:
    if text_of(fields.get("serviceName")).lower() not in _RAM_SERVICES:
        return ""
    named = (get(fields) for get in _USER_PARAMETERS)
    return next(filter(None, (_local_name(name) for name in named if name is not MISSING)), "")


def _local_name(value: Any) -> str:
    return text_of(value).partition("@")[0].lower()
