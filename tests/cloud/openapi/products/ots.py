"""Tablestore's control API 2020-12-09: instances. The tables are tests/cloud/tablestore's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal


@dataclass
class Tablestore:
    """The account's instances by name."""

    instances: dict[str, dict[str, Any]] = field(default_factory=dict)

    def instance(self, name: str, description: str = "", tables: int = 0) -> None:
        self.instances[name] = {
            "InstanceName": name,
            "InstanceDescription": description,
            "InstanceStatus": "normal",
            "InstanceSpecification": "SSD",
            "TableCount": tables,
        }


def get_instance(account: Account, call: Call) -> dict[str, Any]:
    return _instance(account, call.need("InstanceName"))


def create_instance(account: Account, call: Call) -> dict[str, Any]:
    sent = json.loads(call.body)
    if sent["ClusterType"] not in ("SSD", "HYBRID"):
        raise Refusal(400, "OTSParameterInvalid", "ClusterType is invalid.")
    if sent["InstanceName"] in account[Tablestore].instances:
        raise Refusal(409, "OTSObjectAlreadyExist", "The instance already exists.")
    account[Tablestore].instance(sent["InstanceName"], sent["InstanceDescription"])
    return {}


def delete_instance(account: Account, call: Call) -> dict[str, Any]:
    name = json.loads(call.body)["InstanceName"]
    _instance(account, name)
    del account[Tablestore].instances[name]
    return {}


def _instance(account: Account, name: str) -> dict[str, Any]:
    if name not in account[Tablestore].instances:
        raise Refusal(404, "OTSObjectNotExist", "The instance does not exist.")
    return account[Tablestore].instances[name]


PRODUCT = Product(
    "Tablestore",
    "2020-12-09",
    {"GetInstance": get_instance, "CreateInstance": create_instance, "DeleteInstance": delete_instance},
)
