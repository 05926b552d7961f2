"""RAM roles and the policies that are attached to them: one of each for a part of Trailguard.

RAM's API: https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-overview
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from deploy.bootstrap.cloud import Cloud
from deploy.bootstrap.plan import Found, Resource
from deploy.bootstrap.project import MARK
from shared.cloud.openapi import Api


def _api(action: str) -> Api:
    return Api("Ram", "2015-05-01", action, f"ram:{action}")


GET_ROLE, CREATE_ROLE, UPDATE_ROLE, DELETE_ROLE = map(
    _api, ("GetRole", "CreateRole", "UpdateRole", "DeleteRole")
)
GET_POLICY, CREATE_POLICY, DELETE_POLICY = map(_api, ("GetPolicy", "CreatePolicy", "DeletePolicy"))
LIST_VERSIONS, CREATE_VERSION, DELETE_VERSION = map(
    _api, ("ListPolicyVersions", "CreatePolicyVersion", "DeletePolicyVersion")
)
LIST_ATTACHED, ATTACH, DETACH = map(
    _api, ("ListPoliciesForRole", "AttachPolicyToRole", "DetachPolicyFromRole")
)
CREATE_SERVICE_ROLE = Api(
    "ResourceManager", "2020-03-31", "CreateServiceLinkedRole", "ram:CreateServiceLinkedRole"
)
APIS = (
    *(GET_ROLE, CREATE_ROLE, UPDATE_ROLE, DELETE_ROLE, GET_POLICY, CREATE_POLICY, DELETE_POLICY),
    *(LIST_VERSIONS, CREATE_VERSION, DELETE_VERSION, LIST_ATTACHED, ATTACH, DETACH),
    CREATE_SERVICE_ROLE,
)

ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"  # a policy has five versions at most

Document = Mapping[str, Any]


def trust(service: str) -> Document:
    """The trust policy that lets one service take a role on."""
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}
    return {"Version": "1", "Statement": [statement]}


@dataclass(frozen=True)
class Policy(Resource):
    """A custom policy."""

    kind = "policy"
    policy: str
    document: Document = field(repr=False)

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.policy

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find; `document` is what the version in force says."""
        told = cloud.look(GET_POLICY, self._named())
        return told and {**told["Policy"], "document": _read(told["DefaultPolicyVersion"]["PolicyDocument"])}

    def described(self) -> Iterable[str]:
        """See Resource.described: the statements, resources by their last names."""
        for statement in self.document["Statement"]:
            resources = dict.fromkeys(_short(resource) for resource in _listed(statement["Resource"]))
            yield f"{', '.join(_listed(statement['Action']))}: {', '.join(resources)}"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences: grants that are missing, and grants that are too many."""
        wanted, there = _grants(self.document), _grants(found["document"])
        yield from (f"+ {grant}" for grant in sorted(wanted - there))
        yield from (f"- {grant}" for grant in sorted(there - wanted))

    def foreign(self, found: Found) -> str:
        """See Resource.foreign."""
        return _foreign(found, self.name)

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        cloud.call(
            CREATE_POLICY,
            {"PolicyName": self.policy, "PolicyDocument": _text(self.document), "Description": MARK},
        )

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change: a new version, the old ones stay to go back to."""
        version = {"PolicyDocument": _text(self.document), "SetAsDefault": True, "RotateStrategy": ROTATE}
        cloud.call(CREATE_VERSION, {"PolicyName": self.policy, **version})

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete: RAM wants the versions that are not in force gone first."""
        versions = cloud.call(LIST_VERSIONS, self._named())["PolicyVersions"]["PolicyVersion"]
        for version in versions:
            if not version["IsDefaultVersion"]:
                cloud.call(DELETE_VERSION, {"PolicyName": self.policy, "VersionId": version["VersionId"]})
        cloud.call(DELETE_POLICY, {"PolicyName": self.policy})

    def _named(self) -> dict[str, str]:
        return {"PolicyName": self.policy, "PolicyType": "Custom"}


@dataclass(frozen=True)
class Role(Resource):
    """A role, and the one policy that is attached to it. The policy is made before it."""

    kind = "role"
    role: str
    service: str
    policy: str
    purpose: str = ""

    @property
    def name(self) -> str:
        """The role's name."""
        return self.role

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find; `trust` is who may take it on, `policies` are `Custom/name`."""
        told = cloud.look(GET_ROLE, {"RoleName": self.role})
        if told is None:
            return None
        attached = cloud.call(LIST_ATTACHED, {"RoleName": self.role})["Policies"]["Policy"]
        policies = sorted(f"{policy['PolicyType']}/{policy['PolicyName']}" for policy in attached)
        document = _read(told["Role"]["AssumeRolePolicyDocument"])
        return {**told["Role"], "trust": document, "policies": policies}

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"for {self.service}, with policy {self.policy}"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences."""
        if _principals(found["trust"]) != _principals(trust(self.service)):
            yield f"trusts {', '.join(sorted(_principals(found['trust'])))} → {self.service}"
        if self._attached not in found["policies"]:
            yield f"policy {self.policy} not attached → attached"
        yield from (f"policy {other} attached → detached" for other in self._others(found))

    def foreign(self, found: Found) -> str:
        """See Resource.foreign."""
        return _foreign(found, self.name)

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        description = f"{self.purpose} ({MARK})"
        document = _text(trust(self.service))
        cloud.call(
            CREATE_ROLE,
            {"RoleName": self.role, "AssumeRolePolicyDocument": document, "Description": description},
        )
        self._attach(cloud)

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change: what was attached by others grants more than is needed, and goes."""
        document = _text(trust(self.service))
        if _principals(found["trust"]) != _principals(trust(self.service)):
            cloud.call(UPDATE_ROLE, {"RoleName": self.role, "NewAssumeRolePolicyDocument": document})
        if self._attached not in found["policies"]:
            self._attach(cloud)
        for other in self._others(found):
            self._detach(cloud, other)

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete."""
        for policy in found["policies"]:
            self._detach(cloud, policy)
        cloud.call(DELETE_ROLE, {"RoleName": self.role})

    @property
    def _attached(self) -> str:
        return f"Custom/{self.policy}"

    def _others(self, found: Found) -> list[str]:
        return [policy for policy in found["policies"] if policy != self._attached]

    def _attach(self, cloud: Cloud) -> None:
        cloud.call(ATTACH, {"PolicyType": "Custom", "PolicyName": self.policy, "RoleName": self.role})

    def _detach(self, cloud: Cloud, policy: str) -> None:
        kind, _, name = policy.partition("/")
        cloud.call(DETACH, {"PolicyType": kind, "PolicyName": name, "RoleName": self.role})


