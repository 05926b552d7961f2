"""RAM roles: who may take them, and what they grant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from shared.audits.collector import HOUR, Collector, Inquiry, Told
from shared.audits.ram_apis import (
    GET_POLICY,
    GET_ROLE,
    LIST_POLICIES_FOR_ROLE,
    LIST_ROLES,
    PAGE,
    count,
    moment,
)
from shared.audits.ram_grants import Grants, held_fields
from shared.events.leaves import opened
from shared.events.policy import trusted_accounts, trusted_principals

SERVICE_LINKED = "aliyunservicerolefor"
"""How the names of roles begin that services make for themselves ("Service-linked roles", RAM)."""


def collect(ask: Inquiry) -> Iterator[Told]:
    """Every role, and the list of their names when it is whole."""
    roles = ask.items(LIST_ROLES, "Roles.Role", MaxItems=PAGE)
    yield from ask.each("ram_role", roles, "RoleName", partial(_role, ask, Grants(ask)))
    if "ram_role" not in ask.incomplete:
        yield ask.about("ram_role_list", ask.account_id, lambda: {"names": _own(ask.seen["ram_role"])})


def _role(ask: Inquiry, grants: Grants, role: dict[str, Any]) -> dict[str, Any]:
    name = str(role["RoleName"])
    trust = opened(ask.call(GET_ROLE, RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    if not isinstance(trust, Mapping) or "Statement" not in trust:
        raise TypeError(f"the trust policy of {name} is no policy")
    return {
        "created": moment(role["CreateDate"]),
        "session_seconds": count(role["MaxSessionDuration"]),
        "service_linked": _is_service_linked(name),
        "trusted": sorted(trusted_principals(trust)),
        "outside_accounts": sorted(set(trusted_accounts(trust)) - {ask.account_id}),
        **held_fields(grants, grants.held("RoleName", name)),
    }


def _own(names: list[str]) -> list[str]:
    return sorted(name for name in names if not _is_service_linked(name))


def _is_service_linked(name: str) -> bool:
    return name.lower().startswith(SERVICE_LINKED)


RAM_ROLES = Collector(
    name="ram-roles",
    area="ram",
    every=HOUR,
    scope="global",
    kinds=("ram_role",),
    apis=(LIST_ROLES, GET_ROLE, LIST_POLICIES_FOR_ROLE, GET_POLICY),
    collect=collect,
)
