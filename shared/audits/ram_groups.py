"""RAM groups: who is in them, and what they grant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import HOUR, Collector, Inquiry, Told
from shared.audits.ram_apis import (
    GET_POLICY,
    LIST_GROUPS,
    LIST_POLICIES_FOR_GROUP,
    LIST_USERS_FOR_GROUP,
    PAGE,
    moment,
)
from shared.audits.ram_grants import Grants, held_fields


def collect(ask: Inquiry) -> Iterator[Told]:
    """Every group, and the list of their names when it is whole."""
    groups = ask.items(LIST_GROUPS, "Groups.Group", MaxItems=PAGE)
    yield from ask.each("ram_group", groups, "GroupName", partial(_group, ask, Grants(ask)))
    if "ram_group" not in ask.incomplete:
        yield ask.about("ram_group_list", ask.account_id, lambda: {"names": sorted(ask.seen["ram_group"])})


def _group(ask: Inquiry, grants: Grants, group: dict[str, Any]) -> dict[str, Any]:
    name = str(group["GroupName"])
    members = ask.items(LIST_USERS_FOR_GROUP, "Users.User", GroupName=name, MaxItems=PAGE)
    return {
        "created": moment(group["CreateDate"]),
        "members": sorted(str(user["UserName"]) for user in members),
        **held_fields(grants, grants.of_group(name)),
    }


RAM_GROUPS = Collector(
    name="ram-groups",
    area="ram",
    every=HOUR,
    scope="global",
    kinds=("ram_group",),
    apis=(LIST_GROUPS, LIST_USERS_FOR_GROUP, LIST_POLICIES_FOR_GROUP, GET_POLICY),
    collect=collect,
)
