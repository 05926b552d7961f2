"""Judge a bundled day of events and show the alerts: the whole pipeline, on this machine.

The same way as on Function Compute: decode, judge, outbox, route, tell; with SQLite for the logstore and the
state store, and this terminal for the channel. Nobody else is told, and nothing is kept.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from shared.alerting.channels.channel import Outcome
from shared.alerting.notice import Notice
from shared.alerting.notify import Notifier
from shared.alerting.outbox import SqliteOutbox
from shared.alerting.receivers import Target, Targets
from shared.alerting.routes import Routing
from shared.cli.inputs import read
from shared.cli.loading import load_what_is_sound, new_detector
from shared.cli.show import terminal, totals
from shared.state.sqlite import SqliteStore

DAY = Path(__file__).with_name("sample_day.ndjson")

NEXT = """
What next:
  trailguard explain '{"eventName": "StopLogging", "serviceName": "Actiontrail"}'
                           which rules match an event, and what decides
  trailguard replay FILE   your own events: a delivery file, LookupEvents output, Log Service records
  trailguard watch FILE    follow a file and alert for real: set DINGTALK_TOKEN, MAIL_TO, WEBHOOK_URL …
  trailguard rules         what is watched; edit alerts/, then `trailguard check`
  s deploy                 watch your account (README: Deploy in five minutes)"""


def add(parser: argparse.ArgumentParser) -> None:
    """`run` has no options of its own."""


def run(options: argparse.Namespace) -> int:
    """0; 2 when something in alerts/ is broken (the rest judges)."""
    config = load_what_is_sound(options.alerts)
    if config is None or config.routing is None:
        return 2
    received = datetime.now(timezone.utc)
    with tempfile.TemporaryDirectory() as folder:
        outbox = SqliteOutbox(Path(folder) / "outbox.sqlite")
        store = SqliteStore(Path(folder) / "state.sqlite")
        detector = new_detector(config, store)
        for piece in read(str(DAY)):
            detector.feed(piece.text, piece.origin.replace(str(DAY), DAY.name), received)
        detector.flush(outbox)
        desk = Screen()
        notifier = Notifier(config.routing, _targets(config.routing, desk), store)
        notifier.tell([alert for _, alert in outbox.alerts()], time.time() + 60)
        outbox.close()
        store.close()
    desk.show()
    print(totals(detector.tally))
    print(NEXT)
    return 2 if config.problems else 0


class Screen:
    """A channel that keeps what it is told, for one look at the end; what two receivers hear of, once."""

    def __init__(self) -> None:
        self._notices: dict[tuple[str, ...], Notice] = {}

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See Channel.send."""
        self._notices.setdefault(tuple(alert.id for alert in notice.alerts), notice)
        return Outcome.sent()

    def fits(self, notice: Notice) -> bool:
        """See Channel.fits: a terminal scrolls."""
        return True

    def show(self) -> None:
        """Print it all, the gravest first."""
        for notice in self._notices.values():
            terminal().send(notice, 0.0)


def _targets(routing: Routing, screen: Screen) -> Targets:
    """The screen in the place of every channel that a receiver has."""
    told = [receiver.name for receiver in routing.receivers if receiver.has_channels]
    return Targets({name: [Target(f"{name}/screen", screen)] for name in told})
