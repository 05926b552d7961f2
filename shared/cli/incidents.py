"""List the incidents: what is open, who has it, and why it is told just now, or not.

examples:
  trailguard incidents
  trailguard incidents --all --json | jq 'select(.level == "critical") | .id'
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from shared.alerting.desk import is_silenced
from shared.alerting.incident import Incident
from shared.alerting.silences import Silence
from shared.cli.oncall import Office, local, open_office, print_table
from shared.cli.store import add_state

HEADINGS = ("id", "state", "level", "title", "receiver", "count", "first", "last", "now")


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `incidents`."""
    add_state(parser)
    parser.add_argument("--all", action="store_true", help="closed ones, too")
    parser.add_argument("--json", action="store_true", help="one incident a line")


def run(options: argparse.Namespace) -> int:
    """0; 2 when the state or alerts/ can't be read."""
    office = open_office(options)
    if office is None:
        return 2
    now, silences = datetime.now(timezone.utc), office.silences.all()
    found = [incident for incident in office.desk.incidents() if options.all or not incident.closed]
    shown = [_shown(office, i, silences, now) for i in sorted(found, key=lambda i: i.last)]
    if options.json:
        for incident in shown:
            print(json.dumps(incident, default=datetime.isoformat))
        return 0
    print_table(HEADINGS, ([_cell(incident[name]) for name in HEADINGS] for incident in shown))
    return 0


def _shown(office: Office, incident: Incident, silences: Sequence[Silence], now: datetime) -> dict[str, Any]:
    is_quiet = incident.state == "open" and is_silenced(incident, silences, now)
    return {
        "id": incident.id,
        "state": "silenced" if is_quiet else incident.state,
        "level": incident.level,
        "title": incident.alerts[0].title,
        "receiver": incident.receiver,
        "count": incident.count,
        "first": incident.first,
        "last": incident.last,
        "now": _reason(office, incident, silences, now),
        "acknowledged_by": incident.acknowledged_by,
        "labels": incident.labels,
    }


def _reason(office: Office, incident: Incident, silences: Sequence[Silence], now: datetime) -> str:
    if incident.closed:
        return "over"
    reason = office.desk.decide(incident, now, silences).reason
    return f"{reason} by {incident.acknowledged_by}" if reason == "acknowledged" else reason


def _cell(value: object) -> str:
    return local(value) if isinstance(value, datetime) else str(value)
