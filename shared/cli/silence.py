"""Silence alerts for a while: those that satisfy every MATCHER are not told. Their channel is told that.

A matcher is Alertmanager's: level="high", rule!=x, actor=~"ci-.*", item!~y. What is to be quiet for ever
belongs in alerts/tuning.yml, with its reason.

examples:
  trailguard silence rule=security-group-changed actor=deployer --for 2h --reason "moving the bastion hosts"
  trailguard silence 'actor=~"ci-.*"' level=low --for 1d --reason "load test" --as "Li Wei"
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta, timezone

from shared.alerting.matchers import Matcher, parse_matcher
from shared.cli.oncall import add_author, local, open_office
from shared.cli.store import add_state
from shared.detection.duration import seconds


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `silence`."""
    parser.add_argument("matchers", nargs="+", type=matcher, metavar="MATCHER", help='such as level="high"')
    parser.add_argument("--for", dest="length", type=span, required=True, metavar="SPAN", help="30m, 2h, 7d")
    parser.add_argument("--reason", required=True, help="why, for whoever wonders")
    add_author(parser)
    add_state(parser)


def run(options: argparse.Namespace) -> int:
    """0; 2 when it can't be so, or the state or alerts/ can't be read."""
    office = open_office(options)
    if office is None:
        return 2
    now = datetime.now(timezone.utc)
    try:
        made = office.silences.add(options.matchers, options.author, options.reason, now, options.length)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    told = office.desk.tell_silence(made, now)
    whom = (
        ", ".join(sorted({incident.receiver for incident in told}))
        or "nobody, as no open incident is covered"
    )
    print(f"{made.id} until {local(made.ends)}: {', '.join(map(str, made.matchers))}; told to {whom}")
    return 0


def matcher(text: str) -> Matcher:
    """One matcher of the command line. Raises ArgumentTypeError."""
    try:
        return parse_matcher(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def span(text: str) -> timedelta:
    """A span of time. Raises ArgumentTypeError."""
    try:
        return timedelta(seconds=seconds(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
