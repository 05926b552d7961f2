"""What most commands begin with: the rules of `alerts/`, and a detector for them."""

from __future__ import annotations

import sys
from pathlib import Path

from shared.config import AlertsConfig, load_alerts
from shared.detection.engine import Engine
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.store import StateStore


def load_or_complain(directory: Path) -> AlertsConfig | None:
    """The configuration; None, with every mistake on standard error, when something in it is broken."""
    config = load_alerts(directory)
    if not config.problems:
        return config
    for problem in config.problems:
        print(problem, file=sys.stderr)
    print("nothing was judged: mend these first (`trailguard check` tells all)", file=sys.stderr)
    return None


def new_detector(config: AlertsConfig, store: StateStore) -> Detector:
    """A detector with the configuration's rules, which remember in `store`."""
    return Detector(Engine(config.rules, SOURCES.values()), store)
