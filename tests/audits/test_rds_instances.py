"""RDS instances: who may reach them, and whether they speak TLS."""

from __future__ import annotations

import pytest

from shared.audits.collector import Collector
from shared.audits.rds_instances import RDS_ADDRESSES, RDS_SQL_AUDIT, RDS_SSL, RDS_WHITELISTS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import BROKEN, DENIED, THROTTLED
from tests.cloud.openapi.products.rds import Rds

COLLECTORS = (RDS_WHITELISTS, RDS_ADDRESSES, RDS_SSL, RDS_SQL_AUDIT)
EACH = pytest.mark.parametrize("collector", COLLECTORS, ids=lambda each: each.name)


@pytest.mark.parametrize(
    ("entries", "world"),
    [
        ("127.0.0.1", []),
        ("10.0.0.0/8, 192.0.2.7", []),
        ("0.0.0.0/0", ["0.0.0.0/0"]),
        ("0.0.0.0", ["0.0.0.0"]),
        ("::/0,10.1.0.0/16", ["::/0"]),
        ("0.0.0.0/1,128.0.0.0/1", ["0.0.0.0/1", "128.0.0.0/1"]),
        ("sg-bp1xyz", []),
        ("", []),
    ],
)
def test_entries_that_let_the_world_in(audits: Audits, entries: str, world: list[str]) -> None:
    lists = {"default": "127.0.0.1", "app": entries}
    audits.openapi.account[Rds].instance("rm-1", whitelists=lists)
    told = facts(audits.look(RDS_WHITELISTS), "rds_whitelist")["rm-1"]
    assert told["world"] == world
    assert told["groups"] == (["app"] if world else [])


def test_public_endpoints(audits: Audits) -> None:
    rds = audits.openapi.account[Rds]
    rds.instance("rm-1", public=True)
    rds.instance("rm-2")
    told = facts(audits.look(RDS_ADDRESSES), "rds_address")
    assert {name: (f["public"], f["endpoints"]) for name, f in told.items()} == {
        "rm-1": (True, ["rm-1.public.rds.example:3306"]),
        "rm-2": (False, []),
    }


def test_ssl_in_the_words_of_each_engine_and_not_where_there_is_none(audits: Audits) -> None:
    rds = audits.openapi.account[Rds]
    for engine in ("MySQL", "PostgreSQL", "SQLServer"):
        rds.instance(f"{engine}-on", engine=engine)
        rds.instance(f"{engine}-off", engine=engine, ssl=False)
    rds.instance("MariaDB", engine="MariaDB")
    events = audits.look(RDS_SSL)
    assert {name: each["ssl"] for name, each in facts(events, "rds_ssl").items()} == {
        "MySQL-on": "on",
        "MySQL-off": "off",
        "PostgreSQL-on": "on",
        "PostgreSQL-off": "off",
        "SQLServer-on": "on",
        "SQLServer-off": "off",
    }
    assert facts(events, "unknown") == {}


def test_sql_audit_where_there_is_one(audits: Audits) -> None:
    rds = audits.openapi.account[Rds]
    rds.instance("rm-1")
    rds.instance("rm-2", engine="PostgreSQL", sql_audit=False)
    rds.instance("rm-3", category="Basic", sql_audit=False)
    rds.instance("rm-4", engine="SQLServer")
    events = audits.look(RDS_SQL_AUDIT)
    told = {name: each["sql_audit"] for name, each in facts(events, "rds_sql_audit").items()}
    assert told == {"rm-1": "on", "rm-2": "off"}
    assert facts(events, "unknown") == {}


@EACH
def test_more_than_one_page(audits: Audits, collector: Collector) -> None:
    audits.openapi.page_size = 2
    for number in range(5):
        audits.openapi.account[Rds].instance(f"rm-{number}")
    assert len(facts(audits.look(collector), collector.kinds[0])) == 5


@EACH
def test_an_empty_account(audits: Audits, collector: Collector) -> None:
    events = audits.look(collector)
    assert facts(events, collector.kinds[0]) == {}
    assert facts(events, "audit_run")[collector.name]["complete"] is True


@EACH
def test_instances_that_cannot_be_listed_are_not_gone(audits: Audits, collector: Collector) -> None:
    audits.openapi.account[Rds].instance("rm-1")
    audits.look(collector)
    audits.openapi.fail("DescribeDBInstances", DENIED)
    events = audits.look(collector)
    assert facts(events, collector.kinds[0]) == {}
    assert facts(events, "unknown")[collector.kinds[0]]["api"] == "rds:DescribeDBInstances"


@EACH
@pytest.mark.parametrize("fault", [DENIED, BROKEN], ids=["denied", "broken"])
def test_one_instance_that_is_refused_is_unknown(audits: Audits, collector: Collector, fault: object) -> None:
    rds = audits.openapi.account[Rds]
    rds.instance("rm-1", whitelists={"default": "0.0.0.0/0"}, public=True, ssl=False)
    rds.instance("rm-2")
    audits.look(collector)
    audits.openapi.fail(collector.apis[1].action, fault, DBInstanceId="rm-1")  # type: ignore[arg-type]
    events = audits.look(collector)
    assert list(facts(events, collector.kinds[0])) == ["rm-2"]
    assert list(facts(events, "unknown")) == [f"{collector.kinds[0]} rm-1"]


@EACH
def test_throttling_passes_and_what_is_released_is_gone(audits: Audits, collector: Collector) -> None:
    rds = audits.openapi.account[Rds]
    rds.instance("rm-1")
    audits.openapi.fail(collector.apis[1].action, THROTTLED, times=1)
    assert facts(audits.look(collector), collector.kinds[0])["rm-1"]["exists"] is True
    rds.instances.clear()
    assert facts(audits.look(collector), collector.kinds[0])["rm-1"]["exists"] is False
