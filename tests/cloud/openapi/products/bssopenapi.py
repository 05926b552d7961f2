"""BssOpenApi: balance, bills and orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal

ABROAD = "ap-southeast-1"


@dataclass
class Billing:
    """What the account pays. `international`: it was opened at alibabacloud.com, and billed there alone."""

    international: bool = False
    balance: str = "10,000.00"
    cash: str = "10,000.00"
    credit: str = "0.00"
    currency: str = "CNY"
    days: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    months: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)

    def cost(self, day: str, product: str, amount: float | str, subscription: str = "PayAsYouGo") -> None:
        """One line of the day's bill, and of its month's."""
        line = {"ProductCode": product, "ProductName": product.upper(), "SubscriptionType": subscription}
        line |= {"PretaxAmount": amount, "Currency": self.currency, "BillingDate": day}
        self.days.setdefault(day, []).append(line)
        self.months.setdefault(day[:7], []).append(line)

    def order(self, number: str, created: str, amount: str, kind: str = "New") -> None:
        told = {"OrderId": number, "CreateTime": created, "PretaxAmount": amount, "OrderType": kind}
        told |= {"ProductCode": "ecs", "SubscriptionType": "Subscription", "PaymentStatus": "Paid"}
        self.orders.append({**told, "Currency": self.currency, "Region": "cn-hangzhou"})


def _at_home(account: Account, call: Call) -> Billing:
    billing = account[Billing]
    if billing.international != (call.region == ABROAD):
        raise Refusal(400, "NotApplicable", "This API is not applicable for caller.")
    return billing


def _answer(**data: Any) -> dict[str, Any]:
    return {"Code": "Success", "Message": "Successful!", "Success": True, "Data": data}


def _paged(call: Call, items: list[dict[str, Any]], shell: str, name: str) -> dict[str, Any]:
    size = min(int(call.parameters.get("PageSize", 20)), call.page_size)
    number = int(call.parameters.get("PageNum", 1))
    page = items[(number - 1) * size : number * size]
    return _answer(**{shell: {name: page}, "TotalCount": len(items), "PageNum": number, "PageSize": size})


def query_balance(account: Account, call: Call) -> dict[str, Any]:
    billing = _at_home(account, call)
    return _answer(
        AvailableAmount=billing.balance,
        AvailableCashAmount=billing.cash,
        CreditAmount=billing.credit,
        MybankCreditAmount="0.00",
        Currency=billing.currency,
    )


def query_account_bill(account: Account, call: Call) -> dict[str, Any]:
    """By day, the date is needed, and has to be in the month."""
    day = call.need("BillingDate") if call.parameters.get("Granularity") == "DAILY" else ""
    if not day.startswith(call.need("BillingCycle")) or call.parameters.get("IsGroupByProduct") != "true":
        raise Refusal(400, "InvalidParameter", "BillingDate is not in BillingCycle.")
    return _paged(call, _at_home(account, call).days.get(day, []), "Items", "Item")


def query_overview(account: Account, call: Call) -> dict[str, Any]:
    items = _at_home(account, call).months.get(call.need("BillingCycle"), [])
    return _answer(BillingCycle=call.parameters["BillingCycle"], Items={"Item": items})


def query_orders(account: Account, call: Call) -> dict[str, Any]:
    """Without times, those of the last hour: a test that forgets them gets none."""
    start, end = call.need("CreateTimeStart"), call.need("CreateTimeEnd")
    found = [order for order in _at_home(account, call).orders if start <= order["CreateTime"] <= end]
    return _paged(call, found, "OrderList", "Order")


PRODUCT = Product(
    "BssOpenApi",
    "2017-12-14",
    {
        "QueryAccountBalance": query_balance,
        "QueryAccountBill": query_account_bill,
        "QueryBillOverview": query_overview,
        "QueryOrders": query_orders,
    },
)
