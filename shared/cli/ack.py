"""Acknowledge an incident: you are on it. Its channel is told, and reminders and escalations stop.

examples:
  trailguard ack 4be1c09d21
  trailguard ack 4be1c09d21 --as "Li Wei"
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone

from shared.cli.oncall import add_author, open_office
from shared.cli.store import add_state
from shared.spelling import nearest


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `ack`."""
    parser.add_argument(
        "id", metavar="ID", help="an incident, as `trailguard incidents` and messages name it"
    )
    add_author(parser)
    add_state(parser)


def run(options: argparse.Namespace) -> int:
    """0; 2 when no such incident is open, or the state or alerts/ can't be read."""
    office = open_office(options)
    if office is None:
        return 2
    found = office.desk.find(options.id)
    changed = (
        office.desk.acknowledge(options.id, options.author, datetime.now(timezone.utc)) if found else None
    )
    if found is None or changed is None:
        known = [incident.id for incident in office.desk.incidents() if not incident.closed]
        print(f"no open incident '{options.id}'{nearest(options.id, known)}", file=sys.stderr)
        return 2
    earlier = "already " if found.acknowledged_by else ""
    print(
        f"{changed.id} {earlier}acknowledged by {changed.acknowledged_by}; the next flush tells the channel"
    )
    return 0
