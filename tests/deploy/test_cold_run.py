"""A cold, whole run in the local cloud: an account that has nothing is bootstrapped, the package is made, and
what s.yaml says of functions, triggers, roles and environment is what runs on it.

The handlers are the package's own, each in a bare Python 3.10. Log Service and Tablestore let each do what
its role's policy allows, and no more.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from shared.config import load_alerts
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.http_gateway import http_event
from tests.cloud.instance import Instance
from tests.cloud.ram import Guard
from tests.cloud.trigger import TriggerRunner, fire_timer
from tests.deploy.bootstrap_account import LOGIN, PROJECT, REQUEST, STOPPED, Account
from tests.deploy.serverless_devs import render
from tests.receivers.dingtalk import DingTalkRobot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

REGION = "cn-shanghai"  # of the endpoint that the trigger runner hands over
TRAIL, DEFERRED = "actiontrail_trailguard", "trailguard-deferred"
PUBLIC_URL = "https://oncall.example.com/"
ROUTES = """
route:
  receiver: on-call
  group_by: [rule, actor]
receivers:
  - name: on-call
    dingtalk_configs:
      - {{access_token: '${{DINGTALK_TOKEN}}', secret: '${{DINGTALK_SECRET}}', base_url: '{robot}'}}
"""


@dataclass
class Deployed:
    """The functions of s.yaml, each in an instance of its own, with the triggers of s.yaml."""

    account: Account
    instances: Mapping[str, Instance]
    props: Mapping[str, dict[str, Any]]
    guards: dict[str, Guard] = field(default_factory=dict)
    logs: list[TriggerRunner] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, props in self.props.items():
            self.guards[name] = Guard(self.account.ram.custom[props["role"].rpartition("/")[2]])
            for trigger in props["triggers"]:
                if trigger["triggerType"] == "log":
                    self.logs.append(self._runner(name, trigger))

    def turn(self) -> None:
        """Every logstore's triggers, until nothing is new anywhere."""
        while sum(runner.run_interval() for runner in self.logs):
            continue
        assert [runner.given_up for runner in self.logs if runner.given_up] == []

    def deliver(self, logstore: str, record: dict[str, str], **group: Any) -> None:
        """A record comes to a logstore that is watched."""
        self.account.sls.append(PROJECT, logstore, [(int(time.time()), record)], **group)

    def call(self, name: str, event: bytes) -> Any:
        """The function is called."""
        return self._handler(name)(event, self._context(name))

    def tick(self, name: str) -> Any:
        """The function's timer fires."""
        (timer,) = (trigger for trigger in self.props[name]["triggers"] if trigger["triggerType"] == "timer")
        payload = timer["triggerConfig"]["payload"]
        return fire_timer(
            self._handler(name), datetime.now(timezone.utc), payload, context=self._context(name)
        )

    def refused(self) -> list[tuple[str, str]]:
        """The actions that a role lacked, and on what."""
        return [pair for guard in self.guards.values() for pair in guard.asked if not guard.allows(*pair)]

    def _runner(self, name: str, trigger: dict[str, Any]) -> TriggerRunner:
        project = trigger["sourceArn"].rpartition("/")[2]
        logstore = trigger["triggerConfig"]["sourceConfig"]["logstore"]
        context = self._context(name)
        return TriggerRunner(self.account.sls, self._handler(name), project, logstore, context, max_retry=0)

    def _handler(self, name: str) -> Callable[[bytes, FunctionContext], Any]:
        """The instance's, under its role."""

        def call(event: bytes, context: FunctionContext) -> Any:
            self._enforce(self.guards[name])
            try:
                return self.instances[name].handler(event, context)
            finally:
                self._enforce(None)

        return call

    def _enforce(self, guard: Guard | None) -> None:
        self.account.sls.enforce(guard)
        self.account.tables.guard = guard

    def _context(self, name: str) -> FunctionContext:
        props = self.props[name]
        function = Function(props["functionName"], props["handler"], props["memorySize"], props["timeout"])
        return FunctionContext(function=function, region=REGION)


@pytest.fixture
def robot() -> Iterator[DingTalkRobot]:
    with DingTalkRobot() as robot:
        yield robot


