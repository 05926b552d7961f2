"""RDS instances: who may reach them, and whether they speak TLS. Each question is a collector of its own, so
that one that is refused does not hide the others.

https://www.alibabacloud.com/help/en/rds/developer-reference/api-rds-2014-08-15-describedbinstances
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, HOUR, Collector, Fields, Inquiry, Told
from shared.cloud.openapi import Api
from shared.events.exposure import is_world

VERSION = "2014-08-15"
LIST_INSTANCES = Api("Rds", VERSION, "DescribeDBInstances", "rds:DescribeDBInstances")
LIST_WHITELISTS = Api("Rds", VERSION, "DescribeDBInstanceIPArrayList", "rds:DescribeDBInstanceIPArrayList")
LIST_ADDRESSES = Api("Rds", VERSION, "DescribeDBInstanceNetInfo", "rds:DescribeDBInstanceNetInfo")
DESCRIBE_SSL = Api("Rds", VERSION, "DescribeDBInstanceSSL", "rds:DescribeDBInstanceSSL")
DESCRIBE_SQL_AUDIT = Api("Rds", VERSION, "DescribeSQLCollectorPolicy", "rds:DescribeSQLCollectorPolicy")

WITH_SSL = ("MySQL", "PostgreSQL", "SQLServer")
"""Engines that have SSL encryption; there is nothing to ask of the others.
https://www.alibabacloud.com/help/en/rds/developer-reference/api-rds-2014-08-15-describedbinstancessl"""

SSL = {"yes": "on", "on": "on", "no": "off", "off": "off"}
"""MySQL and SQL Server say Yes or No, PostgreSQL on or off."""

WITH_SQL_AUDIT = ("MySQL", "PostgreSQL")
"""Engines that have SQL audit, but for instances of the basic edition.
https://www.alibabacloud.com/help/en/rds/developer-reference/api-rds-2014-08-15-describesqlcollectorpolicy"""

SQL_AUDIT = {"enable": "on", "disable": "off", "disabled": "off"}


def _instances(ask: Inquiry) -> Iterator[dict[str, Any]]:
    return ask.items(LIST_INSTANCES, "Items.DBInstance", MaxResults=100)


def _instances_with_ssl(ask: Inquiry) -> Iterator[dict[str, Any]]:
    return (instance for instance in _instances(ask) if instance["Engine"] in WITH_SSL)


def _instances_with_sql_audit(ask: Inquiry) -> Iterator[dict[str, Any]]:
    for instance in _instances(ask):
        if instance["Engine"] in WITH_SQL_AUDIT and instance.get("Category") != "Basic":
            yield instance


def _named(instance: dict[str, Any]) -> Fields:
    return {"name": instance.get("DBInstanceDescription", ""), "engine": instance["Engine"]}


def _whitelist(ask: Inquiry, instance: dict[str, Any]) -> Fields:
    answer = ask.call(LIST_WHITELISTS, DBInstanceId=instance["DBInstanceId"])
    groups = {
        each["DBInstanceIPArrayName"]: [entry.strip() for entry in each["SecurityIPList"].split(",") if entry]
        for each in answer["Items"]["DBInstanceIPArray"]
    }
    entries = {entry for group in groups.values() for entry in group}
    return {
        **_named(instance),
        "world": sorted(filter(is_world, entries)),
        "groups": sorted(name for name, group in groups.items() if any(map(is_world, group))),
        "entries": len(entries),
    }


def _address(ask: Inquiry, instance: dict[str, Any]) -> Fields:
    answer = ask.call(LIST_ADDRESSES, DBInstanceId=instance["DBInstanceId"])
    found = answer["DBInstanceNetInfos"]["DBInstanceNetInfo"]
    public = [f"{each['ConnectionString']}:{each['Port']}" for each in found if each["IPType"] == "Public"]
    return {**_named(instance), "public": bool(public), "endpoints": sorted(public)}


def _ssl(ask: Inquiry, instance: dict[str, Any]) -> Fields:
    answer = ask.call(DESCRIBE_SSL, DBInstanceId=instance["DBInstanceId"])
    state = SSL[str(answer["SSLEnabled"]).lower()]
    return {**_named(instance), "ssl": state, "expires": answer.get("SSLExpireTime", "")}


def _sql_audit(ask: Inquiry, instance: dict[str, Any]) -> Fields:
    answer = ask.call(DESCRIBE_SQL_AUDIT, DBInstanceId=instance["DBInstanceId"])
    return {**_named(instance), "sql_audit": SQL_AUDIT[str(answer["SQLCollectorStatus"]).lower()]}


def _collector(
    name: str,
    kind: str,
    every: int,
    api: Api,
    tell: Callable[[Inquiry, dict[str, Any]], Fields],
    instances: Callable[[Inquiry], Iterator[dict[str, Any]]] = _instances,
) -> Collector:
    def collect(ask: Inquiry) -> Iterator[Told]:
        yield from ask.each(kind, instances(ask), "DBInstanceId", partial(tell, ask))

    return Collector(name, "rds", every, "regional", (kind,), (LIST_INSTANCES, api), collect)


RDS_WHITELISTS = _collector("rds-whitelists", "rds_whitelist", HOUR, LIST_WHITELISTS, _whitelist)
RDS_ADDRESSES = _collector("rds-addresses", "rds_address", HOUR, LIST_ADDRESSES, _address)
RDS_SSL = _collector("rds-ssl", "rds_ssl", DAY, DESCRIBE_SSL, _ssl, _instances_with_ssl)
RDS_SQL_AUDIT = _collector(
    "rds-sql-audit", "rds_sql_audit", DAY, DESCRIBE_SQL_AUDIT, _sql_audit, _instances_with_sql_audit
)
