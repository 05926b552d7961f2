"""Amounts of money and the days that bills are about: decimals, never floats, and Beijing's calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

ZERO = Decimal(0)
CENT = Decimal("0.01")

BEIJING = timezone(timedelta(hours=8))
"""A bill's day begins at midnight there."""


def amount(told: object) -> Decimal:
    """What an API writes as `1,234.50`, as text or as a number. Raises ArithmeticError for anything else."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        raise ArithmeticError(f"{told!r} is not an amount")
    found = Decimal(str(told).replace(",", "").strip())
    if not found.is_finite():
        raise ArithmeticError(f"{told!r} is not an amount")
    return found


def shown(value: Decimal) -> str:
    """An amount as facts state it, rounded to a hundredth: `-0.50`."""
    return f"{value.quantize(CENT):f}"


def days_before(now: datetime, count: int) -> list[date]:
    """The `count` days before the one that it is, the oldest first."""
    today = now.astimezone(BEIJING).date()
    return [today - timedelta(days=number) for number in range(count, 0, -1)]
