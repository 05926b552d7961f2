"""KMS: keys of users and of services. Secrets are in secrets.py."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_number
from tests.cloud.openapi.product import Account, Call, Product, Refusal


@dataclass
class Kms:
    """The keys, in every region the same, by id."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    of_services: set[str] = field(default_factory=set)

    def key(self, name: str, state: str = "Enabled", **settings: Any) -> dict[str, Any]:
        """A symmetric key with rotation and protection on; `settings` change what DescribeKey tells, None
        leaves a field out. Its metadata, to be changed later."""
        told = {"KeyId": name, "KeyState": state, "KeySpec": "Aliyun_AES_256", "KeyUsage": "ENCRYPT/DECRYPT"}
        told |= {"Origin": "Aliyun_KMS", "AutomaticRotation": "Enabled", "DeletionProtection": "Enabled"}
        self.keys[name] = {k: v for k, v in {**told, **settings}.items() if v is not None}
        return self.keys[name]

    def service_key(self, name: str) -> None:
        """The default key of a service."""
        self.key(name, AutomaticRotation="Disabled", DeletionProtection="Disabled")
        self.of_services.add(name)


def list_keys(account: Account, call: Call) -> dict[str, Any]:
    filters = json.loads(call.parameters.get("Filters", "[]"))
    kinds = next((each["Values"] for each in filters if each["Key"] == "CreatorType"), ["User", "Service"])
    kms = account[Kms]
    found = [
        {"KeyId": name, "KeyArn": f"acs:kms:{call.region}:{account.id}:key/{name}"}
        for name in kms.keys
        if ("Service" if name in kms.of_services else "User") in kinds
    ]
    return by_number(call, found, "Keys", "Key")


def describe_key(account: Account, call: Call) -> dict[str, Any]:
    found = account[Kms].keys.get(call.need("KeyId"))
    if found is None:
        raise Refusal(404, "Forbidden.KeyNotFound", "The specified Key is not found.")
    return {"KeyMetadata": found}


PRODUCT = Product("Kms", "2016-01-20", {"ListKeys": list_keys, "DescribeKey": describe_key})
