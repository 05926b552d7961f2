"""The account's money now: its balance, what the month will come to, and orders.

https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-queryaccountbalance
and its neighbours. Accounts of alibabacloud.com are billed elsewhere; shared/cloud/openapi.py finds that out.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.audits.collector import DAY, HOUR, Collector, Fields, Inquiry, Told
from shared.audits.money import BEIJING, ZERO, amount, shown
from shared.cloud.openapi import Api

VERSION = "2017-12-14"
BALANCE = Api("BssOpenApi", VERSION, "QueryAccountBalance", "bss:DescribeAcccount")  # sic, three c
OVERVIEW = Api("BssOpenApi", VERSION, "QueryBillOverview", "bss:DescribeBillList")
ORDERS = Api("BssOpenApi", VERSION, "QueryOrders", "bss:DescribeOrderList")

LATE = timedelta(days=1)
"""Bills follow what was used by a day."""

FIRST_DAYS = Decimal(2)
"""Billed days of a month before which nothing can be said about the rest of it."""

METHOD = "subscriptions so far + pay-as-you-go so far / days billed × days of the month"

ORDERS_SINCE = timedelta(days=1, hours=1)


def collect_balance(ask: Inquiry) -> Iterator[Told]:
    """The one fact about the account's balance."""
    yield from ask.each("billing_balance", [{"Name": "account"}], "Name", lambda _: _balance(ask))


def _balance(ask: Inquiry) -> Fields:
    found = ask.call(BALANCE)["Data"]
    return {
        "currency": found["Currency"],
        "balance": shown(amount(found["AvailableAmount"])),
        "cash": shown(amount(found["AvailableCashAmount"])),
        "credit": shown(amount(found["CreditAmount"])),
    }


def collect_forecast(ask: Inquiry) -> Iterator[Told]:
    """The one fact about this month. Next month it is gone, and what stood about it ends."""
    month = f"{ask.now.astimezone(BEIJING):%Y-%m}"
    yield from ask.each("billing_forecast", [{"Month": month}], "Month", lambda _: _forecast(ask, month))


def _forecast(ask: Inquiry, month: str) -> Fields:
    items = ask.call(OVERVIEW, BillingCycle=month)["Data"]["Items"]["Item"]
    spent = sum((amount(item["PretaxAmount"]) for item in items), ZERO)
    used = sum((amount(i["PretaxAmount"]) for i in items if i["SubscriptionType"] == "PayAsYouGo"), ZERO)
    days = billed_days(ask.now)
    fields = {
        "currency": next((item["Currency"] for item in items), ""),
        "spent": shown(spent),
        "days": f"{days:.1f}",
        "method": METHOD,
    }
    if days < FIRST_DAYS:
        return fields
    now = ask.now.astimezone(BEIJING)
    whole = (spent - used) + used / days * monthrange(now.year, now.month)[1]
    return {**fields, "forecast": shown(whole)}


def billed_days(now: datetime) -> Decimal:
    """The days of this month that the bill covers, with a fraction; not less than 0."""
    local = now.astimezone(BEIJING)
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    covered = local - LATE - start
    return max(Decimal(covered.days * 86_400 + covered.seconds) / 86_400, ZERO)


def collect_orders(ask: Inquiry) -> Iterator[Told]:
    """A fact for each order of the last day."""
    since = f"{ask.now - ORDERS_SINCE:%Y-%m-%dT%H:%M:%SZ}"
    until = f"{ask.now:%Y-%m-%dT%H:%M:%SZ}"
    page = {"PageNum": 1, "PageSize": 20}  # "We recommend 20 entries at most"
    found = ask.items(ORDERS, "Data.OrderList.Order", CreateTimeStart=since, CreateTimeEnd=until, **page)
    yield from ask.each("billing_order", found, "OrderId", _order)


def _order(order: dict[str, Any]) -> Fields:
    return {
        "product": order["ProductCode"],
        "order_type": order["OrderType"],
        "subscription": order["SubscriptionType"],
        "amount": shown(amount(order["PretaxAmount"])),
        "currency": order["Currency"],
        "status": order["PaymentStatus"],
        "created": order["CreateTime"],
        "operator": order.get("Operator", ""),
        "order_region": order.get("Region", ""),
    }


BILLING_BALANCE = Collector(
    name="billing-balance",
    area="billing",
    every=HOUR,
    scope="global",
    kinds=("billing_balance",),
    apis=(BALANCE,),
    collect=collect_balance,
)

BILLING_FORECAST = Collector(
    name="billing-forecast",
    area="billing",
    every=DAY,
    scope="global",
    kinds=("billing_forecast",),
    apis=(OVERVIEW,),
    collect=collect_forecast,
)

BILLING_ORDERS = Collector(
    name="billing-orders",
    area="billing",
    every=HOUR,
    scope="global",
    kinds=(),  # an order that is a day old is not gone
    apis=(ORDERS,),
    collect=collect_orders,
)
