"""What the commands of the person on call begin with: the routes, the store, and who they are."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.alerting.desk import Desk
from shared.alerting.neutralise import plain
from shared.alerting.routes import Routing
from shared.alerting.silences import Silences
from shared.cli.show import console
from shared.cli.store import open_store
from shared.config import load_telling
from shared.state.store import StateStore


@dataclass(frozen=True)
class Office:
    """The incidents and silences of one store, by the routes of one alerts/ folder."""

    routing: Routing
    store: StateStore
    desk: Desk
    silences: Silences


def open_office(options: argparse.Namespace) -> Office | None:
    """What the options choose; None, and told, when routes.yml is broken. Raises StoreUnavailable."""
    routing = load_routes(options.alerts)
    if routing is None:
        return None
    store = open_store(options.state)
    return Office(routing, store, Desk(store, routing), Silences(store))


def load_routes(directory: Path) -> Routing | None:
    """routes.yml alone: a broken rule keeps nobody from answering an incident. None, and told, when that is
    what is broken."""
    config = load_telling(directory)
    for problem in config.problems:
        print(problem, file=sys.stderr)
    return config.routing


def add_author(parser: argparse.ArgumentParser) -> None:
    """The option `--as`."""
    user = os.environ.get("USER") or "someone at the command line"
    parser.add_argument(
        "--as", dest="author", default=user, metavar="NAME", help=f"who you are, if not {user}"
    )


def local(moment: datetime) -> str:
    """A moment by this machine's clock."""
    return f"{moment.astimezone():%m-%d %H:%M}"


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table of plain text: what an event says is never markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console().print(table)
