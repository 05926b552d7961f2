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
    config = _load(directory)
    if not config.problems:
        return config
    print("nothing was judged: mend these first (`trailguard check` tells all)", file=sys.stderr)
    return None


def load_what_is_sound(directory: Path) -> AlertsConfig | None:
    """The configuration without what is broken in it, as the functions take it, every mistake on standard
    error; None when not one rule is left."""
    config = _load(directory)
    if not config.rules:
        print(f"nothing was judged: not one rule could be loaded from {directory / 'rules'}", file=sys.stderr)
        return None
    if not config.problems:
        return config
    print(f"judged without these, by the other {len(config.rules)} rules", file=sys.stderr)
    return config


def _load(directory: Path) -> AlertsConfig:
    config = load_alerts(directory)
    for problem in config.problems:
        print(problem, file=sys.stderr)
    return config


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
