"""The Tablestore instance and the table of the state store.

CreateInstance: https://www.alibabacloud.com/help/en/tablestore/developer-reference/api-tablestore-2020-12-09-createinstance
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from deploy.bootstrap.cloud import Cloud, CloudError
from deploy.bootstrap.plan import Found, Resource
from deploy.bootstrap.project import MARK
from shared.cloud.openapi import Api

VERSION = "2020-12-09"
GET = Api("Tablestore", VERSION, "GetInstance", "ots:GetInstance", "ROA", "/v2/openapi/getinstance", "GET")
CREATE = Api(
    "Tablestore", VERSION, "CreateInstance", "ots:CreateInstance", "ROA", "/v2/openapi/createinstance"
)
DELETE = Api(
    "Tablestore", VERSION, "DeleteInstance", "ots:DeleteInstance", "ROA", "/v2/openapi/deleteinstance"
)
APIS = (GET, CREATE, DELETE)

TABLE = "trailguard"
KEY = [["key", "STRING"]]
DAYS = 400
"""How long a row lives after it was last written: longer than the longest window, cool-down or baseline."""
FOREVER = -1

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,14}[A-Za-z0-9]")
_FORBIDDEN = ("ali", "ay", "ots", "taobao", "admin")


def name_problem(instance: str) -> str:
    """What is wrong with a name for an instance, empty if nothing ("CreateInstance")."""
    word = next((word for word in _FORBIDDEN if word in instance.lower()), "")
    if word:
        return f"TRAILGUARD_TABLESTORE: {instance!r} holds {word!r}, which Tablestore forbids in names"
    if not _NAME.fullmatch(instance):
        return f"TRAILGUARD_TABLESTORE: {instance!r}: 3 to 16 letters, digits and hyphens, a letter first"
    return ""


@dataclass(frozen=True)
class Instance(Resource):
    """The instance. Its type can't be changed later. SSD answers fast and costs nothing when idle."""

    kind = "Tablestore instance"
    instance: str

    @property
    def name(self) -> str:
        """The instance's name, unique in the account's region."""
        return self.instance

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find; with the names of its tables."""
        found = cloud.look(GET, {"InstanceName": self.instance})
        return found and {**found, "tables": cloud.tables.names()}

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield "high performance, billed by use"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences: any instance serves."""
        return ()

    def create(self, cloud: Cloud) -> None:
        """See Resource.create. Raises CloudError for a name that Tablestore would refuse."""
        if problem := name_problem(self.instance):
            raise CloudError("InvalidName", problem)
        body = {
            "InstanceName": self.instance,
            "ClusterType": "SSD",
            "InstanceDescription": f"Trailguard ({MARK})",
        }
        cloud.call(CREATE, body=body)

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change."""

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete."""
        cloud.call(DELETE, body={"InstanceName": self.instance})

    def foreign(self, found: Found) -> str:
        """See Resource.foreign."""
        return "" if MARK in str(found.get("InstanceDescription")) else "not made by trailguard"

    def keeps(self, found: Found) -> str:
        """See Resource.keeps: Tablestore itself refuses to delete an instance that has tables."""
        others = sorted({*found["tables"]} - {TABLE})
        return f"holds other tables: {', '.join(others)}" if others else ""


@dataclass(frozen=True)
class Table(Resource):
    """What the rules remember, and what was told to whom."""

    kind = "Tablestore table"
    needs = "Tablestore instance"
    instance: str
    table: str = TABLE

    @property
    def name(self) -> str:
        """The table's name in its instance."""
        return self.table

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find. Without its instance a table has no address to ask at."""
        if cloud.look(GET, {"InstanceName": self.instance}) is None:
            return None
        return cloud.tables.find(self.table)

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"primary key 'key' (string), one version, rows live {DAYS} days"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences."""
        if found["key"] != KEY:
            yield f"primary key {found['key']} instead of {KEY}"
        if FOREVER < found["days"] < DAYS:
            yield f"time to live {found['days']} → {DAYS} days"
        if found["versions"] != 1:
            yield f"versions {found['versions']} → 1"

    def foreign(self, found: Found) -> str:
        """See Resource.foreign."""
        return "" if found["key"] == KEY else "a table of something else; its key can't be changed"

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        cloud.tables.create(self.table, DAYS)

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change: how long rows live is never shortened."""
        days = found["days"] if found["days"] == FOREVER else max(found["days"], DAYS)
        cloud.tables.update(self.table, days, versions=1)

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete."""
        cloud.tables.delete(self.table)
