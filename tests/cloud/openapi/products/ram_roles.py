"""RAM 2015-05-01: roles and custom policies, and the service-linked roles that ResourceManager makes.

Reference: help.aliyun.com, RAM, "API overview", under each action's name. Ids and dates are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal

MAX_VERSIONS = 5
SERVICE_ROLES = {
    "actiontrail.aliyuncs.com": "AliyunServiceRoleForActionTrail",
    "audit.log.aliyuncs.com": "AliyunServiceRoleForSLSAudit",
}


@dataclass
class Policy:
    description: str
    versions: dict[str, str] = field(default_factory=dict)
    default: str = "v1"


@dataclass
class Role:
    description: str
    trust: str
    policies: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Roles:
    """The account's roles, and its custom policies, by name."""

    roles: dict[str, Role] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)

    def role(self, name: str) -> Role:
        found = next((role for key, role in self.roles.items() if key.lower() == name.lower()), None)
        if found is None:
            raise Refusal(404, "EntityNotExist.Role", f"The role not exists: {name}.")
        return found

    def policy(self, name: str) -> Policy:
        if name not in self.policies:
            raise Refusal(404, "EntityNotExist.Policy", f"The policy does not exist: {name}.")
        return self.policies[name]


def get_role(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("RoleName")
    role = account[Roles].role(name)
    shown = {"RoleName": name, "Description": role.description, "AssumeRolePolicyDocument": role.trust}
    return {"Role": {**shown, "Arn": f"acs:ram::{account.id}:role/{name.lower()}"}}


def create_role(account: Account, call: Call) -> dict[str, Any]:
    name, roles = call.need("RoleName"), account[Roles].roles
    if name in roles:
        raise Refusal(409, "EntityAlreadyExists.Role", f"The role already exists: {name}.")
    roles[name] = Role(call.parameters.get("Description", ""), call.need("AssumeRolePolicyDocument"))
    return get_role(account, call)


def update_role(account: Account, call: Call) -> dict[str, Any]:
    account[Roles].role(call.need("RoleName")).trust = call.need("NewAssumeRolePolicyDocument")
    return get_role(account, call)


def delete_role(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("RoleName")
    if account[Roles].role(name).policies:
        raise Refusal(409, "DeleteConflict.Role.Policy", "The role has policies attached.")
    del account[Roles].roles[name]
    return {}


def get_policy(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("PolicyName")
    policy = account[Roles].policy(name)
    version = {"VersionId": policy.default, "PolicyDocument": policy.versions[policy.default]}
    shown = {"PolicyName": name, "PolicyType": "Custom", "Description": policy.description}
    return {"Policy": shown, "DefaultPolicyVersion": {**version, "IsDefaultVersion": True}}


def create_policy(account: Account, call: Call) -> dict[str, Any]:
    name, policies = call.need("PolicyName"), account[Roles].policies
    if name in policies:
        raise Refusal(409, "EntityAlreadyExists.Policy", f"The policy already exists: {name}.")
    document = call.need("PolicyDocument")
    policies[name] = Policy(call.parameters.get("Description", ""), {"v1": document})
    return {}


def create_version(account: Account, call: Call) -> dict[str, Any]:
    policy = account[Roles].policy(call.need("PolicyName"))
    if len(policy.versions) >= MAX_VERSIONS:
        if not call.parameters.get("RotateStrategy", "").startswith("DeleteOldestNonDefault"):
            raise Refusal(409, "LimitExceeded.Policy.Version", "The count of versions is beyond the limit.")
        del policy.versions[next(version for version in policy.versions if version != policy.default)]
    version = f"v{1 + max(int(name[1:]) for name in policy.versions)}"
    policy.versions[version] = call.need("PolicyDocument")
    if call.parameters.get("SetAsDefault") == "true":
        policy.default = version
    return {"PolicyVersion": {"VersionId": version}}


def list_versions(account: Account, call: Call) -> dict[str, Any]:
    policy = account[Roles].policy(call.need("PolicyName"))
    versions = [{"VersionId": v, "IsDefaultVersion": v == policy.default} for v in policy.versions]
    return {"PolicyVersions": {"PolicyVersion": versions}}


def delete_version(account: Account, call: Call) -> dict[str, Any]:
    policy = account[Roles].policy(call.need("PolicyName"))
    if call.need("VersionId") == policy.default:
        raise Refusal(409, "DeleteConflict.PolicyVersion.Default", "The default version can't be deleted.")
    del policy.versions[call.need("VersionId")]
    return {}


def delete_policy(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("PolicyName")
    if len(account[Roles].policy(name).versions) > 1:
        raise Refusal(409, "DeleteConflict.Policy.Version", "The policy has versions besides the default.")
    if any(("Custom", name) in role.policies for role in account[Roles].roles.values()):
        raise Refusal(409, "DeleteConflict.Policy.Role", "The policy is attached to a role.")
    del account[Roles].policies[name]
    return {}


def list_attached(account: Account, call: Call) -> dict[str, Any]:
    attached = account[Roles].role(call.need("RoleName")).policies
    return {"Policies": {"Policy": [{"PolicyType": kind, "PolicyName": name} for kind, name in attached]}}


def attach(account: Account, call: Call) -> dict[str, Any]:
    role, policy = account[Roles].role(call.need("RoleName")), _attachable(account, call)
    if policy in role.policies:
        raise Refusal(409, "EntityAlreadyExists.Role.Policy", "The policy is attached already.")
    role.policies.append(policy)
    return {}


def detach(account: Account, call: Call) -> dict[str, Any]:
    role = account[Roles].role(call.need("RoleName"))
    policy = (call.need("PolicyType"), call.need("PolicyName"))
    if policy not in role.policies:
        raise Refusal(404, "EntityNotExist.Role.Policy", "The policy is not attached.")
    role.policies.remove(policy)
    return {}


def create_service_role(account: Account, call: Call) -> dict[str, Any]:
    service = call.need("ServiceName")
    if service not in SERVICE_ROLES:
        raise Refusal(400, "InvalidParameter.ServiceName", f"The service {service} has no such role.")
    name = SERVICE_ROLES[service]
    if name in account[Roles].roles:
        raise Refusal(409, "EntityAlreadyExists.Role", "The role already exists.")
    account[Roles].roles[name] = Role("", "{}")
    return {"Role": {"RoleName": name}}


def _attachable(account: Account, call: Call) -> tuple[str, str]:
    kind, name = call.need("PolicyType"), call.need("PolicyName")
    if kind == "Custom":
        account[Roles].policy(name)
    return kind, name


ACTIONS = {
    "GetRole": get_role,
    "CreateRole": create_role,
    "UpdateRole": update_role,
    "DeleteRole": delete_role,
    "GetPolicy": get_policy,
    "CreatePolicy": create_policy,
    "DeletePolicy": delete_policy,
    "ListPolicyVersions": list_versions,
    "CreatePolicyVersion": create_version,
    "DeletePolicyVersion": delete_version,
    "ListPoliciesForRole": list_attached,
    "AttachPolicyToRole": attach,
    "DetachPolicyFromRole": detach,
}

PRODUCTS = [
    Product("Ram", "2015-05-01", ACTIONS),
    Product("ResourceManager", "2020-03-31", {"CreateServiceLinkedRole": create_service_role}),
]
