"""Check every file in alerts/ and run every rule's tests.

Run it before each commit of alerts/ and before each deploy; `s deploy` runs it too and stops if it fails.
"""

from __future__ import annotations

import argparse
import os
from datetime import date

from shared.alerting.receivers import KINDS, build_targets
from shared.alerting.templates import problems_of
from shared.config import AlertsConfig, load_alerts
from shared.detection.testing import Failure, run_tests
from shared.events.sources import SOURCES


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `check`."""
    parser.add_argument(
        "--channels", action="store_true", help="fail, too, if a receiver has channels and none is configured"
    )


def run(options: argparse.Namespace) -> int:
    """0 when all is well, 1 when something is broken."""
    config = load_alerts(options.alerts)
    failures = [
        f"{_where(config, f)}: test '{f.test.name}' {f.text}" for f in run_tests(config.shipped, SOURCES)
    ]
    warnings, errors = _channels(config)
    broken = [*map(str, config.problems), *failures, *(errors + warnings if options.channels else errors)]
    for line in broken:
        print(line)
    notes = [*map(str, config.notes), *_expired(config, date.today())]
    for line in [*notes, *([] if options.channels else warnings)]:
        print(f"note: {line}")
    tests = sum(len(rule.tests) for rule in config.shipped)
    off = len(config.shipped) - len(config.rules)
    print(f"{len(config.shipped)} rules ({off} switched off), {tests} tests: {_verdict(broken)}")
    return 1 if broken else 0


def _expired(config: AlertsConfig, today: date) -> list[str]:
    """Exceptions that except nothing any more."""
    return [
        f"tuning.yml: {rule.name}: the exception '{exemption.reason}' expired on {exemption.expires}"
        for rule in config.rules
        for exemption in rule.exemptions
        if exemption.expires and exemption.expires < today
    ]


def _where(config: AlertsConfig, failure: Failure) -> str:
    """The file of a test that failed, and the line with its name; the rule's name where there is none."""
    for path in (config.directory / "rules").rglob(f"{failure.rule.name}.y*ml"):
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if line.lstrip("- ").startswith("name:") and failure.test.name in line:
                return f"{config.directory.name}/{path.relative_to(config.directory)}:{number}"
    return failure.rule.name


def _verdict(broken: list[str]) -> str:
    return f"{len(broken)} problem{'s' if len(broken) > 1 else ''}" if broken else "all well"


def _channels(config: AlertsConfig) -> tuple[list[str], list[str]]:
    """What is not configured in this environment, and what is configured wrongly."""
    if config.routing is None:
        return [], []
    targets = build_targets(config.routing, os.environ)
    unset = [f"{name} is off: {', '.join(names)} not set" for name, names in targets.unset.items()]
    wrong = [f"routes.yml: {name}: {text}" for name, text in targets.wrong.items()]
    return unset, wrong + problems_of(config.templates, [kind.name for kind in KINDS])
