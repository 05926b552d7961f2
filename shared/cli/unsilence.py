"""End a silence before its time. What comes from now on is told; what came meanwhile is not.

example:
  trailguard unsilence 3f9a0c5d7e21
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone

from shared.cli.oncall import open_office
from shared.cli.store import add_state
from shared.spelling import nearest


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `unsilence`."""
    parser.add_argument("id", metavar="ID", help="a silence, as `trailguard silences` names it")
    add_state(parser)


def run(options: argparse.Namespace) -> int:
    """0; 2 when there is no such silence in force, or the state or alerts/ can't be read."""
    office = open_office(options)
    if office is None:
        return 2
    now = datetime.now(timezone.utc)
    ended = office.silences.end(options.id, now)
    if ended is None:
        known = [silence.id for silence in office.silences.all() if now < silence.ends]
        print(f"no silence '{options.id}' in force{nearest(options.id, known)}", file=sys.stderr)
        return 2
    print(f"{ended.id} ended: {', '.join(map(str, ended.matchers))}")
    return 0
