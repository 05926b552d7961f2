"""The self-check the whole way: what is blind is told past outbox and notifier, and told once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from functions import actiontrail, notify, self_check
from shared import self_check as job
from shared import wiring
from shared.alerting.deliveries import Deliveries, Delivery
from shared.alerting.notice import notice_of
from shared.config import HERE
from shared.detection.memory import Memory
from shared.drill import CANARY_RULE
from shared.health import inside
from shared.health.beats import Beats
from shared.health.check import Finding, run
from shared.health.watchdog import UntoldError, alert_of_blindness
from shared.state.store import StateStore, Write
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.ram import Guard
from tests.cloud.sls import Fault, LocalSls
from tests.cloud.tablestore import INSTANCE, TablestoreServer
from tests.cloud.trigger import TriggerRunner, fire_timer
from tests.receivers.dingtalk import DingTalkRobot

PROJECT, TRAIL, DEFERRED, ALERTS = "trailguard", "actiontrail_t", "trailguard-deferred", "trailguard-alerts"
CONTEXT = FunctionContext(function=Function("trailguard-self-check", "self_check.handler"))
EVENT = {
    "eventId": "event-1",
    "eventName": "DescribeInstances",
    "serviceName": "Ecs",
    "eventTime": "2026-11-20T03:04:05Z",
    "userIdentity": {"type": "ram-user", "userName": "alice", "accountId": "1234567890123456"},
}
RULES = ("rules/trailguard/detector-silent.yml", f"rules/actiontrail/{CANARY_RULE}.yml")
"""As few as are needed."""

ROUTES = """
    global: {{watchdog: security}}
    route: {{receiver: on-call}}
    receivers:
      - name: on-call
        dingtalk_configs: [{{access_token: '${{TOKEN}}', secret: '${{SECRET}}', base_url: '{robot}'}}]
      - name: security
        dingtalk_configs: [{{access_token: '${{TOKEN}}', secret: '${{SECRET}}', base_url: '{second}'}}]
