"""Look at the whole account now: a scored table by area, what fails, what is unknown, and what mends it.

It asks read-only APIs with the keys of the environment (ALIBABA_CLOUD_ACCESS_KEY_ID, …_SECRET), or of a
profile of the aliyun command; `--permissions` prints the policy that it needs. Exit code 0: everything
passes; 1: something fails; 2: something could not be seen, or the audit could not be made.

examples:
  trailguard audit
  trailguard audit --region cn-hangzhou --region cn-beijing
  trailguard audit --html audit.html            one page that a manager would read
  trailguard audit --only ram-users --json      one finding a line
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from shared import wiring
from shared.audits.auditor import Auditor, units_of
from shared.audits.collector import Account, Collector
from shared.audits.collectors import COLLECTORS, permissions
from shared.audits.live import LiveAccount
from shared.audits.unit import Run, Unit
from shared.cli.auditing.assessment import Chapter, assess, total
from shared.cli.auditing.last_time import Compared, compare, key_of
from shared.cli.auditing.page import page
from shared.cli.auditing.table import show as show_table
from shared.cli.loading import load_what_is_sound
from shared.cli.show import console
from shared.cli.store import default_state
from shared.cloud.credentials import CredentialsError
from shared.cloud.openapi import WHO_AM_I, OpenApiError
from shared.cloud.profile import local_credentials
from shared.config import AlertsConfig
from shared.events.event import Event
from shared.spelling import nearest
from shared.state.sqlite import SqliteStore
from shared.state.store import StoreUnavailable

DEFAULT_REGION = "cn-hangzhou"
OURS = "trailguard"
"""The item of rules on the audits themselves: what they could not see shows as unknown."""


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `audit`."""
    parser.add_argument("--region", action="append", metavar="REGION", help="to look at; may be repeated")
    parser.add_argument("--only", action="append", metavar="COLLECTOR", help="only this; may be repeated")
    parser.add_argument("--json", action="store_true", help="one verdict a line")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as a page")
    parser.add_argument("--profile", default="", help="the aliyun command's profile whose keys to use")
    parser.add_argument("--permissions", action="store_true", help="print the policy that the audits need")
    parser.add_argument("--state", type=Path, metavar="FILE", help="what the next audit is compared with")


def run(options: argparse.Namespace) -> int:
    """0 everything passes; 1 something fails; 2 something is unknown, or nothing could be looked at."""
    if options.permissions:
        print(json.dumps(policy(), indent=2))
        return 0
    config = load_what_is_sound(options.alerts)
    if config is None:
        return 2
    try:
        collectors = _chosen(options.only)
        keys = local_credentials(options.profile)
        account = LiveAccount(keys, wiring.settings().openapi_endpoint)
        account_id = str(account.call(WHO_AM_I, {}, _regions(options)[0])["AccountId"])
    except (CredentialsError, OpenApiError, ValueError, KeyError) as error:
        print(f"no audit: {error}", file=sys.stderr)
        return 2
    store = _store(options.state)
    units = list(units_of(collectors, _regions(options)))
    events = _look(account, store, account_id, units, config)
    chapters = _assessed(config, events)
    return _report(options, chapters, compare(chapters, store, key_of(account_id, units)), account_id)


def policy() -> dict[str, object]:
    """The RAM policy that lets an identity make the audits and nothing else."""
    allowed = [*permissions(), WHO_AM_I.permission]
    statement = {"Effect": "Allow", "Action": sorted(allowed), "Resource": "*"}
    return {"Version": "1", "Statement": [statement]}


def _chosen(names: Sequence[str] | None) -> list[Collector]:
    """The collectors of these names; all without any. Raises ValueError for one that does not exist."""
    by_name = {collector.name: collector for collector in COLLECTORS}
    for name in names or ():
        if name not in by_name:
            known = ", ".join(by_name)
            raise ValueError(f"no collector '{name}'{nearest(name, by_name)}; there are: {known}")
    return [by_name[name] for name in dict.fromkeys(names or by_name)]


def _regions(options: argparse.Namespace) -> list[str]:
    return options.region or wiring.settings().audited_regions or [DEFAULT_REGION]


def _store(state: Path | None) -> SqliteStore:
    """Raises StoreUnavailable."""
    path = state or default_state().with_name("audit.sqlite")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"no folder for the state file {path}: {error.strerror}") from None
    return SqliteStore(path)


def _look(
    account: Account, store: SqliteStore, account_id: str, units: Sequence[Unit], config: AlertsConfig
) -> list[Event]:
    """Every fact of one round. Nothing is remembered as stated: the next audit looks at everything again."""
    auditor = Auditor(account, store, account_id, wiring.now, lists=config.lists)
    events: list[Event] = []
    bar = _Bar(len(units))

    def tell(found: Run) -> None:
        events.extend(found.events(account_id))
        bar.step(found.unit)

    with bar:
        auditor.run_all(units, tell)
    return events


def _assessed(config: AlertsConfig, events: list[Event]) -> list[Chapter]:
    return assess((rule for rule in config.rules if rule.source == "audit" and rule.item != OURS), events)


def _report(options: argparse.Namespace, chapters: list[Chapter], compared: Compared, account_id: str) -> int:
    if options.json:
        print("\n".join(_lines(chapters)))
    else:
        show_table(chapters, compared, console())
    if options.html and not _written(options.html, page(chapters, compared, account_id, wiring.now())):
        return 2
    whole = total(chapters)
    return 2 if whole.count("unknown") else int(whole.count("fail") > 0)


def _written(file: Path, text: str) -> bool:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"not written: {file}: {error.strerror}", file=sys.stderr)
        return False
    print(f"written: {file}", file=sys.stderr)
    return True


def _lines(chapters: list[Chapter]) -> Iterator[str]:
    for chapter in chapters:
        for assessed in chapter.rules:
            rule = assessed.rule
            verdict = {
                "chapter": chapter.title,
                "rule": rule.name,
                "title": rule.title,
                "level": rule.level,
                "status": assessed.status,
                "failed": [vars(finding) for finding in assessed.failed],
                "unknown": [vars(finding) for finding in assessed.unknown],
                "passed": assessed.passed,
                "fix": rule.fix,
                "runbook": rule.runbook,
            }
            yield json.dumps(verdict, ensure_ascii=False)


class _Bar:
    """A progress bar on a terminal; elsewhere nothing."""

    def __init__(self, total: int) -> None:
        from rich.progress import Progress

        hidden = not sys.stderr.isatty()
        self._progress = Progress(console=console(stderr=True), transient=True, disable=hidden)
        self._task = self._progress.add_task("looking", total=total)

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, unit: Unit) -> None:
        """One unit is done."""
        self._progress.update(self._task, advance=1, description=f"{unit.collector.name} {unit.region}")
