"""The chapter on databases, end to end: opened in the trail, found open by the audit, shut, told as over."""

from __future__ import annotations

import pytest

from shared.audits.rds_instances import RDS_ADDRESSES, RDS_SQL_AUDIT, RDS_SSL, RDS_WHITELISTS
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.products.rds import Instance, Rds

WORLD = "0.0.0.0/0"


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a database that nobody reaches from outside."""
    audits.openapi.account[Rds].instance("rm-1", whitelists={"default": "10.0.0.0/8"})
    team = Team(audits, (RDS_WHITELISTS, RDS_ADDRESSES, RDS_SSL, RDS_SQL_AUDIT))
    assert team.audit() == []
    return team


def database(team: Team) -> Instance:
    return team.audits.openapi.account[Rds].instances["rm-1"]


def open_whitelist(team: Team) -> None:
    change = {"DBInstanceId": "rm-1", "DBInstanceIPArrayName": "default", "ModifyMode": "Append"}
    heard = team.trail("Rds", "ModifySecurityIps", SecurityIps=WORLD, **change)
    assert ("database-opened-to-world", "happened") in heard
    assert team.last("database-opened-to-world").level == "critical"
    database(team).whitelists["default"] = f"10.0.0.0/8,{WORLD}"


def test_a_whitelist_is_opened_found_and_closed(team: Team) -> None:
    open_whitelist(team)
    assert team.audit() == [("rds-whitelist-open-to-world", "standing")]
    assert "rm-1" in team.heard[-1].summary and WORLD in team.heard[-1].summary
    assert team.audit() == [], "what stands is told once"

    change = {"DBInstanceId": "rm-1", "DBInstanceIPArrayName": "default", "ModifyMode": "Delete"}
    closed = team.trail("Rds", "ModifySecurityIps", SecurityIps=WORLD, **change)
    assert ("database-opened-to-world", "happened") not in closed
    database(team).whitelists["default"] = "10.0.0.0/8"
    assert team.audit() == [("rds-whitelist-open-to-world", "resolved")]
    assert team.audit() == []


@pytest.mark.parametrize("refused", ["DescribeDBInstances", "DescribeDBInstanceIPArrayList"])
@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR], ids=["denied", "broken"])
def test_what_cannot_be_seen_is_not_closed(team: Team, refused: str, fault: Fault) -> None:
    open_whitelist(team)
    team.audit()
    database(team).whitelists["default"] = "10.0.0.0/8"
    team.audits.openapi.fail(refused, fault)
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}
    team.audits.openapi.mend()
    assert ("rds-whitelist-open-to-world", "resolved") in team.audit()


def test_a_public_address_is_made_and_released(team: Team) -> None:
    heard = team.trail("Rds", "AllocateInstancePublicConnection", DBInstanceId="rm-1", Port="3306")
    assert ("database-public-endpoint", "happened") in heard
    database(team).public = True
    assert team.audit() == [("rds-public-endpoint", "standing")]
    database(team).public = False
    team.trail("Rds", "ReleaseInstancePublicConnection", DBInstanceId="rm-1")
    assert team.audit() == [("rds-public-endpoint", "resolved")]


def test_encryption_on_the_way_is_switched_off_and_on(team: Team) -> None:
    heard = team.trail("Rds", "ModifyDBInstanceSSL", DBInstanceId="rm-1", SSLEnabled="0")
    assert ("database-encryption-off", "happened") in heard
    database(team).ssl = False
    assert team.audit() == [("rds-ssl-off", "standing")]
    team.audits.openapi.fail("DescribeDBInstanceSSL", DENIED)
    assert team.audit() == [("audit-incomplete", "standing")]
    team.audits.openapi.mend()
    database(team).ssl = True
    assert team.audit() == [("audit-incomplete", "resolved"), ("rds-ssl-off", "resolved")]


def test_the_record_of_statements_is_switched_off_and_on(team: Team) -> None:
    heard = team.trail("Rds", "ModifySQLCollectorPolicy", DBInstanceId="rm-1", SQLCollectorStatus="Disabled")
    assert ("database-audit-off", "happened") in heard
    database(team).sql_audit = False
    assert team.audit() == [("rds-sql-audit-off", "standing")]
    database(team).sql_audit = True
    assert team.audit() == [("rds-sql-audit-off", "resolved")]


def test_a_database_that_is_released_is_over(team: Team) -> None:
    open_whitelist(team)
    team.audit()
    team.audits.openapi.account[Rds].instances.clear()
    assert team.audit() == [("rds-whitelist-open-to-world", "resolved")]
