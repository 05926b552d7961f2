"""Judge files of events and print the alerts; nobody is told.

FILE may hold a trail's OSS delivery (gzip too), Log Service records, CloudEvents, LookupEvents pages, or
events one a line or pasted; or a host's log: auth.log, secure, nginx's and Apache's error logs, osquery's
results. `-` is standard input.

examples:
  trailguard replay Actiontrail_cn-hangzhou_20261120.gz
  trailguard replay /var/log/auth.log.1
  trailguard replay --json --since 2026-11-20T08:00:00Z day.ndjson | jq .rule
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from shared.alerting.alert import Alert
from shared.alerting.notice import notice_of
from shared.cli.inputs import read
from shared.cli.loading import load_what_is_sound, new_detector
from shared.cli.progress import shown
from shared.cli.show import tell_unknown, terminal, totals
from shared.events.event import Event, Quarantined
from shared.events.event_time import parse_time
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `replay`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="`-` is standard input")
    parser.add_argument("--json", action="store_true", help="one alert a line")
    parser.add_argument(
        "--since", type=since, metavar="TIME", help="leave out alerts before it: a date, or 24h"
    )
    parser.add_argument("--shadow", action="store_true", help="rules in shadow mode too")


def run(options: argparse.Namespace) -> int:
    """0 whether or not there are alerts; 2 when an event or a rule could not be read (the rest is judged)."""
    config = load_what_is_sound(options.alerts)
    if config is None:
        return 2
    detector = new_detector(config, InMemoryStore())
    printer = Printer(options)
    readable = [_replay(name, detector, printer, options.json) for name in options.files]
    if not options.json:
        print(totals(detector.tally))
    tell_unknown(detector)
    return 0 if all(readable) and not detector.tally.quarantined and not config.problems else 2


class Printer:
    """An outbox that prints what it is given; an alert that comes again is not printed again."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._json = options.json
        self._since: datetime | None = options.since
        self._shadow = options.shadow
        self._terminal = terminal()
        self._printed: set[str] = set()

    def defer(self, events: Sequence[Event]) -> None:
        """Never asked for: a memory of one's own is always there."""
        raise RuntimeError(f"{len(events)} events deferred while replaying")

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        """Alerts on standard output, unreadable records on standard error."""
        for record in quarantined:
            print(f"{record.origin}: {record.reason}", file=sys.stderr)
        for alert in alerts:
            if self._wanted(alert) and alert.id not in self._printed:
                self._printed.add(alert.id)
                self._print(alert)

    def _wanted(self, alert: Alert) -> bool:
        if alert.rule == "unreadable-records" or (alert.mode == "shadow" and not self._shadow):
            return False
        return self._since is None or alert.time >= self._since

    def _print(self, alert: Alert) -> None:
        if self._json:
            print(json.dumps(alert.to_dict(), ensure_ascii=False))
        else:
            self._terminal.send(notice_of(alert), 0.0)


def since(text: str) -> datetime:
    """A moment: RFC 3339, a date, or so long ago (`30m`, `24h`, `7d`). Raises ArgumentTypeError."""
    if text[:-1].isdecimal() and text[-1] in _UNITS:
        return datetime.now(timezone.utc) - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
    moment = parse_time(f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text)
    if moment is None:
        raise argparse.ArgumentTypeError(f"'{text}' is neither a time like 2026-11-20T08:00:00Z nor like 24h")
    return moment


def _replay(name: str, detector: Detector, printer: Printer, quiet: bool) -> bool:
    received = datetime.now(timezone.utc)
    try:
        for number, piece in enumerate(shown(read(name), name, quiet)):
            detector.feed(piece.text, piece.origin, received)
            if number % 200 == 0:
                detector.flush(printer)
    except (OSError, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    finally:
        detector.flush(printer)
    return True
