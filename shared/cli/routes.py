"""Show the tree of routes, or whom an alert would reach by it, and why.

`test` takes an alert's labels as NAME=VALUE, or whole alerts as `replay --json` prints them.

examples:
  trailguard routes show
  trailguard routes test level=high rule=root-sign-in
  trailguard replay --json trail.gz | trailguard routes test --json -
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timezone

from shared.alerting.alert import LEVELS, Alert
from shared.alerting.matchers import LABELS, labels_of
from shared.alerting.neutralise import plain
from shared.alerting.receivers import Targets, build_targets
from shared.alerting.route import Route, Taker
from shared.alerting.route_steps import Step, steps
from shared.alerting.routes import Routing
from shared.alerting.timing import Options
from shared.cli.inputs import read
from shared.cli.oncall import load_routes
from shared.detection.duration import shown
from shared.spelling import nearest


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `routes`."""
    parser.add_argument("action", choices=("show", "test"))
    parser.add_argument(
        "labels", nargs="*", type=label, metavar="NAME=VALUE", help="labels of the alert to test"
    )
    parser.add_argument("--json", metavar="FILE", help="alerts to test, as JSON; `-` is standard input")


def run(options: argparse.Namespace) -> int:
    """0; 1 when an alert reaches no channel; 2 when routes.yml or the alert can't be read."""
    routing = load_routes(options.alerts)
    if routing is None:
        return 2
    if options.action == "show":
        print("\n".join(_tree(routing.route, 0)))
        return 0
    try:
        alerts = list(_alerts(options))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{options.json}: no alert: {error}", file=sys.stderr)
        return 2
    targets = build_targets(routing, os.environ)
    for alert in alerts:
        print("\n".join(_tested(routing, targets, alert)))
    takers = [routing.takers(alert) for alert in alerts]
    return 0 if all(targets.of([t.receiver for t in found]) for found in takers) else 1


def label(text: str) -> tuple[str, str]:
    """`level=high` as name and value. Raises ArgumentTypeError."""
    name, equals, value = text.partition("=")
    if not equals or name not in LABELS:
        raise argparse.ArgumentTypeError(f"'{text}': alerts have no label '{name}'{nearest(name, LABELS)}")
    if name == "level" and value not in LEVELS:
        raise argparse.ArgumentTypeError(f"no alert has the level '{value}'{nearest(value, LEVELS)}")
    return name, value.strip('"')


def _alerts(options: argparse.Namespace) -> Iterator[Alert]:
    if options.json:
        for piece in read(options.json):
            yield Alert.from_dict(json.loads(piece.text))
        return
    blank = dict.fromkeys(LABELS, "")
    given = {**blank, "level": "high", **dict(options.labels)}
    yield Alert(id="0" * 32, time=datetime.now(timezone.utc), summary="", event_ids=(), **given)


def _tree(route: Route, depth: int) -> Iterator[str]:
    """Each route with its matchers and what it says itself; what it does not say it inherits."""
    said = {
        "receiver": route.receiver,
        "group_by": ", ".join(route.group_by or ()),
        "group_wait": route.group_wait,
        "group_interval": route.group_interval,
        "repeat_interval": route.repeat_interval,
        "muted": ", ".join(route.mute_time_intervals),
        "active": ", ".join(route.active_time_intervals),
        "escalate": f"after {shown(route.escalate.after)} to {route.escalate.to}" if route.escalate else "",
        "continue": "yes" if route.continue_ else "",
    }
    told = [f"{k}: {shown(v) if isinstance(v, int) else v}" for k, v in said.items() if v not in ("", None)]
    yield f"{'  ' * depth}{_matchers(route)}  →  {'; '.join(told) or 'as above'}"
    for child in route.routes:
        yield from _tree(child, depth + 1)


def _matchers(route: Route) -> str:
    return ", ".join(map(str, route.matchers)) or "every alert"


def _tested(routing: Routing, targets: Targets, alert: Alert) -> Iterator[str]:
    labels = labels_of(alert)
    yield plain(", ".join(f"{name}={value}" for name, value in labels.items() if value))
    yield from (_step(step) for step in steps(routing.route, labels))
    groups = dict[tuple[str, str], str]()
    for taker in routing.ways(alert):
        yield f"→ {taker.receiver}, by {taker.path}"
        group = ", ".join(f"{k}={v}" for k, v in taker.group(alert.id, labels).items()) or "all of its alerts"
        first = groups.setdefault((taker.receiver, group), taker.path)
        also = "" if first == taker.path else f", the same as by {first}: told once, by the first not muted"
        yield plain(f"    one incident: {group}{also}")
        yield from _reached(routing, targets, taker)
    for number, rule in enumerate(routing.inhibit_rules):
        if rule.is_target(labels):
            yield f"held back while an alert of inhibit rule {rule.name or number} stands"


def _step(step: Step) -> str:
    return f"  {'  ' * step.depth}{step.path}  {_matchers(step.route)}  {plain(step.verdict)}"


def _reached(routing: Routing, targets: Targets, taker: Taker) -> Iterator[str]:
    yield f"    {_times(taker.options)}"
    if routing.is_muted(taker, datetime.now(timezone.utc)):
        yield f"    muted right now ({', '.join((*taker.mute, *taker.active))})"
    channels = [target.name for target in targets.of([taker.receiver])]
    yield f"    channels: {', '.join(channels) or 'none'}"
    for name, variables in targets.unset.items():
        if name.startswith(f"{taker.receiver}/"):
            yield f"    off: {name}, as {', '.join(variables)} is not set"


def _times(options: Options) -> str:
    wait, news, repeat = (
        span.total_seconds() for span in (options.group_wait, options.group_interval, options.repeat)
    )
    told = [f"first {'after ' + shown(wait) if wait else 'at once'}", f"news at most every {shown(news)}"]
    told.append(f"repeated after {shown(repeat)}" if repeat else "never repeated")
    if options.escalate_after:
        told.append(f"to {options.escalate_to}, too, after {shown(options.escalate_after.total_seconds())}")
    return ", ".join(told)
