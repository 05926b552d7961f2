"""Follow files, or standard input (`-`), and alert for real.

Each line is one record: ActionTrail's JSON, which may be spread over lines, too; or a host's log (auth.log,
secure, `journalctl -f -o json`, the error logs of nginx and Apache, osquery's results), which is found out by
itself. Alerts are shown here and told to the receivers of alerts/routes.yml whose variables are set in the
environment. What was told is remembered in a file, so a restart tells nothing twice.

examples:
  trailguard watch /var/log/auth.log /var/log/nginx/error.log
  trailguard watch /var/log/actiontrail.ndjson
  DINGTALK_TOKEN=… DINGTALK_SECRET=… trailguard watch --from-start events.ndjson
  tail -F events.ndjson | trailguard watch -
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from shared.alerting.alert import Alert
from shared.alerting.answers import links_from
from shared.alerting.notice import notice_of
from shared.alerting.notify import Notifier, UntoldError
from shared.alerting.outbox import SqliteOutbox
from shared.alerting.receivers import build_targets
from shared.cli.gather import Line
from shared.cli.loading import load_what_is_sound, new_detector
from shared.cli.show import tell_unknown, terminal, totals
from shared.cli.store import default_state, memory_beside
from shared.cli.tail import follow, standard_input
from shared.config import AlertsConfig
from shared.state.contract import utc_now
from shared.state.sqlite import SqliteStore
from shared.state.store import StoreUnavailable

PATIENCE = 30.0
"""Seconds for telling one batch; the rest stays pending."""


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `watch`."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="a file, or `-` for standard input")
    parser.add_argument("--from-start", action="store_true", help="judge what is in the files already, too")
    parser.add_argument("--state", type=Path, default=default_state(), metavar="FILE", help="what was told")
    parser.add_argument("--once", action="store_true", help="stop at the end of the files")


def run(options: argparse.Namespace) -> int:
    """0 when standard input ends; 2 when a source, the routes or every single rule can't be read."""
    config = load_what_is_sound(options.alerts)
    troubles = [trouble for name in options.sources if name != "-" and (trouble := _trouble(Path(name)))]
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    if config is None or config.routing is None or troubles:
        return 2
    options.state.parent.mkdir(parents=True, exist_ok=True)
    watcher = Watcher(config, options.state)
    batches = _batches(options)
    print(f"watching {', '.join(options.sources)} with {len(config.rules)} rules", file=sys.stderr)
    for batch in batches:
        watcher.take(batch)
    print(totals(watcher.detector.tally), file=sys.stderr)
    tell_unknown(watcher.detector)
    return 0


def _trouble(path: Path) -> str:
    """Why a file can't be followed; empty if it can."""
    if not path.is_file():
        return f"{path}: no such file"
    try:
        path.open("rb").close()
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


class Watcher:
    """Lines in; alerts kept, shown and told."""

    def __init__(self, config: AlertsConfig, state: Path) -> None:
        assert config.routing is not None  # without routes.yml the configuration is a broken one
        self._outbox = SqliteOutbox(state)
        self._shown = self._outbox.told()
        store = SqliteStore(memory_beside(state))
        links = links_from(os.environ, config.routing.global_.public_url, utc_now)
        targets = build_targets(config.routing, os.environ, links, config.templates)
        self._notifier = Notifier(config.routing, targets, store)
        self._terminal = terminal()
        self.detector = new_detector(config, store)

    def take(self, batch: list[Line]) -> None:
        """Judge a batch, show and tell what is new in it, and try again what is due."""
        self._judge(batch)
        fresh = list(self._outbox.alerts(after=self._outbox.told()))
        for position, alert in fresh:
            self._show(position, alert)
        deadline = time.time() + PATIENCE
        try:
            self._notifier.tell([alert for _, alert in fresh], deadline)
            if fresh:
                self._outbox.mark_told(fresh[-1][0])
            self._notifier.flush(deadline)
        except (StoreUnavailable, UntoldError) as error:
            print(f"not all could be told, it will be tried again: {error}", file=sys.stderr)

    def _judge(self, batch: list[Line]) -> None:
        """The batch, and what waited for the memory; it waits on while the memory can't be reached."""
        now = datetime.now(timezone.utc)
        waiting, deferred_before = self._outbox.deferred(), self.detector.tally.deferred
        for _, deferred in waiting:
            self.detector.feed_deferred(deferred.event())
        for line, origin in batch:
            if line.strip():
                self.detector.feed(line, origin, now)
        self.detector.flush(self._outbox)
        if self.detector.tally.deferred == deferred_before:
            self._outbox.drop_deferred(number for number, _ in waiting)

    def _show(self, position: int, alert: Alert) -> None:
        if alert.mode != "shadow" and position > self._shown:
            self._terminal.send(notice_of(alert), 0.0)
        self._shown = max(self._shown, position)


def _batches(options: argparse.Namespace) -> Iterator[list[Line]]:
    if "-" in options.sources:
        return standard_input()
    return follow([Path(name) for name in options.sources], options.from_start, options.once)