"""


@dataclass
class Deployed:
    """Detector, notifier and self-check, the triggers between them, two robots, and the clock of all."""

    sls: LocalSls
    tables: TablestoreServer
    robot: DingTalkRobot
    second: DingTalkRobot
    later: timedelta = timedelta()
    triggers: dict[str, TriggerRunner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for handler, logstore in ((actiontrail, TRAIL), (actiontrail, DEFERRED), (notify, ALERTS)):
            self.triggers[logstore] = TriggerRunner(self.sls, handler.handler, PROJECT, logstore)

    @property
    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.later

    def event(self) -> None:
        """The trail delivers an event."""
        self.sls.append(PROJECT, TRAIL, [(int(time.time()), {"event": json.dumps(EVENT)})])

    def turn(self, *logstores: str) -> None:
        """The timers call, and triggers run until nothing is new: those of these logstores, or all."""
        fire_timer(actiontrail.handler, self.now, payload="silence", name="silence")
        for logstore in logstores or self.triggers:
            self.triggers[logstore].run_until_idle()

    def check(self, later: float = 0.0) -> dict[str, int]:
        """The self-check's timer calls, so many minutes later; its counts."""
        self.later += timedelta(minutes=later)
        told: dict[str, int] = json.loads(fire_timer(self_check.handler, self.now, context=CONTEXT))
        return told

    def findings(self, later: float = 0.0) -> dict[str, Finding]:
        """What the checks find so many minutes later, nothing told."""
        self.later += timedelta(minutes=later)
        return {finding.link: finding for finding in run(inside.checks(job._watched(CONTEXT)))}

    def blind(self, later: float = 0.0) -> list[str]:
        """The links that are broken or can't be looked at."""
        return [link for link, finding in self.findings(later).items() if finding.is_blind]

    @property
    def store(self) -> StateStore:
        return connect(self.tables.endpoint, INSTANCE, "trailguard", lambda: self.sls.credentials)

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Those of the watchdog in the alerts logstore."""
        records = self.sls.records(PROJECT, ALERTS)
        found = [json.loads(record.contents["alert"]) for record in records if "alert" in record.contents]
        return [alert for alert in found if alert["rule"] == "blind"]


@pytest.fixture
def deployed(local_sls: LocalSls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    keys = LocalSls.credentials
    for logstore in (TRAIL, DEFERRED, ALERTS):
        local_sls.create(PROJECT, logstore)
    with TablestoreServer(keys) as tables, DingTalkRobot() as robot, DingTalkRobot() as second:
        create_table(open_client(tables.endpoint, INSTANCE, lambda: keys), "trailguard")
        alerts = tmp_path / "alerts"
        (alerts / "rules").mkdir(parents=True)
        for name in (*RULES, "lists", "runbooks"):
            target = alerts / "rules" if name in RULES else alerts
            (target / Path(name).name).symlink_to(HERE / "alerts" / name)
        (alerts / "routes.yml").write_text(dedent(ROUTES.format(robot=robot.url, second=second.url)))
        for name, value in {
            "TRAILGUARD_ALERTS_DIR": str(alerts),
            "TRAILGUARD_SLS_PROJECT": PROJECT,
            "TRAILGUARD_SLS_ENDPOINT": local_sls.endpoint,
            "TRAILGUARD_TRAIL_PROJECT": PROJECT,
            "TRAILGUARD_TRAIL_LOGSTORE": TRAIL,
            "TRAILGUARD_TABLESTORE_ENDPOINT": tables.endpoint,
            "TRAILGUARD_TABLESTORE_INSTANCE": INSTANCE,
            "TOKEN": robot.token,
            "SECRET": robot.secret,
        }.items():
            monkeypatch.setenv(name, value)
        wiring.load.cache_clear()
        wiring.load_routes.cache_clear()
        job._noted.clear()
        deployed = Deployed(local_sls, tables, robot, second)
        monkeypatch.setattr(wiring, "now", lambda: deployed.now)
        yield deployed
    wiring.load.cache_clear()
    wiring.load_routes.cache_clear()


@pytest.fixture
def healthy(deployed: Deployed) -> Deployed:
    """All links hold: an event has come, everything is read, the canary has come through."""
    deployed.event()
    deployed.turn()
    return deployed


def test_a_healthy_trailguard_is_silent(healthy: Deployed) -> None:
    assert healthy.check() == {"ok": 9, "told": 0}
    healthy.turn()
    assert healthy.check() == {"ok": 9, "told": 0}
    assert healthy.robot.messages == healthy.second.messages == []
    assert healthy.alerts == []


def test_a_store_that_is_down_is_told_directly_and_put_into_the_outbox(healthy: Deployed) -> None:
    healthy.tables.stop()
    assert healthy.check()["told"] == 1
    (text,) = healthy.second.texts()
    assert "Watchdog" in text
    assert "state store" in text
    assert "trailguard bootstrap --dry-run" in text
    assert healthy.robot.messages == []
    (alert,) = healthy.alerts
    assert (alert["level"], alert["resource"]) == ("high", "link state store")
    healthy.tables.start()


def test_what_lasts_is_told_again_after_six_hours_and_not_before(healthy: Deployed) -> None:
    healthy.tables.stop()
    told = []
    for later in (0, 15, 60, 240, 60):
        healthy.check(later)
        told.append(sum("state store" in text for text in healthy.second.texts()))
    assert told == [1, 1, 1, 1, 2]
    healthy.tables.start()


def test_another_instance_knows_what_was_told_by_the_store(healthy: Deployed) -> None:
    healthy.sls.inject(Fault.UNAUTHORIZED, times=None, on="ListShards")
    first = healthy.check()["told"]
    assert first >= 1
    job._noted.clear()  # as a fresh instance has it
    assert healthy.check(15)["told"] == 0
    job._noted.clear()
    assert healthy.check(360)["told"] >= first
    assert len(healthy.second.messages) == 2


def test_an_outbox_that_takes_nothing_is_told_all_the_same(healthy: Deployed) -> None:
    healthy.sls.inject(Fault.UNAUTHORIZED, times=None, on="PutLogs")
    assert healthy.check()["told"] == 1
    (text,) = healthy.second.texts()
    assert "outbox" in text
    assert "log:PostLogStoreLogs" in text
    assert healthy.alerts == []


def test_a_log_service_that_does_not_answer_is_told_while_there_is_time(healthy: Deployed) -> None:
    healthy.sls.inject(Fault.DOWN, times=None)
    hurried = replace(CONTEXT, function=replace(CONTEXT.function, timeout=9))
    assert json.loads(fire_timer(self_check.handler, healthy.now, context=hurried))["told"] >= 1
    (text,) = healthy.second.texts()
    assert "outbox" in text


def test_a_watchdog_that_reaches_nobody_fails_and_tells_the_next_time(healthy: Deployed) -> None:
    healthy.tables.stop()
    healthy.second.answer_with(-1, "system busy")
    with pytest.raises(UntoldError, match="state store; told in the outbox alone"):
        healthy.check()
    assert healthy.check(15)["told"] == 1
    healthy.tables.start()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("watchdog: security", ""),
        ("'${TOKEN}', secret: '${SECRET}', base_url: 'SECOND'", "'${NO}', secret: x"),
    ],
)
def test_without_a_watchdog_that_has_a_channel_the_first_receiver_that_has_one_is_told(
    healthy: Deployed, tmp_path: Path, old: str, new: str
) -> None:
    routes = tmp_path / "alerts" / "routes.yml"
    old = old.replace("SECOND", healthy.second.url)
    assert old in routes.read_text()
    routes.write_text(routes.read_text().replace(old, new))
    wiring.load_routes.cache_clear()
    healthy.tables.stop()
    healthy.check()
    assert (len(healthy.robot.messages), len(healthy.second.messages)) == (1, 0)
    healthy.tables.start()


def test_a_notifier_that_does_not_run_is_seen_by_what_waits_in_the_outbox(deployed: Deployed) -> None:
    deployed.event()
    deployed.turn(TRAIL, DEFERRED)
    deployed.later = timedelta(minutes=-5)
    deployed.triggers[ALERTS].run_until_idle()  # the last time that it ran
    deployed.later = timedelta()
    assert deployed.check()["told"] == 0
    assert deployed.blind(later=6) == [inside.NOTIFIER]
    deployed.triggers[ALERTS].run_until_idle()
    assert deployed.blind() == []


def test_a_detector_that_does_not_run_is_seen_by_what_waits_in_the_trails_logstore(
    deployed: Deployed,
) -> None:
    deployed.event()
    deployed.turn(DEFERRED, ALERTS)
    assert deployed.blind(later=4) == []
    assert deployed.blind(later=2) == [inside.DETECTOR]
    deployed.turn()
    assert deployed.blind() == []


def test_a_shard_that_stands_still_is_seen_beside_one_that_is_read(deployed: Deployed) -> None:
    deployed.sls.create(PROJECT, TRAIL, shards=2)
    deployed.event()
    deployed.turn()
    deployed.sls.append(PROJECT, TRAIL, [(1, {"event": json.dumps(EVENT)})], shard=1)
    finding = deployed.findings(later=6)[inside.DETECTOR]
    assert finding.status == "broken"
    assert f"{PROJECT}/{TRAIL}/1" in finding.what
    assert f"{PROJECT}/{TRAIL}/0" not in finding.what


def test_a_trail_that_delivers_nothing_is_seen_by_the_age_of_its_newest_event(healthy: Deployed) -> None:
    found = healthy.findings(later=61)
    assert found["trail's events"].status == "broken"
    assert "61m" in found["trail's events"].what


def test_a_canary_that_stays_away_is_seen(healthy: Deployed) -> None:
    assert healthy.blind(later=29) == []
    assert healthy.blind(later=2) == ["canary"]


def test_a_channel_that_takes_nothing_is_seen_by_what_waits_and_by_what_was_given_up(
    healthy: Deployed,
) -> None:
    alert = alert_of_blindness(Finding("x", "broken", "y"), "1234567890123456", healthy.now)
    since = healthy.now - timedelta(hours=1)
    waiting = Delivery("on-call/dingtalk/1", notice_of(alert), healthy.now, since, reason="busy")
    Deliveries(healthy.store)._put([waiting])
    finding = healthy.findings()["deliveries"]
    assert (finding.status, "on-call/dingtalk/1" in finding.mend) == ("broken", True)
    assert "busy" in finding.what
    Deliveries(healthy.store)._bury(list(Deliveries(healthy.store).pending()), healthy.now)
    assert healthy.blind() == ["dead letters"]


def test_each_permission_that_the_role_lacks_is_named(healthy: Deployed) -> None:
    def missing() -> set[str]:
        return {finding.permission for finding in healthy.findings().values() if finding.permission}

    for actions in ({"log:GetCursorOrData"}, {"log:ListShards"}, {"log:PostLogStoreLogs"}):
        healthy.sls.enforce(Guard(_all_but(actions)))
        assert missing() == actions
    healthy.sls.enforce(None)
    for action in ("ots:BatchGetRow", "ots:BatchWriteRow", "ots:GetRange"):
        healthy.tables.guard = Guard(_all_but({action}))
        assert missing() == {action}


def test_what_depends_on_the_store_waits_for_it_and_is_not_blamed(healthy: Deployed) -> None:
    healthy.tables.stop()
    found = healthy.findings()
    assert [link for link, finding in found.items() if finding.is_blind] == ["state store"]
    waiting = {link for link, finding in found.items() if finding.waits_for == "state store"}
    assert waiting >= {inside.DETECTOR, inside.NOTIFIER, "canary", "deliveries", "dead letters"}
    healthy.tables.start()


def test_a_store_that_lies_is_no_store(healthy: Deployed) -> None:
    healthy.store.save([Write("watchdog/x", b"not a time", 0)])
    healthy.tables.fault.body, healthy.tables.fault.times = b"\xff", 10**9
    assert healthy.blind() == ["state store"]


def test_the_dead_mans_switch_is_called_while_all_is_well_and_only_then(
    healthy: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAILGUARD_WATCHDOG_URL", f"{healthy.robot.url}/a-secret")  # an address inside
    assert healthy.check() == {"ok": 9, "broken": 1, "told": 1}
    (text,) = healthy.second.texts()
    assert "dead man's switch" in text
    assert "a-secret" not in text
    healthy.tables.stop()
    assert "broken" in healthy.check(600)
    assert "dead man's switch" not in healthy.second.texts()[-1]
    healthy.tables.start()


def test_a_logstore_that_is_gone_is_broken_and_says_who_makes_it_again(healthy: Deployed) -> None:
    healthy.sls.drop(PROJECT, TRAIL)
    finding = healthy.findings()["trail's events"]
    assert (finding.status, "trailguard bootstrap" in finding.mend) == ("broken", True)
    assert healthy.blind() == ["trail's events"]


def test_its_own_silence_is_for_the_detector_to_tell(healthy: Deployed) -> None:
    healthy.check()
    healthy.later += timedelta(hours=2)
    told = Memory(healthy.store, lambda: healthy.now).overdue(wiring.loaded().config.rules, healthy.now)
    assert ("detector-silent", ("trailguard-self-check",)) in [(t.rule.name, t.group) for t in told]


def test_functions_state_which_code_they_run(healthy: Deployed) -> None:
    beats = {beat.place: beat for beat in Beats(healthy.store).all()}
    assert set(beats) == {
        f"{PROJECT}/{ALERTS}/0",
        f"{PROJECT}/{DEFERRED}/0",
        f"{PROJECT}/{TRAIL}/0",
        "trailguard-actiontrail/timer",
    }


def _all_but(actions: set[str]) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return {"Statement": [allow, {"Effect": "Deny", "Action": sorted(actions), "Resource": "*"}]}
