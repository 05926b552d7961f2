"""Say which rules match an event or not, and which condition decided.

EVENT is a file, `-` for standard input, or the JSON or the line of a host's log itself.

examples:
  trailguard explain event.json
  trailguard explain event.json --rule root-sign-in
  trailguard explain '{"eventName": "StopLogging", "serviceName": "Actiontrail"}'
  trailguard explain 'Nov 23 11:32:24 web-01 sshd[77]: Accepted password for root from 203.0.113.7 port 9'
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

from shared.alerting.build import reason_text
from shared.cli.inputs import Input, read
from shared.cli.loading import load_what_is_sound, this_host
from shared.config import AlertsConfig
from shared.detection.engine import Engine
from shared.detection.rule import Rule
from shared.events.any_reader import AnyReader
from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.host_reader import is_host_line
from shared.events.oss_dump import is_line as is_oss_line
from shared.events.sources import SOURCES
from shared.spelling import nearest


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `explain`."""
    parser.add_argument("event", metavar="EVENT")
    parser.add_argument("--rule", help="explain this rule alone, whatever the event")


def run(options: argparse.Namespace) -> int:
    """0; 2 when the event or something in alerts/ can't be read, or there is no such rule."""
    config = load_what_is_sound(options.alerts)
    if config is None:
        return 2
    chosen = [rule for rule in config.rules if not options.rule or rule.name == options.rule]
    if not chosen:
        hint = nearest(options.rule, [rule.name for rule in config.rules])
        print(f"no rule '{options.rule}'{hint}", file=sys.stderr)
        return 2
    try:
        for event in _events(options.event):
            print("\n".join(_explained(event, chosen if options.rule else _candidates(config, event))))
    except (OSError, ValueError) as error:
        print(f"{options.event[:80]}: {error}", file=sys.stderr)
        return 2
    return 2 if config.problems else 0


def _events(argument: str) -> Iterator[Event]:
    """Raises ValueError for what is no event."""
    reader = AnyReader(this_host())
    for piece in _inputs(argument):
        for found in reader.read(piece.text, piece.origin, datetime.now(timezone.utc)):
            if isinstance(found, Unreadable):
                raise ValueError(found.reason)
            yield found


def _inputs(argument: str) -> Iterable[Input]:
    """What the argument is itself: JSON, or the line of a log; else what is in the file that it names."""
    if argument.lstrip()[:1] in ("{", "[") or is_oss_line(argument) or is_host_line(argument, ""):
        return [Input(argument, "argument", 1.0)]
    return read(argument)


def _candidates(config: AlertsConfig, event: Event) -> list[Rule]:
    return Engine(config.rules, SOURCES.values()).indexes[event.source].candidates(event.fields)


def _explained(event: Event, rules: list[Rule]) -> Iterator[str]:
    subject = SOURCES[event.source].subject(event)
    yield f"{subject.action} by {subject.actor or '?'} at {event.time:%Y-%m-%d %H:%M:%S} UTC ({event.id})"
    for name, value in event.fields.get("facts", {}).items():
        yield f"  facts.{name} = {value}"
    for rule in sorted(rules, key=lambda rule: not rule.matches(event)):
        yield from _verdict(rule, event)
    yield f"{len(rules)} rule(s) look for such events; the others can't match"


def _verdict(rule: Rule, event: Event) -> Iterator[str]:
    if rule.matches(event):
        counts = "; it remembers: what else happened decides" if rule.kind else ""
        yield f"MATCHES {rule.name} ({rule.level}, {rule.mode}{counts})"
        shown = [reason for reason in rule.reasons(event) if reason.held]
    elif (exemption := rule.exemption(event)) is not None:
        yield f"excepted {rule.name}: {exemption.reason}"
        shown = []
    else:
        yield f"no match {rule.name}"
        shown = [reason for reason in rule.reasons(event) if not reason.held]
    for reason in shown:
        yield f"    {'✓' if reason.held else '✗'} {reason_text(reason)}"
