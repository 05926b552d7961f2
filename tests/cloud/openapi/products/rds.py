"""RDS: instances, whitelists, addresses, SSL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_token
from tests.cloud.openapi.product import Account, Call, Product, Refusal

SSL = {"PostgreSQL": {True: "on", False: "off"}}


@dataclass
class Instance:
    """One database; what a test changes, it sees."""

    id: str
    engine: str = "MySQL"
    whitelists: dict[str, str] = field(default_factory=lambda: {"default": "127.0.0.1"})
    public: bool = False
    ssl: bool = True
    sql_audit: bool = True
    category: str = "HighAvailability"


@dataclass
class Rds:
    """What the account has of it, in every region the same."""

    instances: dict[str, Instance] = field(default_factory=dict)

    def instance(self, name: str, **settings: Any) -> Instance:
        self.instances[name] = Instance(name, **settings)
        return self.instances[name]


def describe_instances(account: Account, call: Call) -> dict[str, Any]:
    """Asked by MaxResults, the answer counts only the records of its page."""
    found = [
        {
            "DBInstanceId": each.id,
            "DBInstanceDescription": f"{each.id}-name",
            "Engine": each.engine,
            "Category": each.category,
        }
        for each in account[Rds].instances.values()
    ]
    answer = by_token(call, found, "DBInstance")
    page = answer.pop("DBInstance")
    return {**answer, "Items": {"DBInstance": page}, "TotalRecordCount": len(page), "PageNumber": 1}


def describe_whitelists(account: Account, call: Call) -> dict[str, Any]:
    groups = [
        {"DBInstanceIPArrayName": name, "SecurityIPList": entries, "SecurityIPType": "IPv4"}
        for name, entries in _instance(account, call).whitelists.items()
    ]
    return {"Items": {"DBInstanceIPArray": groups}}


def describe_net_info(account: Account, call: Call) -> dict[str, Any]:
    instance = _instance(account, call)
    kinds = ["Private", "Public"] if instance.public else ["Private"]
    found = [
        {"IPType": kind, "ConnectionString": f"{instance.id}.{kind.lower()}.rds.example", "Port": "3306"}
        for kind in kinds
    ]
    return {"DBInstanceNetInfos": {"DBInstanceNetInfo": found}, "InstanceNetworkType": "VPC"}


def describe_ssl(account: Account, call: Call) -> dict[str, Any]:
    instance = _instance(account, call)
    if instance.engine == "MariaDB":
        raise Refusal(400, "EngineNotSupported", "The engine of the instance does not support SSL.")
    words = SSL.get(instance.engine, {True: "Yes", False: "No"})
    expires = {"SSLExpireTime": "2027-01-01T00:00:00Z"} if instance.ssl else {}
    return {"SSLEnabled": words[instance.ssl], **expires}


def describe_sql_collector(account: Account, call: Call) -> dict[str, Any]:
    instance = _instance(account, call)
    if instance.category == "Basic" or instance.engine not in ("MySQL", "PostgreSQL"):
        raise Refusal(400, "OperationDenied.DBInstanceType", "The instance does not support the operation.")
    return {"SQLCollectorStatus": "Enable" if instance.sql_audit else "Disabled"}


def _instance(account: Account, call: Call) -> Instance:
    found = account[Rds].instances.get(call.need("DBInstanceId"))
    if found is None:
        raise Refusal(404, "InvalidDBInstanceId.NotFound", "The DBInstanceId provided does not exist.")
    return found


PRODUCT = Product(
    "Rds",
    "2014-08-15",
    {
        "DescribeDBInstances": describe_instances,
        "DescribeDBInstanceIPArrayList": describe_whitelists,
        "DescribeDBInstanceNetInfo": describe_net_info,
        "DescribeDBInstanceSSL": describe_ssl,
        "DescribeSQLCollectorPolicy": describe_sql_collector,
    },
)
