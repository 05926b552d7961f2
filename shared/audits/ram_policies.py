"""Policies of one's own making, and everyone who holds an administrator's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, Collector, Inquiry, Told
from shared.audits.ram_apis import GET_POLICY, LIST_ENTITIES_FOR_POLICY, LIST_POLICIES, PAGE, count
from shared.audits.ram_grants import Grants, Policy

HOLDERS = {"Users.User": "UserName", "Groups.Group": "GroupName", "Roles.Role": "RoleName"}


def collect(ask: Inquiry) -> Iterator[Told]:
    """Every custom policy, and all holders of administrators' policies, system ones too."""
    grants, every = Grants(ask), []

    def custom() -> Iterator[dict[str, Any]]:
        for policy in ask.items(LIST_POLICIES, "Policies.Policy", MaxItems=PAGE):
            every.append((str(policy["PolicyName"]), str(policy["PolicyType"])))
            if policy["PolicyType"] == "Custom":
                yield policy

    yield from ask.each("ram_policy", custom(), "PolicyName", partial(_policy, grants))
    if "ram_policy" not in ask.incomplete:
        yield ask.about("ram_admins", ask.account_id, partial(_admins, ask, grants, every))


def _policy(grants: Grants, policy: dict[str, Any]) -> dict[str, Any]:
    return {
        "grants_everything": grants.grants_everything(str(policy["PolicyName"])),
        "attachments": count(policy["AttachmentCount"]),
    }


def _admins(ask: Inquiry, grants: Grants, every: list[Policy]) -> dict[str, Any]:
    admin_by = set(grants.admin_by(every))
    held = [_holders(ask, policy) for policy in every if policy[0] in admin_by]
    return {"holders": sorted(holder for some in held for holder in some)}


def _holders(ask: Inquiry, policy: Policy) -> list[str]:
    name, kind = policy
    answer = ask.call(LIST_ENTITIES_FOR_POLICY, PolicyName=name, PolicyType=kind)
    found = []
    for path, key in HOLDERS.items():
        shell, _, item = path.partition(".")
        found += [f"{item.lower()} {each[key]}: {name}" for each in answer[shell][item]]
    return found


RAM_POLICIES = Collector(
    name="ram-policies",
    area="ram",
    every=DAY,
    scope="global",
    kinds=("ram_policy",),
    apis=(LIST_POLICIES, GET_POLICY, LIST_ENTITIES_FOR_POLICY),
    collect=collect,
)
