"""List the silences in force: what is quiet, until when, by whom and why.

examples:
  trailguard silences
  trailguard silences --all --json
"""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timezone

from shared.alerting.silences import Silence
from shared.cli.oncall import local, open_office, print_table
from shared.cli.store import add_state


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `silences`."""
    parser.add_argument("--all", action="store_true", help="ended ones, too")
    parser.add_argument("--json", action="store_true", help="one silence a line")
    add_state(parser)


def run(options: argparse.Namespace) -> int:
    """0; 2 when the state or alerts/ can't be read."""
    office = open_office(options)
    if office is None:
        return 2
    now = datetime.now(timezone.utc)
    found = sorted((s for s in office.silences.all() if options.all or now < s.ends), key=lambda s: s.ends)
    if options.json:
        for silence in found:
            print(json.dumps(_plain(silence)))
        return 0
    rows = [(s.id, local(s.starts), local(s.ends), _what(s), s.author, s.reason) for s in found]
    print_table(("id", "from", "until", "matchers", "by", "reason"), rows)
    return 0


def _what(silence: Silence) -> str:
    return ", ".join(map(str, silence.matchers))


def _plain(silence: Silence) -> dict[str, object]:
    return {
        "id": silence.id,
        "matchers": [str(matcher) for matcher in silence.matchers],
        "author": silence.author,
        "reason": silence.reason,
        "starts": silence.starts.isoformat(),
        "ends": silence.ends.isoformat(),
    }
