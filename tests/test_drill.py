"""Drills, the whole way: the command sends exercises, the functions judge and route them, receipts tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from functions import actiontrail, notify
from shared import wiring
from shared.alerting.drills import CANARY, Drills
from shared.config import HERE, load_alerts
from shared.detection.memory import Memory
from shared.drill import CANARY_RULE, DrillError, Exercise, canary, drilled, exercise_in
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.function_context import FunctionContext
from tests.cloud.sls import LocalSls
from tests.cloud.tablestore import INSTANCE, TablestoreServer
from tests.cloud.trigger import TriggerRunner, fire_timer
from tests.receivers.dingtalk import DingTalkRobot

PROJECT, TRAIL, DEFERRED, ALERTS = "trailguard", "actiontrail_t", "trailguard-deferred", "trailguard-alerts"
RULES = load_alerts().rules
NOW = datetime(2026, 11, 20, 3, tzinfo=timezone.utc)
ROUTES = """
    route:
      receiver: nobody
      routes: [{{matchers: ['level=~"high|critical"'], receiver: on-call}}]
    receivers:
      - name: nobody
      - name: on-call
        dingtalk_configs: [{{access_token: '${{TOKEN}}', secret: '${{SECRET}}', base_url: '{robot}'}}]
"""


@dataclass
class Deployed:
    """The functions that a drill passes through, and their triggers, each with its place in its logstore."""

    sls: LocalSls
    robot: DingTalkRobot
    environment: dict[str, str]
    context: FunctionContext = field(default_factory=FunctionContext)

    def __post_init__(self) -> None:
        both = ((actiontrail.handler, DEFERRED), (notify.handler, ALERTS))
        self._triggers = [
            TriggerRunner(self.sls, handler, PROJECT, logstore, context=self.context)
            for handler, logstore in both
        ]

    def turn(self) -> None:
        """Every trigger runs until nothing is new."""
        for trigger in self._triggers:
            trigger.run_until_idle()

    def drill(self, *arguments: str, broken: bool = False) -> subprocess.CompletedProcess[str]:
        """The command as a person runs it, while the triggers go on."""
        done = threading.Event()
        turning = threading.Thread(target=self._turn_until, args=(done, broken))
        turning.start()
        try:
            return subprocess.run(
                [sys.executable, "-m", "shared.cli.main", "drill", *arguments],
                capture_output=True,
                text=True,
                env={**os.environ, **self.environment},
                timeout=90,
                check=False,
            )
        finally:
            done.set()
            turning.join()

    def _turn_until(self, done: threading.Event, broken: bool) -> None:
        while not done.wait(0.2):
            for trigger in self._triggers[: 1 if broken else 2]:
                trigger.run_until_idle()


@pytest.fixture
def deployed(local_sls: LocalSls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    keys = LocalSls.credentials
    for logstore in (TRAIL, DEFERRED, ALERTS):
        local_sls.create(PROJECT, logstore)
    with TablestoreServer(keys) as store, DingTalkRobot() as robot:
        create_table(open_client(store.endpoint, INSTANCE, lambda: keys), "trailguard")
        alerts = tmp_path / "alerts"
        alerts.mkdir()
        for name in ("rules", "lists", "runbooks", "tuning.yml"):
            (alerts / name).symlink_to(HERE / "alerts" / name)
        (alerts / "routes.yml").write_text(dedent(ROUTES.format(robot=robot.url)))
        environment = {
            "TRAILGUARD_ALERTS_DIR": str(alerts),
            "TRAILGUARD_SLS_PROJECT": PROJECT,
            "TRAILGUARD_SLS_ENDPOINT": local_sls.endpoint,
            "TRAILGUARD_TABLESTORE_ENDPOINT": store.endpoint,
            "TRAILGUARD_TABLESTORE_INSTANCE": INSTANCE,
            "TRAILGUARD_TABLESTORE": INSTANCE,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": keys.security_token,
            "TOKEN": robot.token,
            "SECRET": robot.secret,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        _forget_what_instances_keep()
        yield Deployed(local_sls, robot, environment)
    _forget_what_instances_keep()


def _forget_what_instances_keep() -> None:
    wiring.load.cache_clear()
    wiring.load_routes.cache_clear()


def test_every_shipped_rule_arrives(deployed: Deployed) -> None:
    ran = deployed.drill("--json", "--within", "60s")
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {line["rule"] for line in lines if line["arrived"]} == {rule.name for rule in RULES}
    by_level = {line["level"]: line["receivers"] for line in lines}
    assert by_level["critical"] == ["on-call"]
    assert by_level["low"] == ["nobody"]


def test_each_channel_is_told_once_and_sees_that_it_is_a_drill(deployed: Deployed) -> None:
    some = ["--only", "root-sign-in", "--only", "kms-key-disabled", "--only", "root-sign-in-without-mfa"]
    assert deployed.drill(*some).returncode == 0
    (message,) = deployed.robot.messages
    assert "DRILL" in message["markdown"]["title"]
    assert "nothing has happened" in json.dumps(message)


def test_the_table_tells_who_was_reached_and_how_fast(deployed: Deployed) -> None:
    ran = deployed.drill("--only", "root-sign-in")
    assert "1 of 1 arrived; p50 " in ran.stdout
    assert "on-call/dingtalk/1" in ran.stdout


def test_what_does_not_arrive_is_told(deployed: Deployed) -> None:
    """The notifier does not run."""
    ran = deployed.drill("--only", "root-sign-in", "--within", "3s", broken=True)
    assert ran.returncode == 1
    assert "0 of 1 arrived" in ran.stdout
    assert "no" in ran.stdout


def test_a_rule_that_does_not_exist_is_told_with_the_nearest(deployed: Deployed) -> None:
    ran = deployed.drill("--only", "root-signin")
    assert ran.returncode == 2
    assert "no rule 'root-signin'; did you mean 'root-sign-in'?" in ran.stderr


def test_a_rule_that_is_switched_off_is_told_before_anything_is_sent(deployed: Deployed) -> None:
    alerts = Path(deployed.environment["TRAILGUARD_ALERTS_DIR"])
    (alerts / "tuning.yml").unlink()
    (alerts / "tuning.yml").write_text("root-sign-in: {enabled: false}\n")
    ran = deployed.drill("--alerts", str(alerts), "--only", "root-sign-in")
    assert (ran.returncode, ran.stderr) == (
        2,
        "no drill: rule 'root-sign-in' is switched off in tuning.yml\n",
    )


def test_alerts_that_reach_no_channel_are_counted(deployed: Deployed) -> None:
    ran = deployed.drill("--only", "root-sign-in", "--only", "vpc-changed")
    assert "2 of 2 arrived, 1 of them at no channel; p50 " in ran.stdout


def test_nothing_real_is_learned_from_a_drill(deployed: Deployed) -> None:
    store = wiring.store(deployed.context)
    before = dict(store.scan("rule/", 10_000))
    deployed.drill("--only", "casual-console-login", "--only", "console-sign-in-from-new-network")
    learned = {key for key, _ in store.scan("rule/", 10_000)} - set(before)
    heartbeats = {rule.id for rule in RULES if rule.source == "trailguard"}
    assert {key.split("/")[1] for key in learned} <= heartbeats


def test_the_canary_comes_through_and_its_absence_would_alert(deployed: Deployed) -> None:
    fire_timer(actiontrail.handler, NOW, "silence", context=deployed.context)
    deployed.turn()
    (receipt,) = Drills(wiring.store(deployed.context)).receipts(CANARY)
    assert (receipt.rule, receipt.receivers) == (CANARY_RULE, ("on-call",))
    assert deployed.robot.messages == [], "nobody is told of it"
    fire_timer(actiontrail.handler, NOW, "silence", context=deployed.context)
    rule = next(rule for rule in RULES if rule.name == "canary-silent")
    memory = Memory(wiring.store(deployed.context), wiring.now)
    assert memory.overdue([rule], wiring.now()) == []
    assert len(memory.overdue([rule], wiring.now() + timedelta(hours=2))) == 1


def test_a_repeated_exercise_gives_the_same_alert(deployed: Deployed) -> None:
    exercise = Exercise("d1", "root-sign-in", "1795143600.0")
    first, again = (drilled(exercise, RULES, "1234567890123456") for _ in range(2))
    assert first == again
    assert first.mode == "drill"


@pytest.mark.parametrize(
    "contents", [{}, {"drill": "d", "rule": "r", "sent": "soon"}, {"drill": "d", "rule": "r"}]
)
def test_a_record_that_is_no_exercise_is_refused(contents: dict[str, Any]) -> None:
    with pytest.raises(DrillError, match="not an exercise"):
        exercise_in(contents)


def test_a_rule_that_is_switched_off_does_not_arrive() -> None:
    with pytest.raises(DrillError, match="no rule 'gone' is deployed"):
        drilled(Exercise("d", "gone", "1795143600"), RULES, "1")
    assert drilled(canary(NOW), RULES, "1").time == NOW
