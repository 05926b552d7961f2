"""Is Trailguard really watching? Every link of the chain is asked, from the trail to the channels.

Names come from s.yaml's vars: the same TRAILGUARD_… variables, or .env, as for `s deploy`. The keys, those of
the environment or of a profile of the aliyun command, read; one key is written into the state store.
`--permissions` prints the policy that this needs. Exit code 0: every link holds; 1: one is broken; 2: one
could not be looked at.

examples:
  trailguard doctor
  trailguard doctor --send-test            one message, marked as a drill, into every channel
  trailguard doctor --only trail --only outbox
  trailguard doctor --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from shared import wiring
from shared.cli.show import console
from shared.cloud.credentials import CredentialsError
from shared.cloud.profile import local_credentials
from shared.health.check import Check, Finding
from shared.health.check import run as run_all
from shared.spelling import nearest
from shared.state.store import StoreUnavailable

if TYPE_CHECKING:
    from deploy.doctor.deployment import Deployment

EXTRA = "doctor needs the SDKs of the extra `deploy`: make deploy-ready"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    parser.add_argument(
        "--only", action="append", metavar="LINK", help="only links that begin so; repeatable"
    )
    parser.add_argument("--send-test", action="store_true", help="send one message into every channel")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--profile", default="", help="the aliyun command's profile whose keys to use")
    parser.add_argument("--permissions", action="store_true", help="print the policy that this needs")


def run(options: argparse.Namespace) -> int:
    """0 every link holds; 1 one is broken; 2 one could not be looked at."""
    try:
        from deploy.doctor.checks import checks, policy
        from deploy.vars import VarsError

        if options.permissions:
            print(json.dumps(policy(), indent=2))
            return 0
        try:
            made = checks(_connect(options), options.send_test)
            findings = _asked(list(_chosen(list(made), options.only)))
        except (CredentialsError, StoreUnavailable, ValueError, VarsError) as error:
            print(f"no diagnosis: {error}", file=sys.stderr)
            return 2
    except ImportError as error:
        print(f"{EXTRA} ({error})", file=sys.stderr)
        return 2
    return _report(findings, options.json)


def _connect(options: argparse.Namespace) -> Deployment:
    from deploy.doctor.deployment import Deployment

    chosen, keys = wiring.settings(), local_credentials(options.profile)
    return Deployment.connect(
        keys, options.alerts, wiring.now, chosen.openapi_endpoint, chosen.tablestore_endpoint
    )


def _chosen(checks: Sequence[Check[Any]], names: Sequence[str] | None) -> Iterator[Check[Any]]:
    """Those whose link begins with one of the names; all without any. Raises ValueError for an idle name."""
    links = [check.link for check in checks]
    for name in names or ():
        if not any(link.startswith(name) for link in links):
            raise ValueError(f"no link '{name}'{nearest(name, links)}")
    return (check for check in checks if names is None or check.link.startswith(tuple(names)))


def _asked(checks: Sequence[Check[Any]]) -> list[Finding]:
    """What comes of them; meanwhile a bar on standard error, where a person can see one."""
    from rich.progress import Progress

    findings = []
    hidden = not sys.stderr.isatty()
    with Progress(console=console(stderr=True), transient=True, disable=hidden) as bar:
        task = bar.add_task("asking", total=len(checks))
        for finding in run_all(checks):
            findings.append(finding)
            bar.update(task, advance=1, description=finding.link)
    return findings


def _report(findings: Sequence[Finding], as_json: bool) -> int:
    from deploy.doctor import report

    if as_json:
        print(report.as_json(findings))
    else:
        report.show(findings, console())
    return report.exit_code(findings)
