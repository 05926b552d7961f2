"""The read APIs of RAM and IMS, and how their answers are read. Whatever is odd in one is a TypeError.

RAM and IMS look at the same account; permissions are RAM's for both. "API overview",
https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-overview
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.audits.collector import Inquiry, Unanswered
from shared.cloud.openapi import Api
from shared.events.event_time import parse_time

PAGE = 1000  # the most that these APIs give
NEVER = ("", "-", "N/A")
"""What stands for no time."""


def _ims(action: str) -> Api:
    return Api("Ims", "2019-08-15", action, f"ram:{action}")


def _ram(action: str) -> Api:
    return Api("Ram", "2015-05-01", action, f"ram:{action}")


GET_ACCESS_KEY_LAST_USED = _ims("GetAccessKeyLastUsed")
GET_ACCOUNT_MFA_INFO = _ims("GetAccountMFAInfo")
GET_LOGIN_PROFILE = _ims("GetLoginProfile")
GET_PASSWORD_POLICY = _ims("GetPasswordPolicy")
GET_SECURITY_PREFERENCE = _ims("GetSecurityPreference")
GET_SECURITY_REPORT = _ims("GetAccountSecurityPracticeReport")
GET_USER_MFA_INFO = _ims("GetUserMFAInfo")
LIST_ACCESS_KEYS = _ims("ListAccessKeys")
LIST_USERS = _ims("ListUsers")

GET_POLICY = _ram("GetPolicy")
GET_ROLE = _ram("GetRole")
LIST_ENTITIES_FOR_POLICY = _ram("ListEntitiesForPolicy")
LIST_GROUPS = _ram("ListGroups")
LIST_GROUPS_FOR_USER = _ram("ListGroupsForUser")
LIST_POLICIES = _ram("ListPolicies")
LIST_POLICIES_FOR_GROUP = _ram("ListPoliciesForGroup")
LIST_POLICIES_FOR_ROLE = _ram("ListPoliciesForRole")
LIST_POLICIES_FOR_USER = _ram("ListPoliciesForUser")
LIST_ROLES = _ram("ListRoles")
LIST_USERS_FOR_GROUP = _ram("ListUsersForGroup")


def user_name(user: Mapping[str, Any]) -> str:
    """`alice` of `alice@1234567890123456.onaliyun.com`."""
    return str(user["UserPrincipalName"]).partition("@")[0]


def whole(ask: Inquiry, api: Api, path: str, **parameters: str) -> list[dict[str, Any]]:
    """The list at `Shell.Item` of an API that does not page. Raises Unanswered, also if it did page."""
    answer = ask.call(api, **parameters)
    if is_true(answer.get("IsTruncated", False)):
        raise Unanswered(api.permission, "BadResponse", f"{api.action}: there is more than it shows")
    shell, _, name = path.partition(".")
    items = answer[shell][name]
    if not isinstance(items, list):
        raise TypeError(f"{api.action}: {path} is no list")
    return items


def unless_none(ask: Inquiry, thing: str, api: Api, **parameters: str) -> dict[str, Any] | None:
    """The answer; None where the API's error says that there is no such thing: EntityNotExist.User.MFADevice
    of RAM, and IMS's like. Any other error says nothing, and raises Unanswered."""
    try:
        return ask.call(api, **parameters)
    except Unanswered as error:
        if not (error.error.startswith("EntityNotExist.") and error.error.endswith(f".{thing}")):
            raise
        return None


def is_true(value: object) -> bool:
    """A boolean, which may come as text. Raises TypeError for anything else."""
    text = str(value).lower()
    if text not in ("true", "false"):
        raise TypeError(f"{value!r} is neither true nor false")
    return text == "true"


def count(value: object) -> int:
    """A whole number, which may come as text. Raises TypeError for anything else."""
    if isinstance(value, bool) or not str(value).isdecimal():
        raise TypeError(f"{value!r} is no number")
    return int(str(value))


def moment(value: object) -> str:
    """A time in RFC 3339 and UTC, empty for never. Raises TypeError for anything else."""
    if value is None or str(value).strip() in NEVER:
        return ""
    found = parse_time(value)
    if found is None:
        raise TypeError(f"{value!r} is no time")
    return f"{found:%Y-%m-%dT%H:%M:%SZ}"


def days_since(time: str, now: datetime) -> int:
    """Whole days since a `moment`. Raises TypeError for never."""
    found = parse_time(time)
    if found is None:
        raise TypeError("there is no time to count from")
    return max(0, (now - found).days)
