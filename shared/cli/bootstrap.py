"""Make what `s deploy` can't: trail, logstores, state store, roles, dashboards. A plan comes first.

Names come from s.yaml's vars: the same TRAILGUARD_… variables, or .env, as for `s deploy`. The keys are those
of the environment (ALIBABA_CLOUD_ACCESS_KEY_ID, …_SECRET), or of a profile of the aliyun command. What exists
and was not made by bootstrap is told and left alone. Exit code 0: all is as it should be; 1: --dry-run has
found something to do, or something is left for you; 2: it failed, and running it again goes on.

examples:
  trailguard bootstrap --dry-run              what would be done
  trailguard bootstrap                        the plan, a question, and then it is done
  trailguard bootstrap --oss prod-data        OSS access logs of that bucket, too
  trailguard bootstrap --permissions          the policy that whoever runs this needs
  trailguard bootstrap --destroy              all but the logs and the trail
  trailguard bootstrap --destroy --and-logs trailguard     and the logstores of that project
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.cloud.credentials import CredentialsError
from shared.cloud.profile import local_credentials

if TYPE_CHECKING:
    from deploy.bootstrap.plan import Step
    from deploy.bootstrap.session import Session


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `bootstrap`."""
    parser.add_argument("--dry-run", action="store_true", help="only the plan; exit code 1 if there is work")
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument("--json", action="store_true", help="the plan, and what was done, as JSON")
    parser.add_argument("--oss", nargs="+", metavar="BUCKET", default=[], help="access logs, or `all`")
    parser.add_argument(
        "--adopt", nargs="+", metavar="NAME", default=[], help="take over what others have made"
    )
    parser.add_argument("--destroy", action="store_true", help="remove what bootstrap has made, but no logs")
    parser.add_argument("--and-logs", metavar="PROJECT", help="with --destroy: also the logs of that project")
    parser.add_argument("--permissions", action="store_true", help="print the policy that this needs")
    parser.add_argument("--profile", default="", help="the aliyun command's profile whose keys to use")


def run(options: argparse.Namespace) -> int:
    """0 all is done or as it should be; 1 there is something to do; 2 it failed."""
    from deploy.bootstrap.apply import StepError
    from deploy.bootstrap.session import BootstrapError
    from deploy.vars import VarsError

    try:
        return _permissions() if options.permissions else _bootstrap(options)
    except (BootstrapError, CredentialsError, StepError, VarsError) as error:
        print(error, file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"bootstrap needs the SDKs of the extra `deploy`: make deploy-ready ({error})", file=sys.stderr)
        return 2


def _permissions() -> int:
    from deploy.bootstrap.policies import bootstrap
    from deploy.vars import read_names

    print(json.dumps(bootstrap(read_names(os.environ)), indent=2))
    return 0


def _bootstrap(options: argparse.Namespace) -> int:
    from deploy.bootstrap.apply import apply
    from deploy.bootstrap.report import as_json, is_open, is_work, shown

    session = _open(options.profile)
    steps = _planned(session, options)
    if not options.json:
        print(shown(steps, session))
    done: Sequence[Step] = []
    if is_work(steps) and not options.dry_run:
        if not (options.yes or _agreed()):
            return 1
        done = apply(steps, session.cloud, _told if not options.json else lambda state, step: None)
    if options.json:
        print(as_json(steps, session, done))
    return int(is_open(steps, after=done))


def _open(profile: str) -> Session:
    from deploy.bootstrap.cloud import Cloud
    from deploy.bootstrap.session import Session
    from deploy.vars import known, read_names
    from shared.cloud.openapi_endpoints import Endpoints

    gateway = os.environ.get("TRAILGUARD_OPENAPI_ENDPOINT", "")
    table_store = os.environ.get("TRAILGUARD_TABLESTORE_ENDPOINT", "")
    names, keys = read_names(os.environ), local_credentials(profile)
    cloud = Cloud.connect(names, keys, Endpoints(gateway=gateway), table_store)
    return Session.open(cloud, own_trail=bool(known(os.environ).get("TRAILGUARD_TRAIL_LOGSTORE")))


def _planned(session: Session, options: argparse.Namespace) -> list[Step]:
    from deploy.bootstrap.session import BootstrapError

    if not options.destroy:
        if options.and_logs:
            raise BootstrapError("--and-logs goes with --destroy")
        return session.plan(options.oss, options.adopt)
    project = session.cloud.names.project
    if options.and_logs not in (None, project):
        raise BootstrapError(f"--and-logs {options.and_logs}: Trailguard's project is {project}")
    return session.destruction(and_logs=options.and_logs == project)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        print("Nothing was done: say --yes, as there is nobody to ask here.", file=sys.stderr)
        return False
    return input("Do it? [y/N] ").strip().lower() in ("y", "yes")


def _told(state: str, step: Step) -> None:
    print(f"{state}: {step.verb.value} {step.title}", flush=True)
