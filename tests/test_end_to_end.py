"""The whole way, as it runs on Function Compute: a trail's records to three people's screens.

Unpatched handlers under a trigger runner; the real SDKs speak to a local Log Service and Tablestore; a robot
that checks signatures, a mail server with TLS, and a webhook that the standardwebhooks library verifies.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import trustme

from functions import actiontrail, notify
from shared import wiring
from shared.alerting.deliveries import LEASE, Deliveries
from shared.alerting.patience import AT_ONCE
from shared.cloud.credentials import Credentials
from shared.config import HERE
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.function_context import FunctionContext
from tests.cloud.sls import Fault, LocalSls
from tests.cloud.tablestore import INSTANCE, TablestoreServer
from tests.cloud.trigger import TriggerRunner, fire_timer
from tests.receivers.dingtalk import DingTalkRobot
from tests.receivers.smtp import MailServer, cafile
from tests.receivers.webhook import SECRET, WebhookEndpoint

PROJECT, TRAIL, ALERTS = "trailguard", "actiontrail_audit", "trailguard-alerts"
TIMER = datetime(2026, 11, 20, tzinfo=timezone.utc)

ROUTES = """
    global: {{timezone: Asia/Shanghai, runbook_base_url: 'https://git.example.com/alerts'}}
    route: {{receiver: everyone, group_by: ['...']}}
    receivers:
      - name: everyone
        dingtalk_configs:
          - {{access_token: '${{TOKEN}}', secret: '${{SECRET}}', base_url: '{robot}',
             at_mobiles: ['13800000000']}}
        email_configs:
          - {{to: '${{MAIL_TO}}', from: trailguard@example.com, smarthost: 127.0.0.1, port: {port},
             auth_username: trailguard, auth_password: '${{MAIL_PASSWORD}}', ca_file: '{ca}'}}
        webhook_configs:
          - {{url: '{webhook}', secrets: ['${{HOOK_SECRET}}'], allow_private: [127.0.0.0/8], ca_file: '{ca}'}}
"""


@dataclass
class Account:
    """A deployed Trailguard, and everything around it."""

    sls: LocalSls
    store: TablestoreServer
    robot: DingTalkRobot
    mail: MailServer
    webhook: WebhookEndpoint

    def deliver(self, *events: dict[str, Any], **orders: Any) -> TriggerRunner:
        """The trail delivers these events; the detector's trigger runs until nothing is new."""
        now = int(time.time())
        records = [(now, {"event": json.dumps(event)}) for event in events]
        self.sls.append(
            PROJECT, TRAIL, records, topic="actiontrail_audit_event", source="actiontrail_internal"
        )
        return self.run(actiontrail.handler, TRAIL, **orders)

    def run(self, handler: Any, logstore: str, **orders: Any) -> TriggerRunner:
        runner = TriggerRunner(self.sls, handler, PROJECT, logstore, context=self.context, **orders)
        runner.run_until_idle()
        return runner

    def tell(self, **orders: Any) -> TriggerRunner:
        """The notifier's trigger runs over the whole alerts logstore, whatever it has told before."""
        return self.run(notify.handler, ALERTS, **orders)

    @property
    def context(self) -> FunctionContext:
        return FunctionContext()

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return [
            json.loads(r.contents["alert"])
            for r in self.sls.records(PROJECT, ALERTS)
            if "alert" in r.contents
        ]


def event(name: str = "StopLogging", number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": f"event-{number}",
        "eventName": name,
        "serviceName": "Actiontrail",
        "eventTime": "2026-11-20T03:04:05Z",
        "eventVersion": "1",
        "acsRegion": "cn-hangzhou",
        "sourceIpAddress": "203.0.113.9",
        "userIdentity": {"type": "ram-user", "userName": "mallory", "accountId": "1234567890123456"},
        "requestParameters": {"Name": "audit"},
        **changes,
    }