def _short(resource: str) -> str:
    """`trailguard-alerts` of acs:log:cn-hangzhou:1234:project/trailguard/logstore/trailguard-alerts."""
    return resource.removesuffix("/*").rpartition("/")[2]


def _foreign(found: Found, name: str) -> str:
    if MARK in str(found.get("Description")):
        return ""
    return f"not made by trailguard: rename it, or let it be taken over with --adopt {name}"


def _text(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"))


def _read(text: str) -> dict[str, Any]:
    """A policy's document as RAM shows it: JSON, or JSON in percent signs (GetPolicyVersion, GetRole)."""
    document = json.loads(unquote(text) if text.startswith("%") else text)
    return dict(document)


def _grants(document: Document) -> frozenset[str]:
    """Every action on every resource, as text; also conditions and denials, so that none goes unseen."""
    return frozenset(
        f"{_effect(statement)}{action} on {resource}{_condition(statement)}"
        for statement in _listed(document.get("Statement"))
        for action in _listed(statement.get("Action"))
        for resource in _listed(statement.get("Resource"))
    )


def _effect(statement: Mapping[str, Any]) -> str:
    return "" if statement.get("Effect") == "Allow" else "deny "


def _condition(statement: Mapping[str, Any]) -> str:
    return f" if {json.dumps(statement['Condition'], sort_keys=True)}" if statement.get("Condition") else ""


def _principals(document: Document) -> frozenset[str]:
    return frozenset(
        str(principal)
        for statement in _listed(document.get("Statement"))
        for kind in statement.get("Principal", {}).values()
        for principal in _listed(kind)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@dataclass(frozen=True)
class ServiceRole(Resource):
    """A service-linked role: a cloud service's own, which the account must agree to once."""

    kind = "service-linked role"
    role: str
    service: str

    @property
    def name(self) -> str:
        """The role's name, which the service has fixed."""
        return self.role

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find."""
        return cloud.look(GET_ROLE, {"RoleName": self.role})

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"lets {self.service} write into the account's projects"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences: only the service itself can change it."""
        return ()

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        cloud.call(CREATE_SERVICE_ROLE, {"ServiceName": self.service})

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change."""

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete."""

    def keeps(self, found: Found) -> str:
        """See Resource.keeps."""
        return "belongs to the service"
