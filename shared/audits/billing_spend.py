"""What each product costs a day, beside what it has cost in the four weeks before.

The past is asked for anew each time: a bill may still change, and nothing is to be remembered.
https://www.alibabacloud.com/help/en/user-center/developer-reference/api-bssopenapi-2017-12-14-queryaccountbill
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from statistics import median
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.audits.money import CENT, ZERO, amount, days_before, shown
from shared.cloud.openapi import Api

DAILY_BILL = Api("BssOpenApi", "2017-12-14", "QueryAccountBill", "bss:QueryAccountBill")

LATEST, BEFORE = 2, 28
"""Days that are looked at, and days to compare them with. Two, for yesterday's bill may be half of it."""


@dataclass
class Spend:
    """What one product cost, day by day: pay-as-you-go, and in all."""

    name: str
    currency: str
    used: dict[date, Decimal] = field(default_factory=dict)
    total: Decimal = ZERO


def collect(ask: Inquiry) -> Iterator[Told]:
    """A fact for each product that was billed."""
    days = days_before(ask.now, LATEST + BEFORE)
    yield from ask.each("billing_spend", _products(ask, days), "Code", partial(_told, days))


def _products(ask: Inquiry, days: list[date]) -> Iterator[dict[str, Any]]:
    """Each product's code and Spend. A day that can't be asked spoils them all: the rest has no median."""
    found: dict[str, Spend] = {}
    for day in days:
        for item in _billed(ask, day):
            code, cost = item["ProductCode"], amount(item["PretaxAmount"])
            spend = found.setdefault(code, Spend(item["ProductName"], item["Currency"]))
            spend.total += cost
            if item["SubscriptionType"] == "PayAsYouGo":
                spend.used[day] = spend.used.get(day, ZERO) + cost
    for code, spend in found.items():
        yield {"Code": code, "Spend": spend}


def _billed(ask: Inquiry, day: date) -> Iterator[dict[str, Any]]:
    return ask.items(
        DAILY_BILL,
        "Data.Items.Item",
        BillingCycle=f"{day:%Y-%m}",
        BillingDate=day.isoformat(),
        Granularity="DAILY",
        IsGroupByProduct=True,
        PageNum=1,
        PageSize=300,
    )


def _told(days: list[date], product: dict[str, Any]) -> Fields:
    spend: Spend = product["Spend"]
    used = [spend.used.get(day, ZERO) for day in days]
    usual = median(used[:BEFORE])
    cost, day = max(zip(used[BEFORE:], days[BEFORE:], strict=True))
    return {
        "product_name": spend.name,
        "currency": spend.currency,
        "day": day.isoformat(),
        "amount": shown(cost),
        "median": shown(usual),
        "increase": shown(cost - usual),
        "total": shown(spend.total),
        **({"factor": f"{(cost / usual).quantize(CENT):f}"} if usual > 0 else {}),
    }


BILLING_SPEND = Collector(
    name="billing-spend",
    area="billing",
    every=DAY,
    scope="global",
    kinds=("billing_spend",),
    apis=(DAILY_BILL,),
    collect=collect,
)