@pytest.fixture
def account(local_sls: LocalSls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    ca = trustme.CA()
    keys = LocalSls.credentials
    local_sls.create(PROJECT, TRAIL, shards=2)
    local_sls.create(PROJECT, ALERTS)
    with (
        TablestoreServer(keys) as store,
        DingTalkRobot() as robot,
        MailServer(ca) as mail,
        WebhookEndpoint(ca=ca) as webhook,
    ):
        create_table(open_client(store.endpoint, INSTANCE, lambda: keys), "trailguard")
        routes = ROUTES.format(robot=robot.url, port=mail.port, ca=cafile(ca, tmp_path), webhook=webhook.url)
        for name, value in _environment(local_sls, store, robot, mail, _alerts(tmp_path, routes)).items():
            monkeypatch.setenv(name, value)
        wiring.load.cache_clear()
        yield Account(local_sls, store, robot, mail, webhook)
    wiring.load.cache_clear()


def _alerts(folder: Path, routes: str) -> str:
    """The shipped alerts/ with routes of our own."""
    alerts = folder / "alerts"
    alerts.mkdir()
    for name in ("rules", "lists", "runbooks"):
        (alerts / name).symlink_to(HERE / "alerts" / name)
    (alerts / "routes.yml").write_text(dedent(routes))
    return str(alerts)


def _environment(
    sls: LocalSls, store: TablestoreServer, robot: DingTalkRobot, mail: MailServer, alerts: str
) -> dict[str, str]:
    return {
        "TRAILGUARD_ALERTS_DIR": alerts,
        "TRAILGUARD_SLS_PROJECT": PROJECT,
        "TRAILGUARD_SLS_ENDPOINT": sls.endpoint,
        "TRAILGUARD_ALERTS_LOGSTORE": ALERTS,
        "TRAILGUARD_TABLESTORE_ENDPOINT": store.endpoint,
        "TRAILGUARD_TABLESTORE_INSTANCE": INSTANCE,
        "TOKEN": robot.token,
        "SECRET": robot.secret,
        "MAIL_TO": "on-call@example.com",
        "MAIL_PASSWORD": mail.login[1],
        "HOOK_SECRET": SECRET,
    }


def _later(account: Account) -> None:
    """Make every pending delivery due, as if its time had come."""

    def keys() -> Credentials:
        return account.sls.credentials

    store = connect(account.store.endpoint, INSTANCE, "trailguard", keys)
    deliveries = Deliveries(store)
    deliveries.postpone(list(deliveries.pending()), due=TIMER)


def test_a_stopped_trail_is_told_on_three_channels_with_what_a_woken_person_needs(account: Account) -> None:
    account.deliver(event(), event("DescribeTrails", 2))
    account.tell()

    (alert,) = account.alerts
    assert (alert["rule"], alert["level"]) == ("actiontrail-stopped-or-deleted", "critical")
    (text,) = account.robot.texts()
    for needed in ("CRITICAL", "mallory", "203.0.113.9", "2026-11-20 11:04:05", alert["id"], "@13800000000"):
        assert needed in text
    (mail,) = account.mail.messages
    assert "[CRITICAL]" in mail["Subject"]
    assert "mallory" in mail.get_body(("plain",)).get_content()
    assert account.webhook.alerts == [alert]


def test_nothing_is_told_twice_when_every_delivery_is_repeated(account: Account) -> None:
    account.deliver(event(), duplicate=True)
    account.tell(duplicate=True)
    account.tell()  # the trigger is set up anew and reads everything again
    assert len(account.robot.messages) == len(account.mail.messages) == len(account.webhook.alerts) == 1


def test_an_instance_that_dies_after_its_work_loses_and_doubles_nothing(account: Account) -> None:
    account.deliver(event(), event("DeleteTrail", 2), kills=2)
    account.tell(kills=2)
    assert len(account.robot.messages) == len(account.webhook.alerts) == 2


def test_batches_may_be_split_in_any_way_and_give_the_same_alerts(account: Account) -> None:
    account.deliver(event(), split=1)
    account.deliver(event("DeleteTrail", 2), split=1)
    first = {alert["id"] for alert in account.alerts}
    account.deliver(event(), event("DeleteTrail", 2))
    assert {alert["id"] for alert in account.alerts} == first


def test_a_robot_that_refuses_holds_up_nobody_else_and_is_told_later(account: Account) -> None:
    account.robot.answer_with(-1, "system busy", times=1 + len(AT_ONCE))
    account.deliver(event())
    account.tell()
    assert account.robot.messages == []
    assert len(account.mail.messages) == len(account.webhook.alerts) == 1
    _later(account)
    assert json.loads(fire_timer(notify.handler, TIMER, context=account.context)) == {"sent": 1}
    assert len(account.robot.messages) == 1
    assert len(account.mail.messages) == len(account.webhook.alerts) == 1


def test_a_robot_that_is_busy_for_a_moment_is_told_in_the_same_call(account: Account) -> None:
    account.robot.answer_with(-1, "system busy")
    account.deliver(event())
    account.tell()
    assert len(account.robot.messages) == 1


def test_an_error_in_a_body_of_http_200_is_never_taken_for_sent(account: Account) -> None:
    account.robot.answer_with(310000, "sign not match")
    account.deliver(event())
    assert account.tell().given_up == []
    assert account.robot.messages == []
    _later(account)
    fire_timer(notify.handler, TIMER, context=account.context)
    assert len(account.robot.messages) == 1


def test_log_service_throttling_and_failing_loses_nothing(account: Account) -> None:
    account.sls.inject(Fault.THROTTLED, times=2, on="PullLogs")
    account.sls.inject(Fault.SERVER_ERROR, times=1, on="PutLogs")
    account.deliver(event())
    account.tell()
    assert len(account.robot.messages) == 1


def test_a_lost_reply_to_a_write_doubles_a_log_but_no_message(account: Account) -> None:
    account.sls.inject(Fault.REPLY_LOST, times=1, on="PutLogs")
    account.deliver(event())
    assert len(account.alerts) == 2
    account.tell()
    assert len(account.robot.messages) == 1


def test_without_tablestore_the_alert_goes_out_all_the_same(account: Account) -> None:
    account.store.stop()
    account.deliver(event())
    account.tell()
    assert len(account.robot.messages) == len(account.mail.messages) == len(account.webhook.alerts) == 1
    account.store.start()


def test_records_that_cannot_be_read_are_kept_whole_and_told_and_stop_nothing(account: Account) -> None:
    now = int(time.time())
    torn = json.dumps(event())[:-20]
    account.sls.append(
        PROJECT, TRAIL, [(now, {"event": torn}), (now, {"event": "[1, 2]"}), (now, {"other": "x"})]
    )
    account.deliver(event())
    kept = [r.contents for r in account.sls.records(PROJECT, ALERTS) if "raw" in r.contents]
    assert torn in [record["raw"] for record in kept]
    assert all(record["reason"] and record["origin"] for record in kept)
    assert {alert["rule"] for alert in account.alerts} == {
        "unreadable-records",
        "actiontrail-stopped-or-deleted",
    }


def test_eventbridge_may_call_the_same_function(account: Account) -> None:
    cloud_event = {
        "id": "45ef4dewdwe1-7c35-447a-bd93-fab****",
        "source": "acs.actiontrail",
        "specversion": "1.0",
        "type": "actiontrail:ActionTrail:ApiCall",
        "time": "2026-11-20T11:04:05+08:00",
        "aliyunaccountid": "1234567890123456",
        "data": event(),
    }
    counts = actiontrail.handler(json.dumps(cloud_event).encode(), account.context)
    assert json.loads(counts)["alerts"] == 1
    account.deliver(event())  # and the trail tells of it as well
    account.tell()
    assert len(account.robot.messages) == 1


def test_a_trigger_with_an_empty_range_is_ordinary(account: Account) -> None:
    runner = TriggerRunner(account.sls, actiontrail.handler, PROJECT, TRAIL, context=account.context)
    runner.deliver_empty()
    assert account.alerts == []


def test_a_broken_rule_file_is_told_and_the_others_go_on(account: Account, tmp_path: Path) -> None:
    rules = tmp_path / "alerts" / "rules"
    rules.unlink()
    rules.mkdir()
    (rules / "shipped").mkdir()
    shipped = HERE / "alerts/rules/actiontrail/actiontrail-stopped-or-deleted.yml"
    (rules / "shipped" / shipped.name).write_text(shipped.read_text())
    (rules / "broken.yml").write_text("title: half a rule\n")
    wiring.load.cache_clear()
    account.deliver(event())
    told = {alert["rule"]: alert["summary"] for alert in account.alerts}
    assert "alerts/rules/broken.yml:1" in told["broken-config"]
    assert "actiontrail-stopped-or-deleted" in told


def test_a_function_without_its_settings_says_which_variable_is_missing(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRAILGUARD_SLS_PROJECT")
    with pytest.raises(Exception, match="TRAILGUARD_SLS_PROJECT"):
        actiontrail.handler(json.dumps(event()).encode(), account.context)
    monkeypatch.delenv("TRAILGUARD_TABLESTORE_INSTANCE")
    with pytest.raises(Exception, match="TRAILGUARD_TABLESTORE_INSTANCE"):
        fire_timer(notify.handler, TIMER, context=account.context)


def test_the_lease_outlives_a_functions_time() -> None:
    assert LEASE.total_seconds() > FunctionContext().function.timeout
