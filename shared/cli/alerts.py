"""List the latest alerts that `watch` kept, and what became of each: sent, pending, given up, told to nobody.

examples:
  trailguard alerts
  trailguard alerts --last 100 --json | jq 'select(.told | any(startswith("pending")))'
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from shared.alerting.alert import Alert
from shared.alerting.deliveries import Deliveries, Delivery
from shared.alerting.incident import ID_DIGITS
from shared.alerting.outbox import SqliteOutbox
from shared.cli.oncall import Office, local, open_office, print_table
from shared.cli.store import default_state

MOST = 100_000


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `alerts`."""
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--json", action="store_true", help="one alert a line")
    parser.add_argument(
        "--state", type=Path, default=default_state(), metavar="FILE", help="what `watch` keeps"
    )


def run(options: argparse.Namespace) -> int:
    """0; 2 when the state or alerts/ can't be read."""
    office = open_office(options)
    if office is None:
        return 2
    fates = Fates(office)
    outbox = SqliteOutbox(options.state)
    latest = [alert for _, alert in outbox.alerts()][-max(options.last, 1) :]
    outbox.close()
    if options.json:
        for alert in latest:
            print(json.dumps({**alert.to_dict(), "told": list(fates.of(alert))}))
        return 0
    rows = ((local(a.time), a.level, a.rule, a.actor, "; ".join(fates.of(a))) for a in latest)
    print_table(("when", "level", "rule", "who", "told"), rows)
    return 0


class Fates:
    """What became of alerts, by the records of deliveries. Raises StoreUnavailable."""

    def __init__(self, office: Office) -> None:
        deliveries = Deliveries(office.store)
        self._open: list[tuple[str, Delivery]] = [
            *(("pending", delivery) for delivery in deliveries.pending(MOST)),
            *(("given up", delivery) for delivery in deliveries.dead(MOST)),
        ]
        sent = (key.removeprefix("sent/") for key, _ in office.store.scan("sent/", MOST))
        self._sent = [(target, notice) for target, _, notice in (key.rpartition("/") for key in sent)]
        self._incidents = {known: i.id for i in office.desk.incidents() for known in i.known}

    def of(self, alert: Alert) -> Iterator[str]:
        """One line for each channel, or the reason why there is none."""
        incident = self._incidents.get(alert.id[-ID_DIGITS:])
        if incident is None:
            yield "shadow" if alert.mode == "shadow" else "to nobody: no channel, silenced or inhibited"
            return
        waiting = {d.target: (word, d.reason) for word, d in self._open if alert in d.notice.alerts}
        for target, (word, reason) in sorted(waiting.items()):
            yield f"{word}: {target} {reason}".rstrip()
        sent = {target for target, notice in self._sent if notice.startswith(f"{incident}-")}
        yield from (f"sent: {target}" for target in sorted(sent - set(waiting)))
        if not waiting and not sent:
            yield f"not yet: incident {incident}"
