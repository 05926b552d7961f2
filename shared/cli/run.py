"""Judge a bundled day of events and show the alerts: the whole pipeline, on this machine.

The same way as on Function Compute: decode, judge, outbox, route, tell; with SQLite for the logstore and the
state store, and this terminal for the channel. Nobody else is told, and nothing is kept.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from shared.alerting.notify import Notifier
from shared.alerting.outbox import SqliteOutbox
from shared.alerting.receivers import Target, Targets
from shared.alerting.routes import Routing
from shared.cli.inputs import read
from shared.cli.loading import load_or_complain, new_detector
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
    """0; 2 when alerts/ is broken."""
    config = load_or_complain(options.alerts)
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
        notifier = _notifier(config.routing, store)
        notifier.tell([alert for _, alert in outbox.alerts()], time.time() + 60)
        outbox.close()
        store.close()
    print(totals(detector.tally))
    print(NEXT)
    return 0


def _notifier(routing: Routing, store: SqliteStore) -> Notifier:
    """The team's routes, with this terminal standing in for every channel that a receiver has."""
    screen = terminal()
    targets = Targets({name: [Target("terminal", screen)] for name in _told(routing)})
    return Notifier(routing, targets, store)


def _told(routing: Routing) -> Iterator[str]:
    for receiver in routing.receivers:
        if receiver.dingtalk_configs or receiver.email_configs or receiver.webhook_configs:
            yield receiver.name
