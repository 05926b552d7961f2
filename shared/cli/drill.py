"""Send marked exercises through the deployed pipeline, rule by rule, and tell what arrived and how fast.

Each rule is judged, by the deployed functions, on an event of its own tests; nothing real is learned from it,
and each channel gets one message, marked as a drill. Names come from s.yaml's vars, as for `s deploy`. The
keys, those of the environment or of a profile of the aliyun command, need log:PostLogStoreLogs on the
deferred logstore and ots:GetRange on the table. Exit code 0: every rule's alert arrived; 1: some did not; 2:
it could not be tried.

examples:
  trailguard drill                              every rule
  trailguard drill --only root-sign-in --only kms-key-disabled
  trailguard drill --within 5m --json           one rule a line
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timezone
from functools import partial
from statistics import median, quantiles

from shared import wiring
from shared.alerting.drills import Drills, Receipt
from shared.alerting.sls_outbox import DRILL_TOPIC
from shared.cli.loading import load_or_complain
from shared.cli.show import console
from shared.cloud import sls
from shared.cloud.credentials import Credentials, CredentialsError
from shared.cloud.profile import local_credentials
from shared.config import AlertsConfig
from shared.detection.duration import seconds
from shared.detection.rule import Rule
from shared.drill import Exercise
from shared.spelling import nearest

LOOK_EVERY = 0.5
"""Seconds between two looks for receipts."""


@dataclass(frozen=True)
class Exercised:
    """A rule of the drill, and the receipt of its alert; None where none came in time."""

    rule: Rule
    receipt: Receipt | None


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `drill`."""
    parser.add_argument("--only", action="append", metavar="RULE", help="only this rule; may be repeated")
    parser.add_argument("--within", default="3m", type=seconds, metavar="SPAN", help="how long to wait (3m)")
    parser.add_argument("--json", action="store_true", help="one rule a line")
    parser.add_argument("--profile", default="", help="the aliyun command's profile whose keys to use")


def run(options: argparse.Namespace) -> int:
    """0 all arrived; 1 some did not; 2 it could not be tried."""
    config = load_or_complain(options.alerts)
    if config is None:
        return 2
    try:
        rules = _chosen(config, options.only)
        drills = _begin(drill := uuid.uuid4().hex[:12], rules, local_credentials(options.profile))
    except (CredentialsError, ValueError, sls.SlsError) as error:
        print(f"no drill: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"drill needs the SDKs of the extra `deploy`: make deploy-ready ({error})", file=sys.stderr)
        return 2
    exercised = _wait(drills, drill, rules, options.within)
    _show(exercised, options.json)
    return int(any(each.receipt is None for each in exercised))


def _chosen(config: AlertsConfig, names: Sequence[str] | None) -> list[Rule]:
    """The rules of these names; all without any. Raises ValueError for one that does not exist, or is off."""
    by_name = {rule.name: rule for rule in config.rules}
    off = {rule.name for rule in config.shipped} - by_name.keys()
    for name in names or ():
        if name in off:
            raise ValueError(f"rule '{name}' is switched off in tuning.yml")
        if name not in by_name:
            raise ValueError(f"no rule '{name}'{nearest(name, by_name)}")
    return [by_name[name] for name in dict.fromkeys(names or by_name)]


def _begin(drill: str, rules: Sequence[Rule], keys: Credentials) -> Drills:
    """Send the exercises; where their receipts will be. Raises SlsError, ValueError, StoreUnavailable."""
    from deploy.vars import VarsError, read_names
    from shared.state.tablestore import connect

    try:
        names = read_names(os.environ)
    except VarsError as error:
        raise ValueError(str(error)) from None
    chosen = wiring.settings()
    endpoint = chosen.tablestore_endpoint or f"https://{names.tablestore}.{names.region}.ots.aliyuncs.com"
    store = connect(endpoint, names.tablestore, chosen.tablestore_table, partial(_same, keys))
    store.load(["drill"])  # a store that can't be read is told before anything is sent
    logs = [(int(time.time()), Exercise(drill, rule.name, str(time.time())).log()) for rule in rules]
    log_service = chosen.sls_endpoint or f"https://{names.region}.log.aliyuncs.com"
    sls.put(log_service, names.project, names.deferred_logstore, DRILL_TOPIC, logs, keys)
    return Drills(store)


def _same(keys: Credentials) -> Credentials:
    return keys


def _wait(drills: Drills, drill: str, rules: Sequence[Rule], within: float) -> list[Exercised]:
    """What has arrived once all has, or the time is up."""
    from rich.progress import Progress

    end, receipts = time.monotonic() + within, dict[str, Receipt]()
    hidden = not sys.stderr.isatty()
    with Progress(console=console(stderr=True), transient=True, disable=hidden) as bar:
        task = bar.add_task("arriving", total=len(rules))
        while len(receipts) < len(rules) and time.monotonic() < end:
            time.sleep(LOOK_EVERY)
            receipts = {receipt.rule: receipt for receipt in drills.receipts(drill)}
            bar.update(task, completed=len(receipts))
    return [Exercised(rule, receipts.get(rule.name)) for rule in rules]


def _show(exercised: Sequence[Exercised], as_json: bool) -> None:
    if as_json:
        print("\n".join(_lines(exercised)))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("rule", "level", "arrived", "receivers", "channels"):
        table.add_column(heading, overflow="fold")
    for each in exercised:
        table.add_row(*_row(each))
    out = console()
    out.print(table)
    out.print(summary([each.receipt for each in exercised]))


def _row(each: Exercised) -> tuple[str, ...]:
    rule, receipt = each.rule, each.receipt
    if receipt is None:
        return (rule.name, rule.level, "[red]no[/]", "", "")
    told = (", ".join(receipt.receivers) or "nobody", ", ".join(receipt.channels) or "none is set up")
    return (rule.name, rule.level, f"{receipt.seconds:.1f} s", *told)


def summary(receipts: Sequence[Receipt | None]) -> str:
    """`312 of 312 arrived, 90 of them at no channel; p50 4.1 s, p99 8.7 s`."""
    times = sorted(receipt.seconds for receipt in receipts if receipt)
    told = f"{len(times)} of {len(receipts)} arrived"
    if not times:
        return told
    unheard = sum(not receipt.channels for receipt in receipts if receipt)
    told += f", {unheard} of them at no channel" if unheard else ""
    p99 = quantiles(times, n=100, method="inclusive")[98] if len(times) > 1 else times[0]
    return f"{told}; p50 {median(times):.1f} s, p99 {p99:.1f} s"


def _lines(exercised: Sequence[Exercised]) -> Iterator[str]:
    for each in exercised:
        receipt = each.receipt
        told = {
            "rule": each.rule.name,
            "level": each.rule.level,
            "arrived": receipt is not None,
            "seconds": round(receipt.seconds, 3) if receipt else None,
            "receivers": list(receipt.receivers) if receipt else [],
            "channels": list(receipt.channels) if receipt else [],
            "told": receipt.told.astimezone(timezone.utc).isoformat() if receipt else None,
        }
        yield json.dumps(told)
