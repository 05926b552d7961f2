"""Show what to do when a rule has alerted: is it real, contain, investigate, recover, tune.

examples:
  trailguard runbook root-sign-in
  trailguard runbook undeliverable
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from shared.cli.show import console
from shared.config import AlertsConfig, load_alerts
from shared.spelling import nearest


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `runbook`."""
    parser.add_argument("rule", metavar="RULE", help="a rule, as alerts and `trailguard rules` name it")


def run(options: argparse.Namespace) -> int:
    """0; 2 when there is no such rule. A mistake in another file keeps nobody from reading."""
    config = load_alerts(options.alerts)
    pages = _pages(config)
    if options.rule not in pages:
        wrong = [str(problem) for problem in config.problems]
        told = [*wrong, f"no rule '{options.rule}'{nearest(options.rule, pages)}"]
        print("\n".join(told), file=sys.stderr)
        return 2
    from rich.markdown import Markdown

    console().print(Markdown(pages[options.rule].read_text(encoding="utf-8"), hyperlinks=False))
    return 0


def _pages(config: AlertsConfig) -> dict[str, Path]:
    """The page of each rule; what Trailguard alerts of itself has pages of the same name."""
    own = {path.stem: path for path in (config.directory / "runbooks").glob("*.md")}
    return {**own, **{rule.name: config.directory / rule.runbook for rule in config.shipped}}
