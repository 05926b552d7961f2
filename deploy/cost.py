"""What a month of Trailguard uses and costs: volumes in, a table with its formulas out.

Every formula, assumption and price stands in deploy/prices.yml. Where no price is known, the table shows the
quantity, and the total says that it leaves it out.

    python -m deploy.cost --events-per-day 1000000 --hosts 20 --host-lines-per-day 5000000
    python -m deploy.cost --page > docs/cost.md
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from deploy.bill import PRICES, CostError, Volumes, bill, read
from deploy.cost_page import option_of, page, table, totals
from deploy.vars import VarsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Print. 0, or 2 when prices.yml can't be read or worked out."""
    options = _parser().parse_args(arguments)
    volumes = Volumes(**{field.name: getattr(options, field.name) for field in fields(Volumes)})
    try:
        book = read(options.prices)
        lines = bill(book, volumes)
        print(page(book, volumes, lines) if options.page else f"{table(lines)}\n\n{totals(lines)}")
    except (CostError, VarsError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for field in fields(Volumes):
        name, default = option_of(field.name), field.default
        parser.add_argument(
            name, type=float, dest=field.name, default=default, metavar="N", help=f"{default:,.0f}"
        )
    parser.add_argument("--prices", type=Path, default=PRICES, metavar="FILE")
    parser.add_argument("--page", action="store_true", help="the whole of docs/cost.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