@pytest.fixture
def deployed(
    python: str, package: Path, account: Account, robot: DingTalkRobot, tmp_path: Path
) -> Iterator[Deployed]:
    account.environment["TRAILGUARD_REGION"] = REGION
    account.tables.arn = f"acs:ots:{REGION}:1234567890123456:instance/local"
    account.built()
    shell = {
        **{"DINGTALK_TOKEN": robot.token, "DINGTALK_SECRET": robot.secret},
        **{
            "TRAILGUARD_LINK_KEYS": "a key that is long enough for a test",
            "TRAILGUARD_PUBLIC_URL": PUBLIC_URL,
        },
    }
    resources = render({**account.environment, **shell})["resources"]
    props = {name: resource["props"] for name, resource in resources.items()}
    local = {
        **account.sls.environment(),
        **account.openapi.environment(),
        "TRAILGUARD_TABLESTORE_ENDPOINT": account.tables.endpoint,
        "TRAILGUARD_ALERTS_DIR": str(alerts_told_to(robot, package, tmp_path / "alerts")),
    }
    with ExitStack() as stack:
        instances = {
            name: stack.enter_context(
                Instance(python, package, each["handler"], {**each["environmentVariables"], **local})
            )
            for name, each in props.items()
        }
        yield Deployed(account, instances, props)


def alerts_told_to(robot: DingTalkRobot, package: Path, folder: Path) -> Path:
    """The package's own rules, and routes that lead to the robot."""
    folder.mkdir()
    for name in ("rules", "lists", "runbooks"):
        (folder / name).symlink_to(package / "alerts" / name)
    (folder / "routes.yml").write_text(ROUTES.format(robot=robot.url))
    return folder


def drill(deployed: Deployed) -> list[dict[str, Any]]:
    """`trailguard drill --json`, as a person runs it, while the triggers run; what it tells of each rule."""
    account = deployed.account
    environment = {
        **{"PATH": os.environ["PATH"], "TRAILGUARD_SLS_ENDPOINT": account.sls.endpoint},
        **account.environment,
        **account.sls.environment(),
    }
    command = [sys.executable, "-m", "shared.cli.main", "drill", "--json", "--within", "90s"]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as process,
        ExitStack() as stack,
    ):
        stack.callback(process.kill)  # nothing is left to wait for when a trigger fails
        while process.poll() is None and not account.sls.records(PROJECT, DEFERRED):
            time.sleep(0.05)
        deployed.turn()
        out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def test_from_an_empty_account_to_every_rule_arriving_and_real_records_told(
    deployed: Deployed, robot: DingTalkRobot
) -> None:
    told = drill(deployed)
    assert {line["rule"] for line in told if line["arrived"]} == {rule.name for rule in load_alerts().rules}
    assert {line["rule"] for line in told if line["receivers"] != ["on-call"]} == set()
    (exercise,) = robot.texts()
    assert "nothing has happened" in exercise

    deployed.deliver(TRAIL, {"event": json.dumps(STOPPED)}, topic="actiontrail_audit_event")
    deployed.turn()
    (message,) = robot.texts()[1:]
    assert "mallory" in message
    assert "203.0.113.9" in message

    deployed.deliver("trailguard-hosts", {"content": LOGIN}, tags={"__path__": "/var/log/auth.log"})
    deployed.deliver("oss-access-log", REQUEST)
    deployed.turn()
    more = "\n".join(robot.texts()[2:])
    assert "web-01" in more
    assert "salaries.csv" in more
    assert deployed.refused() == []


def test_the_link_in_a_message_acknowledges_what_it_tells(deployed: Deployed, robot: DingTalkRobot) -> None:
    deployed.deliver(TRAIL, {"event": json.dumps(STOPPED)}, topic="actiontrail_audit_event")
    deployed.turn()
    link = re.search(re.escape(PUBLIC_URL) + r"\S*[?&]t=([\w.~-]+)", json.dumps(robot.messages))
    assert link is not None
    page = deployed.call("respond", http_event("GET", {"t": link[1]}))
    done = deployed.call("respond", http_event("POST", {"t": link[1]}, "do=ack&name=alice"))
    assert (page["statusCode"], done["statusCode"]) == (200, 200)
    deployed.tick("notify")
    assert "alice" in robot.texts()[-1]
    assert deployed.refused() == []


def test_every_timer_of_s_yaml_calls_what_can_do_its_work_under_its_role(deployed: Deployed) -> None:
    answers = {
        name: json.loads(deployed.tick(name))
        for name, props in deployed.props.items()
        if any(trigger["triggerType"] == "timer" for trigger in props["triggers"])
    }
    assert set(answers) >= {"actiontrail", "account-audit", "notify"}
    deployed.turn()
    assert deployed.refused() == []
