"""`trailguard`: one sub-command a file. Each gives `add` (its options) and `run` (its exit code)."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.cli import (
    ack,
    alerts,
    audit,
    bootstrap,
    check,
    doctor,
    drill,
    explain,
    incidents,
    replay,
    routes,
    rules,
    run,
    runbook,
    silence,
    silences,
    state,
    unsilence,
    watch,
)
from shared.config import HERE
from shared.settings import SettingsError
from shared.state.store import StoreUnavailable

COMMANDS = (
    *(run, watch, replay, check, explain, rules, routes, runbook),
    *(alerts, incidents, ack, silence, silences, unsilence, state),
    *(audit, bootstrap, doctor, drill),
)

EXAMPLES = """examples:
  trailguard run                                a bundled day of events, judged and shown
  trailguard replay trail.json.gz --json        judge a delivery file, one alert a line
  aliyun actiontrail LookupEvents | trailguard replay -
  trailguard watch /var/log/actiontrail.ndjson  follow a file and alert for real
  trailguard explain event.json                 which rules matched, and what decided
  trailguard check                              every file in alerts/, every rule's tests
  trailguard doctor                             is it really watching? every link, asked
  trailguard incidents                          what is open, who has it, and why it is told or not
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 a check failed, 2 wrong use or input that can't be read."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        return int(options.command(options))
    except (StoreUnavailable, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trailguard",
        description="Real-time security monitoring for Alibaba Cloud accounts.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        summary, _, details = (module.__doc__ or "").partition("\n")
        command = commands.add_parser(
            name,
            help=summary.rstrip("."),
            description=summary + details,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--alerts", type=Path, default=HERE / "alerts", metavar="DIR", help="the team's alerts/ folder"
        )
        module.add(command)
        command.set_defaults(command=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
