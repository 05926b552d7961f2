"""How a bill is shown: a table with its formulas, totals that say what they leave out, and docs/cost.md."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from deploy.bill import Book, Line, Volumes, deployed

CURRENCIES = ("USD", "CNY")
YOURS = "price: yours"

_INTRO = """# What a month costs

Made by `python -m deploy.cost --page`; a test keeps it true. For your own volumes:

```sh
.venv/bin/python -m deploy.cost {options}
```

Quantities are worked out by the formulas beside them; `deploy/prices.yml` has them all, with every
assumption, every measurement, and each price with the page that says it. Where no public page says a price,
there is none: put yours into that file and it is counted. Free quotas, discounts and taxes are not looked at,
nor what you would pay without Trailguard: you may keep your trail and your hosts' logs anyway.

Not in it: what Tablestore keeps (some megabytes), traffic to the Internet (some kilobytes an alert),
EventBridge, and what your mail service, robots and webhooks cost.

## An example

{volumes}
"""

_DOMINATES = """
## What dominates

{shares}

Shares are of the lines that have a price. Keeping and indexing logs is what costs, not looking at them. To
pay less, collect only those files of hosts that are judged, and let Log Service move old logs to cheaper
storage. Function Compute and a part of what Tablestore reads go with the number of calls, one every
{interval:.0f} seconds for each busy logstore: a longer `triggerInterval` in s.yaml makes fewer, and alerts
later.

## What goes into it
"""


def page(book: Book, volumes: Volumes, lines: Sequence[Line]) -> str:
    """The whole page, without a newline at its end."""
    parts = [
        _INTRO.format(options=" ".join(_options(volumes)), volumes=_sentence(volumes)),
        table(lines),
        "\n" + totals(lines),
        _DOMINATES.format(shares=_shares(lines), interval=deployed()["interval"]),
        *_ingredients(book),
    ]
    return "\n".join(parts)


def table(lines: Sequence[Line]) -> str:
    """In markdown: item, formula, quantity, and what it costs in each currency."""
    head = ["a month", "formula", "quantity", "unit", *CURRENCIES]
    rows = [head, ["---", "---", *["---:" if name != "unit" else "---" for name in head[2:]]]]
    for line in lines:
        costs = [_money(line.cost(currency)) for currency in CURRENCIES]
        rows.append(
            [line.item.item, f"`{line.item.formula}`", _number(line.quantity), line.item.unit, *costs]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def totals(lines: Sequence[Line]) -> str:
    """A sentence for each currency, with what is left out for want of a price."""
    counted = [line for line in lines if not line.item.instead and line.quantity]
    return "\n".join(f"- {_total(counted, currency)}" for currency in CURRENCIES)


def _total(lines: Sequence[Line], currency: str) -> str:
    costs = {line.item.item: line.cost(currency) for line in lines}
    known = [cost for cost in costs.values() if cost is not None]
    missing = [item for item, cost in costs.items() if cost is None]
    told = f"**{currency} {sum(known):,.2f}** for {len(known)} of {len(costs)} lines"
    return f"{told}; left out, as no price is known: {'; '.join(missing)}" if missing else told


def _money(cost: float | None) -> str:
    return YOURS if cost is None else f"{cost:,.2f}"


def _number(value: float) -> str:
    """Three digits that matter, and no fraction of large numbers."""
    if value == 0 or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def _options(volumes: Volumes) -> Iterator[str]:
    for name, value in vars(volumes).items():
        if value:
            yield f"{option_of(name)} {value:.0f}"


def option_of(name: str) -> str:
    """`--host-lines-per-day` for the volume `host_lines`."""
    return "--" + (name if name in ("hosts", "secrets") else f"{name}_per_day").replace("_", "-")


def _sentence(volumes: Volumes) -> str:
    return (
        f"{volumes.events:,.0f} ActionTrail events, {volumes.host_lines:,.0f} lines of {volumes.hosts:,.0f} "
        f"hosts, {volumes.oss_requests:,.0f} OSS requests\nand {volumes.alerts:,.0f} alerts a day:\n"
    )


def _shares(lines: Sequence[Line]) -> str:
    """What each line is of those that have a price, the largest first."""
    told = []
    for currency in CURRENCIES:
        costs = {line.item.item: line.cost(currency) or 0 for line in lines if not line.item.instead}
        whole, first = sum(costs.values()), sorted(costs, key=lambda item: -costs[item])[:3]
        parts = (f"{item}, {costs[item] / whole:.0%}" for item in first if costs[item])
        told.append(f"- {currency}: {'; '.join(parts)}")
    return "\n".join(told)


def _ingredients(book: Book) -> Iterator[str]:
    yield "| name | value | where it comes from |\n| --- | ---: | --- |"
    for name, value in deployed().items():
        yield f"| `{name}` | {value:g} | s.yaml, deploy/bootstrap, deploy/collection |"
    for name, assumption in book.assumed.items():
        yield f"| `{name}` | {assumption.value:g} | assumed: {assumption.why} |"
    for name, value in book.measured.items():
        yield f"| `{name}` | {value:g} | `python -m tests.benchmarks.invocations` |"
    for name, formula in book.quantities.items():
        yield f"| `{name}` | | `{formula}` |"
    yield "\n| price of | | source | read |\n| --- | ---: | --- | --- |"
    for item in book.items:
        for currency, price in item.prices.items():
            yield f"| {item.item} | {currency} {_plain(price.per_unit)} | {price.source} | {price.read} |"


def _plain(value: float) -> str:
    """`0.00002` and not `2e-05`."""
    return f"{value:.8f}".rstrip("0").rstrip(".")
