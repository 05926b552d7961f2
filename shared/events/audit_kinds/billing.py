"""What audits state of money. Amounts are texts, `1234.50`, without commas and rounded to a hundredth."""

from __future__ import annotations

_CURRENCY = {"currency": "CNY, USD, …"}

BILLING = {
    "billing_balance": {
        **_CURRENCY,
        "balance": "what can be spent: cash, and credit that is left",
        "cash": "what has been paid in and is left",
        "credit": "the credit limit",
    },
    "billing_forecast": {
        **_CURRENCY,
        "spent": "this month so far, as billed",
        "days": "whole days that the bill covers",
        "forecast": "what the month will come to; no field in its first days",
        "method": "how the forecast was made",
    },
    "billing_spend": {
        **_CURRENCY,
        "product_name": "the product's name; the resource is its code",
        "day": "the dearer one of the last two days",
        "amount": "what it cost that day, pay-as-you-go",
        "median": "the median of the 28 days before",
        "increase": "amount less median",
        "factor": "amount divided by median; no field where the median is 0",
        "total": "what it cost in those 30 days, subscriptions too",
    },
    "billing_order": {
        **_CURRENCY,
        "product": "the product's code",
        "order_type": "New, Renew, Upgrade, Refund, …",
        "subscription": "Subscription or PayAsYouGo",
        "amount": "before tax",
        "status": "Paid, Unpaid or Cancelled",
        "created": "when",
        "operator": "who ordered, where the API says so",
        "order_region": "where the order is for",
    },
}
