"""RAM 2015-05-01: making and changing roles and custom policies; service-linked roles, by ResourceManager.

What there is stands in ram.py's Ram; here is what only its maker asks for: descriptions, and old versions.
Reference: alibabacloud.com/help/en/ram/developer-reference, under each action's name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal
from tests.cloud.openapi.products import ram
from tests.cloud.openapi.products.ram import Ram, Role

MAX_VERSIONS = 5
MAX_LENGTH = 6144  # characters of a policy's document
SERVICE_ROLES = {
    "actiontrail.aliyuncs.com": "AliyunServiceRoleForActionTrail",
    "audit.log.aliyuncs.com": "AliyunServiceRoleForSLSAudit",
}


@dataclass
class Made:
    """Descriptions of roles and policies, and the versions of policies, the one in force last."""

    roles: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)


def get_role(account: Account, call: Call) -> dict[str, Any]:
    told = ram.get_role(account, call)["Role"]
    return {"Role": {**told, "Description": account[Made].roles.get(told["RoleName"], "")}}


def create_role(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("RoleName")
    if name in account[Ram].roles:
        raise Refusal(409, "EntityAlreadyExists.Role", f"The role already exists: {name}.")
    account[Ram].role(name, trust=json.loads(call.need("AssumeRolePolicyDocument")))
    account[Made].roles[name] = call.parameters.get("Description", "")
    return get_role(account, call)


def update_role(account: Account, call: Call) -> dict[str, Any]:
    _role(account, call).trust = json.loads(call.need("NewAssumeRolePolicyDocument"))
    return get_role(account, call)


def delete_role(account: Account, call: Call) -> dict[str, Any]:
    if _role(account, call).policies:
        raise Refusal(409, "DeleteConflict.Role.Policy", "The role has policies attached.")
    del account[Ram].roles[call.need("RoleName")]
    return {}


def get_policy(account: Account, call: Call) -> dict[str, Any]:
    told = ram.get_policy(account, call)
    description = account[Made].policies.get(call.need("PolicyName"), "")
    return {**told, "Policy": {**told["Policy"], "Description": description}}


def create_policy(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("PolicyName")
    if name in account[Ram].custom:
        raise Refusal(409, "EntityAlreadyExists.Policy", f"The policy already exists: {name}.")
    account[Ram].custom[name] = _document(call)
    account[Made].policies[name] = call.parameters.get("Description", "")
    account[Made].versions[name] = ["v1"]
    return {}


def create_version(account: Account, call: Call) -> dict[str, Any]:
    name, versions = (
        _policy(account, call),
        account[Made].versions.setdefault(call.need("PolicyName"), ["v1"]),
    )
    if len(versions) >= MAX_VERSIONS:
        if not call.parameters.get("RotateStrategy", "").startswith("DeleteOldestNonDefault"):
            raise Refusal(409, "LimitExceeded.Policy.Version", "The count of versions is beyond the limit.")
        del versions[0]
    versions.append(f"v{1 + max(int(version[1:]) for version in versions)}")
    if call.parameters.get("SetAsDefault") != "true":
        raise Refusal(400, "InvalidParameter", "The local RAM only makes versions that are in force.")
    account[Ram].custom[name] = _document(call)
    return {"PolicyVersion": {"VersionId": versions[-1]}}


def list_versions(account: Account, call: Call) -> dict[str, Any]:
    versions = account[Made].versions.get(_policy(account, call), ["v1"])
    told = [{"VersionId": v, "IsDefaultVersion": v == versions[-1]} for v in versions]
    return {"PolicyVersions": {"PolicyVersion": told}}


def delete_version(account: Account, call: Call) -> dict[str, Any]:
    versions = account[Made].versions[_policy(account, call)]
    if call.need("VersionId") == versions[-1]:
        raise Refusal(409, "DeleteConflict.PolicyVersion.Default", "The default version can't be deleted.")
    versions.remove(call.parameters["VersionId"])
    return {}


def delete_policy(account: Account, call: Call) -> dict[str, Any]:
    name = _policy(account, call)
    if len(account[Made].versions.get(name, [])) > 1:
        raise Refusal(409, "DeleteConflict.Policy.Version", "The policy has versions besides the default.")
    if any(name in holder.policies for holder in account[Ram].holders()):
        raise Refusal(409, "DeleteConflict.Policy.Role", "The policy is attached to a role.")
    del account[Ram].custom[name]
    return {}


def attach(account: Account, call: Call) -> dict[str, Any]:
    role, name = _role(account, call), call.need("PolicyName")
    if call.need("PolicyType") == "Custom":
        _policy(account, call)
    if name in role.policies:
        raise Refusal(409, "EntityAlreadyExists.Role.Policy", "The policy is attached already.")
    role.policies = (*role.policies, name)
    return {}


def detach(account: Account, call: Call) -> dict[str, Any]:
    role, name = _role(account, call), call.need("PolicyName")
    if name not in role.policies:
        raise Refusal(404, "EntityNotExist.Role.Policy", "The policy is not attached.")
    role.policies = tuple(policy for policy in role.policies if policy != name)
    return {}


def create_service_role(account: Account, call: Call) -> dict[str, Any]:
    service = call.need("ServiceName")
    if service not in SERVICE_ROLES:
        raise Refusal(400, "InvalidParameter.ServiceName", f"The service {service} has no such role.")
    name = SERVICE_ROLES[service]
    if name in account[Ram].roles:
        raise Refusal(409, "EntityAlreadyExists.Role", "The role already exists.")
    account[Ram].role(name)
    return {"Role": {"RoleName": name}}


def _role(account: Account, call: Call) -> Role:
    name = call.need("RoleName")
    if name not in account[Ram].roles:
        raise Refusal(404, "EntityNotExist.Role", f"The role not exists: {name}.")
    return account[Ram].roles[name]


def _policy(account: Account, call: Call) -> str:
    name = call.need("PolicyName")
    if name not in account[Ram].custom:
        raise Refusal(404, "EntityNotExist.Policy", f"The policy does not exist: {name}.")
    return name


def _document(call: Call) -> dict[str, Any]:
    text = call.need("PolicyDocument")
    if len(text) > MAX_LENGTH:
        raise Refusal(400, "InvalidParameter.PolicyDocument.Length", "The policy document is too long.")
    return dict(json.loads(text))


PRODUCTS = [
    Product(
        "Ram",
        "2015-05-01",
        {
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
            "AttachPolicyToRole": attach,
            "DetachPolicyFromRole": detach,
        },
    ),
    Product("ResourceManager", "2020-03-31", {"CreateServiceLinkedRole": create_service_role}),
]
