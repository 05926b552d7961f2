"""The chapter on protection, end to end: switched off in the trail, found by the audit, back, told so."""

from __future__ import annotations

import pytest

from shared.audits.sas import SECURITY_CENTER, SECURITY_CENTER_ALERTS
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.products.sas import Sas, SasHome

ENTERPRISE, FREE = 3, 1


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with five servers in China, all seen by an edition that blocks."""
    audits.openapi.account[Sas].china = SasHome(version=ENTERPRISE, servers=5)
    team = Team(audits, (SECURITY_CENTER, SECURITY_CENTER_ALERTS))
    assert team.audit() == []
    return team


def home(team: Team) -> SasHome:
    return team.audits.openapi.account[Sas].china


def test_agents_are_taken_off_and_put_back(team: Team) -> None:
    heard = team.trail("Sas", "AddUninstallClientsByUuids", Uuids="1587bedb,2698cfec")
    assert ("security-center-agent-removed", "happened") in heard
    assert team.last("security-center-agent-removed").level == "high"
    home(team).offline = 2
    assert team.audit() == [("sas-agents-offline", "standing")]
    assert "2 of 5 agent(s) are offline" in team.heard[-1].summary
    assert team.audit() == [], "what stands is told once"
    home(team).offline = 0
    assert team.audit() == [("sas-agents-offline", "resolved")]


def test_protection_is_switched_off_and_the_edition_runs_out(team: Team) -> None:
    heard = team.trail("aegis", "OperateCommonOverallConfig", Type="threat_detect", Config="off")
    assert ("security-center-protection-off", "happened") in heard
    assert team.last("security-center-protection-off").level == "high"
    home(team).version = FREE
    assert team.audit() == [("sas-free-edition", "standing")]
    home(team).version = ENTERPRISE
    assert team.audit() == [("sas-free-edition", "resolved")]


def test_the_free_edition_with_modules_that_are_paid_by_use(team: Team) -> None:
    home(team).version = FREE
    assert team.audit() == [("sas-free-edition", "standing")]
    home(team).postpay = True
    assert team.audit() == [("sas-free-edition", "resolved")]


def test_alerts_are_waved_away(team: Team) -> None:
    home(team).alerts = {"serious": 2, "remind": 40}
    assert team.audit() == [("sas-serious-alerts", "standing")]
    home(team).alerts = {"serious": 0, "remind": 40}
    heard = team.trail("Sas", "HandleSecurityEvents", OperationCode="advance_mark_mis_info")
    assert ("security-center-alerts-dismissed", "happened") in heard
    assert team.audit() == [("sas-serious-alerts", "resolved")]


@pytest.mark.parametrize(
    "refused", ["DescribeVersionConfig", "DescribeFieldStatistics", "DescribeSuspEvents"]
)
@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR], ids=["denied", "broken"])
def test_what_cannot_be_seen_is_not_protected_again(team: Team, refused: str, fault: Fault) -> None:
    home(team).version, home(team).offline, home(team).alerts = FREE, 1, {"serious": 1}
    stood = [rule for rule, _ in team.audit()]
    assert stood == ["sas-agents-offline", "sas-free-edition", "sas-serious-alerts"]

    home(team).version, home(team).offline, home(team).alerts = ENTERPRISE, 0, {}
    team.audits.openapi.fail(refused, fault)
    meanwhile = team.audit()
    hidden = stood[2:] if refused == "DescribeSuspEvents" else stood[:2]
    seen = [rule for rule in stood if rule not in hidden]
    assert [told for told in meanwhile if told[1] == "resolved"] == [(rule, "resolved") for rule in seen]

    team.audits.openapi.mend()
    over = [told for told in team.audit() if told[0] != "audit-incomplete"]
    assert over == [(rule, "resolved") for rule in hidden]
