"""The chapter on billing, end to end: an order in the trail, then money that goes, then as usual again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from shutil import copytree

import pytest

from shared.audits.billing import BILLING_BALANCE, BILLING_FORECAST, BILLING_ORDERS
from shared.audits.billing_spend import BILLING_SPEND
from shared.audits.money import BEIJING
from shared.config import HERE, load_alerts
from shared.detection.engine import Engine
from shared.events.sources import SOURCES
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED
from tests.cloud.openapi.products.bssopenapi import Billing

COLLECTORS = (BILLING_BALANCE, BILLING_FORECAST, BILLING_ORDERS, BILLING_SPEND)


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account that has used the same for a month, and whose team has looked for three days."""
    audits.now = datetime(2026, 11, 16, 4, tzinfo=timezone.utc)
    team = Team(audits, COLLECTORS)
    billing = audits.openapi.account[Billing]
    for day in range(40):
        billing.cost(f"{datetime(2026, 10, 10) + timedelta(days=day):%Y-%m-%d}", "ecs", 100)
    for _ in range(3):
        assert team.audit() == []
        audits.now += timedelta(days=1)
    return team


def yesterday(team: Team) -> str:
    return f"{team.audits.now.astimezone(BEIJING) - timedelta(days=1):%Y-%m-%d}"


def test_stolen_keys_mine_on_new_machines(team: Team) -> None:
    billing = team.audits.openapi.account[Billing]
    created = f"{team.audits.now - timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"
    billing.order("order-1", created, "12,000.00")
    heard = team.trail("BssOpenApi", "CreateInstance", ProductCode="ecs")
    assert ("billing-order-by-api", "happened") in heard
    assert team.audit() == [("billing-large-order", "happened")]
    assert "12000.00 CNY" in team.heard[-1].summary
    assert team.audit() == [], "an order is told once"

    team.audits.now += timedelta(days=1)
    billing.cost(yesterday(team), "ecs", "2,900.50")
    billing.cost(yesterday(team), "pai", 700)
    assert team.audit() == [
        ("billing-new-product", "happened"),
        ("billing-spend-spike", "standing"),
        ("billing-spend-spike", "standing"),
    ]
    said = {alert.summary for alert in team.heard if alert.rule == "billing-spend-spike"}
    assert said == {
        f"ECS cost 2900.50 CNY on {yesterday(team)}, a usual day costs 100.00",
        f"PAI cost 700.00 CNY on {yesterday(team)}, a usual day costs 0.00",
    }

    team.audits.now += timedelta(days=2)
    for day in (1, 2):
        at = team.audits.now.astimezone(BEIJING) - timedelta(days=day)
        billing.cost(f"{at:%Y-%m-%d}", "ecs", 100)
    assert team.audit() == [("billing-spend-spike", "resolved"), ("billing-spend-spike", "resolved")]


def test_the_balance_runs_out_and_is_paid_in(team: Team) -> None:
    billing = team.audits.openapi.account[Billing]
    billing.balance = billing.cash = "99.99"
    assert team.audit() == [("billing-balance-low", "standing")]
    assert "99.99 CNY" in team.heard[-1].summary
    billing.balance = billing.cash = "-1,099.99"
    assert team.audit() == []

    team.audits.openapi.fail("QueryAccountBalance", DENIED)
    assert team.audit() == [("audit-incomplete", "standing")], "unknown is not paid in"

    team.audits.openapi.mend()
    billing.balance = billing.cash = "20,000.00"
    assert team.audit() == [("audit-incomplete", "resolved"), ("billing-balance-low", "resolved")]


def test_a_team_says_what_is_little_to_it(team: Team, tmp_path: Path) -> None:
    alerts = copytree(HERE / "alerts", tmp_path / "alerts")
    (alerts / "tuning.yml").write_text("billing-balance-low: {numbers: {balance|lt: 5000}}\n")
    config = load_alerts(alerts)
    assert config.problems == []
    team.engine = Engine(config.rules, SOURCES.values())
    team.audits.openapi.account[Billing].balance = "4,999.99"
    assert team.audit() == [("billing-balance-low", "standing")]


def test_a_month_over_the_budget_ends_with_the_month(team: Team) -> None:
    billing = team.audits.openapi.account[Billing]
    billing.cost("2026-11-17", "ecs", "1,900,000.00", "Subscription")
    assert team.audit() == [("billing-forecast-over-budget", "standing")]
    team.audits.now = datetime(2026, 12, 1, 4, tzinfo=timezone.utc)
    assert ("billing-forecast-over-budget", "resolved") in team.audit()
