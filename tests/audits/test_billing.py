"""Money: the balance, what the month will come to, orders, and what each product costs a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from shared.audits.billing import (
    BILLING_BALANCE,
    BILLING_FORECAST,
    BILLING_ORDERS,
    billed_days,
)
from shared.audits.billing_spend import BILLING_SPEND
from shared.audits.collector import Collector
from shared.audits.money import amount, shown
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, SERVER_ERROR, THROTTLED, Fault
from tests.cloud.openapi.products.bssopenapi import Billing

EACH = pytest.mark.parametrize(
    "collector",
    [BILLING_BALANCE, BILLING_FORECAST, BILLING_ORDERS, BILLING_SPEND],
    ids=lambda each: each.name,
)
TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)  # in Beijing


@pytest.fixture(autouse=True)
def today(audits: Audits) -> None:
    audits.now = NOON


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("10,000.00", "10000.00"),
        ("1,234,567.891", "1234567.89"),
        ("-0.5", "-0.50"),
        (0.1 + 0.2, "0.30"),
        (312, "312.00"),
        ("0", "0.00"),
    ],
)
def test_amounts_are_read_as_they_are_written(told: object, text: str) -> None:
    assert shown(amount(told)) == text


@pytest.mark.parametrize("told", ["", "a lot", None, True, "NaN", "Infinity", [1]])
def test_what_is_no_amount_is_no_zero(told: object) -> None:
    with pytest.raises(ArithmeticError):
        amount(told)


def test_a_balance_with_commas(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    billing.balance, billing.cash, billing.credit = "12,345.60", "2,345.60", "10,000.00"
    told = facts(audits.look(BILLING_BALANCE), "billing_balance")["account"]
    assert {key: told[key] for key in ("balance", "cash", "credit", "currency")} == {
        "balance": "12345.60",
        "cash": "2345.60",
        "credit": "10000.00",
        "currency": "CNY",
    }


def test_a_balance_that_is_not_understood_is_unknown(audits: Audits) -> None:
    audits.openapi.account[Billing].balance = "--"
    events = audits.look(BILLING_BALANCE)
    assert facts(events, "billing_balance") == {}
    assert facts(events, "unknown")["billing_balance account"]["error"] == "BadResponse"


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-11-01T04:00:00", 0),
        ("2026-11-02T04:00:00", Decimal("0.5")),
        ("2026-11-20T16:00:00", 19),
        ("2026-10-31T16:00:00", 0),
        ("2026-10-31T15:59:59", Decimal("29.99998842592592592592592593")),
    ],
    ids=["the first", "the second", "midnight in Beijing", "a new month in Beijing", "a second before"],
)
def test_days_that_the_bill_covers(now: str, days: Decimal) -> None:
    assert billed_days(datetime.fromisoformat(f"{now}+00:00")) == days


def test_the_forecast_takes_use_forward_and_subscriptions_as_they_are(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    audits.now = datetime(2026, 11, 20, 16, tzinfo=timezone.utc)  # 19 days are billed
    billing.cost("2026-11-02", "ecs", 100.1)
    billing.cost("2026-11-03", "oss", "89.9")
    billing.cost("2026-11-03", "rds", 1000, "Subscription")
    billing.cost("2026-10-31", "ecs", 5000)
    told = facts(audits.look(BILLING_FORECAST), "billing_forecast")["2026-11"]
    assert {key: told[key] for key in ("spent", "days", "forecast")} == {
        "spent": "1190.00",
        "days": "19.0",
        "forecast": "1300.00",
    }
    assert "pay-as-you-go so far / days billed" in told["method"]


def test_the_first_days_of_a_month_have_no_forecast_and_the_last_month_is_gone(audits: Audits) -> None:
    audits.openapi.account[Billing].cost("2026-11-19", "ecs", 10)
    audits.look(BILLING_FORECAST)
    audits.now = datetime(2026, 12, 2, tzinfo=timezone.utc)
    told = facts(audits.look(BILLING_FORECAST), "billing_forecast")
    assert told["2026-11"]["exists"] is False
    assert told["2026-12"]["spent"] == "0.00"
    assert "forecast" not in told["2026-12"]


def test_orders_of_the_last_day_on_several_pages(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    audits.openapi.page_size = 2
    for number in range(3):
        billing.order(f"order-{number}", f"2026-11-20T0{number}:00:00Z", "1,500.00")
    billing.order("order-old", "2026-11-18T00:00:00Z", "9,000.00")
    told = facts(audits.look(BILLING_ORDERS), "billing_order")
    assert set(told) == {"order-0", "order-1", "order-2"}
    assert told["order-0"]["amount"] == "1500.00"
    assert told["order-0"]["order_region"] == "cn-hangzhou"


def test_an_old_order_is_not_gone(audits: Audits) -> None:
    audits.openapi.account[Billing].order("order-1", "2026-11-20T00:00:00Z", "10")
    audits.look(BILLING_ORDERS)
    audits.now += timedelta(days=3)
    assert facts(audits.look(BILLING_ORDERS), "billing_order") == {}


def spend(audits: Audits) -> dict[str, dict[str, str]]:
    return facts(audits.look(BILLING_SPEND), "billing_spend")


def test_spend_is_compared_with_the_four_weeks_before(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    for days in range(3, 31):
        billing.cost(ago(days), "ecs", 10 if days % 2 else 20)
    billing.cost(ago(2), "ecs", 40.5)
    billing.cost(ago(2), "ecs", 4.5)
    billing.cost(ago(2), "ecs", 900, "Subscription")
    billing.cost(ago(1), "ecs", 3)  # half a day's bill
    billing.cost(ago(31), "ecs", 10_000)  # too long ago
    told = spend(audits)["ecs"]
    keys = ("day", "amount", "median", "increase", "factor", "total", "product_name")
    assert {key: told[key] for key in keys} == {
        "day": ago(2),
        "amount": "45.00",
        "median": "15.00",
        "increase": "30.00",
        "factor": "3.00",
        "total": "1368.00",
        "product_name": "ECS",
    }


def test_one_dear_day_of_the_past_is_no_measure(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    for days in range(1, 31):
        billing.cost(ago(days), "oss", 5)
    billing.cost(ago(9), "oss", 5000)
    assert spend(audits)["oss"]["median"] == "5.00"


def test_a_product_that_cost_nothing_before_has_no_factor(audits: Audits) -> None:
    audits.openapi.account[Billing].cost(ago(1), "pai", 800)
    told = spend(audits)["pai"]
    assert (told["median"], told["increase"]) == ("0.00", "800.00")
    assert "factor" not in told


def test_many_products_on_several_pages(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    audits.openapi.page_size = 2
    for number in range(5):
        billing.cost(ago(1), f"p{number}", number)
    assert {code: told["amount"] for code, told in spend(audits).items()} == {
        f"p{number}": f"{number}.00" for number in range(5)
    }


def test_a_day_that_cannot_be_asked_makes_no_median(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    billing.cost(ago(1), "ecs", 10)
    spend(audits)
    audits.openapi.fail("QueryAccountBill", SERVER_ERROR, BillingDate=ago(17))
    events = audits.look(BILLING_SPEND)
    assert facts(events, "billing_spend") == {}
    assert facts(events, "unknown")["billing_spend"]["api"] == "bss:QueryAccountBill"
    audits.openapi.mend()
    assert spend(audits)["ecs"]["exists"] is True


def test_a_product_that_is_billed_no_more_is_gone(audits: Audits) -> None:
    billing = audits.openapi.account[Billing]
    billing.cost(ago(1), "ecs", 10)
    spend(audits)
    audits.now += timedelta(days=40)
    assert spend(audits)["ecs"]["exists"] is False


@EACH
def test_an_account_of_the_other_site_is_asked_there(audits: Audits, collector: Collector) -> None:
    billing = audits.openapi.account[Billing]
    billing.international, billing.currency = True, "USD"
    billing.cost(ago(1), "ecs", 10)
    billing.order("order-1", "2026-11-20T00:00:00Z", "10")
    events = audits.look(collector)
    assert facts(events, "unknown") == {}
    told = [event.fields["currency"] for event in events if "currency" in event.fields]
    assert told == ["USD"]
    regions = [call.region for call in audits.openapi.requests]
    assert regions == ["", *["ap-southeast-1"] * (len(regions) - 1)], "once at home, then there alone"


def test_an_account_that_is_billed_at_neither_site_is_unknown(audits: Audits) -> None:
    audits.openapi.fail("*", Fault("NotApplicable"))
    events = audits.look(BILLING_BALANCE)
    assert facts(events, "unknown")["billing_balance account"]["error"] == "NotApplicable"
    assert [call.region for call in audits.openapi.requests] == ["", "ap-southeast-1"]


@EACH
def test_denied_is_unknown(audits: Audits, collector: Collector) -> None:
    audits.openapi.fail("*", DENIED)
    events = audits.look(collector)
    (unknown,) = facts(events, "unknown").values()
    assert unknown["api"] == collector.apis[0].permission
    assert facts(events, "audit_run")[collector.name]["complete"] is False


@EACH
def test_an_empty_account_and_throttling(audits: Audits, collector: Collector) -> None:
    audits.openapi.fail("*", THROTTLED, times=2)
    events = audits.look(collector)
    assert facts(events, "unknown") == {}
    assert facts(events, "audit_run")[collector.name]["complete"] is True
