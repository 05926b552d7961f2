"""RAM users: who may sign in, with which second factor, and what each may do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import HOUR, Collector, Inquiry, Told
from shared.audits.ram_apis import (
    GET_LOGIN_PROFILE,
    GET_POLICY,
    GET_USER_MFA_INFO,
    LIST_ACCESS_KEYS,
    LIST_GROUPS_FOR_USER,
    LIST_POLICIES_FOR_GROUP,
    LIST_POLICIES_FOR_USER,
    LIST_USERS,
    PAGE,
    days_since,
    is_true,
    moment,
    unless_none,
    user_name,
    whole,
)
from shared.audits.ram_grants import Grants, held_fields, names


def collect(ask: Inquiry) -> Iterator[Told]:
    """Every user, and the list of their names when it is whole."""
    users = ask.items(LIST_USERS, "Users.User", MaxItems=PAGE)
    yield from ask.each("ram_user", users, user_name, partial(_user, ask, Grants(ask)))
    if "ram_user" not in ask.incomplete:
        yield ask.about("ram_user_list", ask.account_id, lambda: {"names": sorted(ask.seen["ram_user"])})


def _user(ask: Inquiry, grants: Grants, user: dict[str, Any]) -> dict[str, Any]:
    principal, name = str(user["UserPrincipalName"]), user_name(user)
    created, signed_in = moment(user["CreateDate"]), moment(user.get("LastLoginDate"))
    return {
        "principal": principal,
        "created": created,
        "age_days": days_since(created, ask.now),
        "signed_in": signed_in,
        "idle_days": days_since(signed_in or created, ask.now),
        **_console(ask, principal),
        **_mfa(ask, principal),
        "active_keys": _active_keys(ask, principal),
        **_grants(ask, grants, name),
    }


def _console(ask: Inquiry, principal: str) -> dict[str, Any]:
    answer = unless_none(ask, "LoginProfile", GET_LOGIN_PROFILE, UserPrincipalName=principal)
    if answer is None:
        return {"console": False, "mfa_required": False}
    profile = answer["LoginProfile"]
    # Profiles made long ago have no Status, and let in all the same.
    is_open = str(profile.get("Status", "Active")).lower() != "inactive"
    return {"console": is_open, "mfa_required": is_true(profile["MFABindRequired"])}


def _mfa(ask: Inquiry, principal: str) -> dict[str, Any]:
    """Of a device that is bound. RAM answers with an error, IMS with IsMFAEnable, where there is none."""
    answer = unless_none(ask, "MFADevice", GET_USER_MFA_INFO, UserPrincipalName=principal)
    if answer is None or not is_true(answer["IsMFAEnable"]):
        return {"mfa": False, "mfa_type": ""}
    return {"mfa": True, "mfa_type": str((answer.get("MFADevice") or {}).get("Type", ""))}


def _active_keys(ask: Inquiry, principal: str) -> int:
    keys = whole(ask, LIST_ACCESS_KEYS, "AccessKeys.AccessKey", UserPrincipalName=principal)
    return sum(key["Status"] == "Active" for key in keys)


def _grants(ask: Inquiry, grants: Grants, name: str) -> dict[str, Any]:
    listed = whole(ask, LIST_GROUPS_FOR_USER, "Groups.Group", UserName=name)
    groups = sorted(str(group["GroupName"]) for group in listed)
    direct = grants.held("UserName", name)
    by_groups = [policy for group in groups for policy in grants.of_group(group)]
    return {
        "groups": groups,
        "direct_policies": names(direct),
        "direct_admin_by": grants.admin_by(direct),
        **held_fields(grants, [*direct, *by_groups]),
    }


RAM_USERS = Collector(
    name="ram-users",
    area="ram",
    every=HOUR,
    scope="global",
    kinds=("ram_user",),
    apis=(
        LIST_USERS,
        GET_LOGIN_PROFILE,
        GET_USER_MFA_INFO,
        LIST_ACCESS_KEYS,
        LIST_GROUPS_FOR_USER,
        LIST_POLICIES_FOR_USER,
        LIST_POLICIES_FOR_GROUP,
        GET_POLICY,
    ),
    collect=collect,
)
