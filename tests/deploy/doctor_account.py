"""A deployed account in the local cloud, in which all is well, for `trailguard doctor`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from deploy.bootstrap.policies import PARTS, document
from deploy.bootstrap.roles import trust
from deploy.s_yaml import render
from deploy.version import of_checkout
from shared.alerting.alert import Alert
from shared.alerting.drills import CANARY, ORIGIN, Drills, Routed
from shared.cli.main import main
from shared.health.beats import Beat, Beats, place_of
from shared.state.store import StateStore, Write
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from shared.version import Version
from tests.cloud.openapi.products.fc import Deployed, Functions
from tests.cloud.openapi.products.ram import Role
from tests.cloud.tablestore import INSTANCE
from tests.deploy.bootstrap_account import PROJECT, Account
from tests.receivers.dingtalk import DingTalkRobot

TRAIL, FUNCTIONS, ALERTS = "actiontrail_trailguard", "trailguard-functions", "trailguard-alerts"
ROUTES = """
    route: {{receiver: on-call}}
    receivers:
      - name: on-call
        dingtalk_configs:
          - {{access_token: '${{DINGTALK_TOKEN}}', secret: '${{DINGTALK_SECRET}}', base_url: '{robot}'}}
        webhook_configs: [{{url: '${{WEBHOOK_URL}}', secrets: ['${{WEBHOOK_SECRET}}']}}]
      - name: record-only
"""


def alert(**changes: Any) -> Alert:
    plain: dict[str, Any] = {
        "id": "0123456789abcdef",
        "rule": "root-sign-in",
        "title": "Root signed in",
        "level": "high",
        "source": "actiontrail",
        "account_id": "1234567890123456",
        "time": datetime.now(timezone.utc),
        "summary": "root signed in",
        "event_ids": (),
    }
    return Alert(**{**plain, **changes})


@dataclass
class Patient:
    """The account, and ways to make it ill. `version` is what its functions run."""

    account: Account
    alerts: Path
    robot: DingTalkRobot
    version: Version
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def examine(self, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
        """The exit code of `doctor --json`, and its findings by link."""
        code, out, err = self.run("--json", *options)
        assert err == ""
        return code, {each["link"]: each for each in json.loads(out)["links"]}

    def run(self, *options: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        for name, value in self.account.environment.items():
            self.account.monkeypatch.setenv(name, value)
        self.account.capsys.readouterr()
        code = main(["doctor", "--alerts", str(self.alerts), *options])
        told = self.account.capsys.readouterr()
        return code, told.out, told.err

    def function(self, name: str) -> Deployed:
        return self.account.openapi.account[Functions].functions[f"trailguard-{name}"]

    @property
    def functions(self) -> dict[str, Deployed]:
        return self.account.openapi.account[Functions].functions

    @property
    def store(self) -> StateStore:
        keys = self.account.sls.credentials
        return connect(self.account.tables.endpoint, "local", "trailguard", lambda: keys)

    def beat(self, ago: timedelta = timedelta(), **changes: Any) -> None:
        """Every function states where it is: it has read all that had come by then."""
        at = datetime.now(timezone.utc) - ago
        self.store.save(Write(key, None, stored.version) for key, stored in self.store.scan("beat/"))
        for props in render(self.account.environment)["resources"].values():
            name = props["props"]["functionName"]
            for trigger in props["props"]["triggers"]:
                place = place_of(None, name)
                if trigger["triggerType"] == "log":
                    logstore = trigger["triggerConfig"]["sourceConfig"]["logstore"]
                    place = f"{PROJECT}/{logstore}/0"
                version = changes.get(name, self.version)
                Beats(self.store).note(Beat(place, name, at, version))

    def called(self, function: str, failures: int = 0, calls: int = 10, ago: float = 60) -> None:
        """Function Compute writes down so many calls of a function, those that failed last."""
        rows = []
        for number in range(calls):
            failed = number >= calls - failures
            row = {
                "functionName": f"trailguard-{function}",
                "durationMs": "12.5",
                "hasFunctionError": str(failed).lower(),
            }
            kind = {"errorType": "FunctionUnhandledError"} if failed else {}
            rows.append((int(time.time() - ago), {**row, **kind}))
        self.account.sls.append(PROJECT, FUNCTIONS, rows)

    def canary(self, ago: timedelta = timedelta()) -> None:
        """The standing test has come through."""
        at = datetime.now(timezone.utc) - ago
        routed = Routed(alert(mode="drill", origin=ORIGIN + CANARY, rule="canary"), ["on-call"], [])
        Drills(self.store).note([routed], at)

    def events(self, logstore: str = TRAIL) -> None:
        """Something comes to a logstore."""
        self.account.sls.append(PROJECT, logstore, [(int(time.time()), {"event": "{}"})])


def ill(found: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What is not well and waits for nothing else: link → status."""
    return {
        link: each["status"]
        for link, each in found.items()
        if each["status"] != "ok" and not each["waits_for"]
    }


def make(account: Account) -> None:
    """What bootstrap makes, as far as doctor looks at it. One test has it made by bootstrap itself."""
    names, keys = account.names(), account.sls.credentials
    account.has_trail(names.trail, names.trail_project)
    for name in names.__dataclass_fields__:
        if name.endswith("_logstore"):
            project = names.trail_project if name == "trail_logstore" else names.project
            account.sls.create(project, getattr(names, name))
    for role, part in PARTS.items():
        account.ram.custom[role] = document(role, names)
        account.ram.roles[role] = Role(role, dict(trust(part.service)), (role,))
    create_table(open_client(account.tables.endpoint, INSTANCE, lambda: keys), "trailguard")


@pytest.fixture
def patient(account: Account, tmp_path: Path) -> Iterator[Patient]:
    """All is well: made, deployed, called, read to the end."""
    with DingTalkRobot() as robot:
        alerts = tmp_path / "alerts"
        alerts.mkdir()
        (alerts / "routes.yml").write_text(dedent(ROUTES.format(robot=robot.url)))
        account.environment |= {"DINGTALK_TOKEN": robot.token, "DINGTALK_SECRET": robot.secret}
        make(account)
        for resource in render(account.environment)["resources"].values():
            account.openapi.account[Functions].deploy(resource["props"])
        patient = Patient(account, alerts, robot, of_checkout(alerts))
        patient.events()
        patient.beat()
        patient.canary()
        for name in patient.functions:
            patient.called(name.removeprefix("trailguard-"))
        yield patient
