"""Which policies users, groups and roles hold, and which of them make an administrator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.audits.collector import Inquiry
from shared.audits.ram_apis import (
    GET_POLICY,
    LIST_POLICIES_FOR_GROUP,
    LIST_POLICIES_FOR_ROLE,
    LIST_POLICIES_FOR_USER,
    whole,
)
from shared.cloud.openapi import Api
from shared.events.policy import grants_everything, policies

Policy = tuple[str, str]
"""A policy's name and type, System or Custom."""

HOLDERS: dict[str, Api] = {
    "UserName": LIST_POLICIES_FOR_USER,
    "GroupName": LIST_POLICIES_FOR_GROUP,
    "RoleName": LIST_POLICIES_FOR_ROLE,
}


class Grants:
    """Asks once in a run for each group's policies and each policy's text. Methods raise Unanswered."""

    def __init__(self, ask: Inquiry) -> None:
        self._ask = ask
        self._listed = {name.lower() for name in ask.lists.get("admin_policies", ())}
        self._of_groups: dict[str, list[Policy]] = {}
        self._everything: dict[str, bool] = {}

    def held(self, by: str, name: str) -> list[Policy]:
        """The policies attached to the holder of this name; `by` is one of HOLDERS."""
        listed = whole(self._ask, HOLDERS[by], "Policies.Policy", **{by: name})
        return [(str(policy["PolicyName"]), str(policy["PolicyType"])) for policy in listed]

    def of_group(self, name: str) -> list[Policy]:
        """The policies of a group."""
        if name not in self._of_groups:
            self._of_groups[name] = self.held("GroupName", name)
        return self._of_groups[name]

    def admin_by(self, held: Iterable[Policy]) -> list[str]:
        """The names of those policies that make an administrator."""
        return names(policy for policy in held if self._is_admin(*policy))

    def grants_everything(self, custom: str) -> bool:
        """Whether the custom policy of this name allows every action on every resource."""
        if custom not in self._everything:
            answer = self._ask.call(GET_POLICY, PolicyName=custom, PolicyType="Custom")
            documents = list(policies(answer["DefaultPolicyVersion"]["PolicyDocument"]))
            if not documents:
                raise TypeError(f"the text of the policy {custom} is no policy")
            self._everything[custom] = any(map(grants_everything, documents))
        return self._everything[custom]

    def _is_admin(self, name: str, kind: str) -> bool:
        return name.lower() in self._listed or (kind == "Custom" and self.grants_everything(name))


def held_fields(grants: Grants, held: list[Policy]) -> dict[str, Any]:
    """What every holder's fact tells of its policies."""
    admin_by = grants.admin_by(held)
    return {"policies": names(held), "admin": bool(admin_by), "admin_by": admin_by}


def names(held: Iterable[Policy]) -> list[str]:
    """The names alone, each once, sorted."""
    return sorted({name for name, _ in held})
