"""What most commands begin with: the rules of `alerts/`, and a detector for them."""

from __future__ import annotations

import os
import socket
import sys
from datetime import timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from shared.config import AlertsConfig, load_alerts
from shared.detection.engine import Engine
from shared.events.any_reader import AnyReader
from shared.events.host_event import Place
from shared.events.sources import SOURCES
from shared.events.syslog_time import zone_of
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
    """A detector with the configuration's rules, which remember in `store`; it finds the format of each file
    by itself."""
    return Detector(Engine(config.rules, SOURCES.values()), store, AnyReader(this_host()))


def this_host() -> Place:
    """What a line of a host's log leaves out, taken to be this machine's: its name, and its time zone."""
    return Place(socket.gethostname(), zone=_local_zone())


def _local_zone() -> tzinfo:
    """The zone that `TZ` names, or /etc/localtime; UTC where neither can be read."""
    try:
        if name := os.environ.get("TZ", "").lstrip(":"):
            return zone_of(name)
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return timezone.utc
