"""Alerts on a terminal, the way a person wants to read them; honest plain text anywhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from shared.alerting.channels.channel import Compose, Outcome
from shared.alerting.channels.mail_body import text_body
from shared.alerting.message import Message
from shared.alerting.neutralise import plain
from shared.alerting.notice import Notice

if TYPE_CHECKING:  # `rich` is for people: a function on the cloud never loads it
    from rich.table import Table
    from rich.text import Text

_BADGE_STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "bold yellow",
    "low": "bold blue",
    "informational": "bold bright_black",
}


class Terminal:
    """A Channel that prints."""

    def __init__(self, compose: Compose, stream: TextIO | None = None) -> None:
        """`stream` is where to print, standard output by default."""
        self._compose = compose
        self._stream = stream

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. Raises OSError when the stream is closed."""
        message, stream = self._compose(notice), self._stream or sys.stdout
        if stream.isatty():
            _show(message, stream)
        else:
            print(text_body(message), file=stream, flush=True)
        return Outcome.sent()

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`."""
        return True


def _show(message: Message, stream: TextIO) -> None:
    """Everything goes through `Text`, which `rich` never reads as markup."""
    from rich.console import Console

    console = Console(file=stream, highlight=False)
    console.print(_heading(message))
    console.print(_facts(message))


def _heading(message: Message) -> Text:
    from rich.text import Text

    style = _BADGE_STYLES.get(message.level, "bold")
    return Text.assemble((f" {plain(message.badge)} ", style), " ", (plain(message.heading), "bold"))


def _facts(message: Message) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 1))
    for fact in message.facts:
        lines = "\n".join(map(plain, fact.lines))
        table.add_row(Text(fact.label, style="dim"), Text(lines, overflow="fold"))
    for button in message.buttons:
        table.add_row(Text(button.label, style="dim"), Text(button.url, overflow="fold"))
    table.add_row("")
    return table
