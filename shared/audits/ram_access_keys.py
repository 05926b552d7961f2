"""The AccessKeys of RAM users: how old they are, and when they were last used."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, Collector, Inquiry, Told, Unknown
from shared.audits.ram_apis import (
    GET_ACCESS_KEY_LAST_USED,
    LIST_ACCESS_KEYS,
    LIST_USERS,
    PAGE,
    days_since,
    moment,
    user_name,
    whole,
)

KIND = "ram_access_key"


def collect(ask: Inquiry) -> Iterator[Told]:
    """Every key of every user. Root's are not among them: no API lists those to anyone but root."""
    yield from ask.each(KIND, _keys(ask), "AccessKeyId", partial(_key, ask))


def _keys(ask: Inquiry) -> Iterator[dict[str, Any] | Unknown]:
    for user in ask.items(LIST_USERS, "Users.User", MaxItems=PAGE):
        yield from ask.below(KIND, user_name(user), partial(_keys_of, ask, str(user["UserPrincipalName"])))


def _keys_of(ask: Inquiry, principal: str) -> list[dict[str, Any]]:
    keys = whole(ask, LIST_ACCESS_KEYS, "AccessKeys.AccessKey", UserPrincipalName=principal)
    return [{**key, "UserPrincipalName": principal} for key in keys]


def _key(ask: Inquiry, key: dict[str, Any]) -> dict[str, Any]:
    whose = {"UserAccessKeyId": str(key["AccessKeyId"]), "UserPrincipalName": key["UserPrincipalName"]}
    last = ask.call(GET_ACCESS_KEY_LAST_USED, **whose)["AccessKeyLastUsed"]
    created, used = moment(key["CreateDate"]), moment(last.get("LastUsedDate"))
    return {
        "user": user_name(key),
        "active": key["Status"] == "Active",
        "created": created,
        "age_days": days_since(created, ask.now),
        "used": used,
        "used_for": str(last.get("ServiceName") or "") if used else "",
        "idle_days": days_since(used or created, ask.now),
    }


RAM_ACCESS_KEYS = Collector(
    name="ram-access-keys",
    area="ram",
    every=DAY,
    scope="global",
    kinds=(KIND,),
    apis=(LIST_USERS, LIST_ACCESS_KEYS, GET_ACCESS_KEY_LAST_USED),
    collect=collect,
)
