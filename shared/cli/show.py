"""How commands speak to a person: colours and tables on a terminal, plain text elsewhere."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from shared.alerting.channels.console import Terminal
from shared.alerting.message import compose
from shared.events.line_shape import most_frequent
from shared.pipeline import Detector, Tally

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 120


def console(stderr: bool = False) -> Console:
    """A console for tables; as wide as the terminal, or WIDEST where there is none."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = min(shutil.get_terminal_size().columns, WIDEST) if stream.isatty() else WIDEST
    return Console(file=stream, width=width, highlight=False)


def terminal() -> Terminal:
    """The channel that prints, in this machine's own time zone."""
    zone = datetime.now(timezone.utc).astimezone().tzinfo or timezone.utc
    return Terminal(partial(compose, language="en", timezone=zone))


def totals(tally: Tally) -> str:
    """One line about everything that went through."""
    parts = [
        f"{tally.events} events judged",
        _many(tally.alerts, "alert"),
        *([f"{tally.shadow} in shadow mode"] if tally.shadow else []),
        *([_many(tally.duplicates, "duplicate") + " dropped"] if tally.duplicates else []),
        *([_many(tally.quarantined, "record") + " unreadable"] if tally.quarantined else []),
        *([_many(tally.failures, "rule failure")] if tally.failures else []),
        *([_many(tally.unknown, "line") + " of unknown shape"] if tally.unknown else []),
    ]
    return ", ".join(parts)


def tell_unknown(detector: Detector) -> None:
    """On standard error, the shapes of lines that no parser understands, and how often each came."""
    if detector.unknown:
        print(f"unknown shapes: {most_frequent(detector.unknown)}", file=sys.stderr)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
