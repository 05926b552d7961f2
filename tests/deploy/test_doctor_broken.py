"""Each link broken by itself: doctor names that one, says what is wrong with it, and blames no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

import pytest

from shared.alerting.channels.channel import Outcome
from shared.alerting.deliveries import Deliveries
from shared.alerting.notice import notice_of
from shared.version import Version
from tests.deploy.bootstrap_account import PROJECT
from tests.deploy.doctor_account import ALERTS, FUNCTIONS, TRAIL, Patient, alert, ill

HOUR = timedelta(hours=1)


def at(ago: timedelta) -> datetime:
    return datetime.now(timezone.utc) - ago


def trail_off(patient: Patient) -> None:
    patient.account.trails["trailguard"].state = "Disable"


def trail_writes_only(patient: Patient) -> None:
    patient.account.trails["trailguard"].events = "Write"


def trail_gone(patient: Patient) -> None:
    patient.account.trails.clear()


def trail_stale(patient: Patient) -> None:
    patient.account.sls.create(PROJECT, TRAIL)  # anew: nothing is in it


def trail_logstore_gone(patient: Patient) -> None:
    patient.account.sls.drop(PROJECT, TRAIL)


def alerts_logstore_gone(patient: Patient) -> None:
    patient.account.sls.drop(PROJECT, ALERTS)


def deferred_logstore_gone(patient: Patient) -> None:
    patient.account.sls.drop(PROJECT, "trailguard-deferred")


def functions_logstore_gone(patient: Patient) -> None:
    patient.account.sls.drop(PROJECT, FUNCTIONS)


def role_lacks_a_permission(patient: Patient) -> None:
    reads = patient.account.ram.custom["trailguard-detector"]["Statement"][0]
    reads["Resource"] = [resource for resource in reads["Resource"] if TRAIL not in resource]


def role_denied(patient: Patient) -> None:
    deny = {"Effect": "Deny", "Action": "log:PostLogStoreLogs", "Resource": "*"}
    patient.account.ram.custom["trailguard-notifier"]["Statement"].append(deny)


def role_gone(patient: Patient) -> None:
    del patient.account.ram.roles["trailguard-trigger"]


def policy_detached(patient: Patient) -> None:
    patient.account.ram.roles["trailguard-watcher"].policies = ()


def function_missing(patient: Patient) -> None:
    del patient.functions["trailguard-oss-access"]


def function_switched_off(patient: Patient) -> None:
    patient.function("host-logs").shown["invocationRestriction"] = {"disable": True, "reason": "by hand"}


def function_not_ready(patient: Patient) -> None:
    patient.function("respond").shown |= {"state": "Failed", "stateReason": "the image is gone"}


def function_failing(patient: Patient) -> None:
    patient.called("host-logs", failures=9)


def timer_silent(patient: Patient) -> None:
    patient.account.sls.create(PROJECT, FUNCTIONS)
    for name in ("actiontrail", "notify", "self-check", "oss-access", "host-logs", "respond"):
        patient.called(name)
    patient.called("account-audit", ago=2 * 3600)


def memory_changed(patient: Patient) -> None:
    patient.function("notify").shown["memorySize"] = 128


def variable_changed(patient: Patient) -> None:
    variables = dict(patient.function("actiontrail").shown["environmentVariables"])
    variables["TRAILGUARD_ALERTS_LOGSTORE"] = "a-secret-place"
    patient.function("actiontrail").shown["environmentVariables"] = variables


def role_changed(patient: Patient) -> None:
    patient.function("respond").shown["role"] = "acs:ram::1234567890123456:role/admin"


def retries_changed(patient: Patient) -> None:
    patient.function("account-audit").asynchronous = {}


def concurrency_changed(patient: Patient) -> None:
    patient.function("notify").concurrency = {}


def trigger_off(patient: Patient) -> None:
    patient.function("actiontrail").configure("trail", enable=False)


def trigger_gone(patient: Patient) -> None:
    del patient.function("self-check").triggers["every-fifteen-minutes"]


def trigger_elsewhere(patient: Patient) -> None:
    patient.function("host-logs").configure("hosts", sourceConfig={"logstore": "other"})


def trigger_of_another_role(patient: Patient) -> None:
    patient.function("oss-access").triggers["access"]["invocationRole"] = "acs:ram::1:role/other"


def detector_behind(patient: Patient) -> None:
    patient.beat(ago=timedelta(minutes=10))
    patient.account.sls.create(PROJECT, TRAIL)
    patient.account.sls.receive(PROJECT, TRAIL, at(timedelta(minutes=8)))


def outbox_not_drained(patient: Patient) -> None:
    patient.beat(ago=timedelta(minutes=10))
    patient.account.sls.create(PROJECT, TRAIL)
    patient.account.sls.receive(PROJECT, TRAIL, at(timedelta(minutes=12)))
    patient.account.sls.receive(PROJECT, ALERTS, at(timedelta(minutes=8)))


def canary_lost(patient: Patient) -> None:
    patient.canary(ago=HOUR)


def delivery_stuck(patient: Patient) -> None:
    deliveries = Deliveries(patient.store)
    (begun,) = deliveries.begin([("on-call/dingtalk/1", notice_of(alert()))], at(HOUR))
    deliveries.record([begun], Outcome.retry("the group is gone"), at(HOUR))


def letter_dead(patient: Patient) -> None:
    deliveries = Deliveries(patient.store)
    (begun,) = deliveries.begin([("on-call/dingtalk/1", notice_of(alert()))], at(25 * HOUR))
    deliveries.record([begun], Outcome.rejected("the robot is gone"), at(timedelta()))


def channel_unset(patient: Patient) -> None:
    for name in ("DINGTALK_TOKEN", "DINGTALK_SECRET"):
        patient.account.environment[name] = ""
        patient.function("notify").shown["environmentVariables"][name] = ""
    patient.function("self-check").shown["environmentVariables"] |= dict.fromkeys(
        ("DINGTALK_TOKEN", "DINGTALK_SECRET"), ""
    )


def channel_half_set(patient: Patient) -> None:
    patient.function("notify").shown["environmentVariables"]["WEBHOOK_URL"] = "https://hooks.example.com/x"


def channel_wrong(patient: Patient) -> None:
    patient.function("notify").shown["environmentVariables"] |= {
        "WEBHOOK_URL": "https://hooks.example.com/x",
        "WEBHOOK_SECRET": "not whsec",
    }


def clock_off(patient: Patient) -> None:
    patient.account.sls.set_clock(ahead=300)


def other_code(patient: Patient) -> None:
    patient.beat(**{"trailguard-notify": Version("other", patient.version.alerts)})


def other_alerts(patient: Patient) -> None:
    (patient.alerts / "tuning.yml").write_text("{}")


BROKEN: Mapping[Callable[[Patient], None], tuple[str, str]] = {
    trail_off: ("trail", "Disable → Enable"),
    trail_writes_only: ("trail", "events Write → All"),
    trail_gone: ("trail", "there is no trail trailguard"),
    trail_stale: ("trail's events", "nothing has come to trailguard/actiontrail_trailguard ever"),
    trail_logstore_gone: ("trail's events", "LogStoreNotExist"),
    alerts_logstore_gone: ("outbox", "LogStoreNotExist"),
    deferred_logstore_gone: ("progress actiontrail/deferred", "LogStoreNotExist"),
    functions_logstore_gone: ("functions' log", "LogStoreNotExist"),
    role_lacks_a_permission: ("role trailguard-detector", "may not log:GetCursorOrData on"),
    role_denied: ("role trailguard-notifier", "deny log:PostLogStoreLogs on *"),
    role_gone: ("role trailguard-trigger", "there is no such role"),
    policy_detached: ("role trailguard-watcher", "not attached"),
    function_missing: ("function oss-access", "is not deployed"),
    function_switched_off: ("function host-logs", "nobody may call it"),
    function_not_ready: ("function respond", "the image is gone"),
    function_failing: (
        "calls host-logs",
        "9 of 20 failed in the last hour",
    ),
    timer_silent: ("calls account-audit", "nobody has called it for an hour; last success 2h ago"),
    memory_changed: ("settings notify", "memorySize: 128 → 512"),
    variable_changed: ("settings actiontrail", "TRAILGUARD_ALERTS_LOGSTORE"),
    role_changed: ("settings respond", "role/admin →"),
    retries_changed: ("settings account-audit", "maxAsyncRetryAttempts: nothing → 0"),
    concurrency_changed: ("settings notify", "reservedConcurrency: nothing → 2"),
    trigger_off: ("trigger actiontrail/trail", "is switched off"),
    trigger_gone: ("trigger self-check/every-fifteen-minutes", "there is no such trigger"),
    trigger_elsewhere: ("trigger host-logs/hosts", '"other" → "trailguard-hosts"'),
    trigger_of_another_role: ("trigger oss-access/access", "role/other"),
    detector_behind: (
        "progress actiontrail/trail",
        "wait for 8m in trailguard/actiontrail_",
    ),
    outbox_not_drained: ("outbox", "records wait for 8m in trailguard/trailguard-alerts/0"),
    canary_lost: ("canary", "none came through for 1h"),
    delivery_stuck: ("deliveries", "the group is gone"),
    letter_dead: ("dead letters", "on-call/dingtalk/1: the robot is gone"),
    channel_unset: ("channels", "on-call has no channel: set DINGTALK_SECRET, DINGTALK_TOKEN"),
    channel_half_set: ("channels", "on-call/webhook/1 lacks WEBHOOK_SECRET"),
    channel_wrong: ("channels", "on-call/webhook/1: a webhook secret must be whsec_"),
    clock_off: ("clocks", "s behind Log Service"),
    other_code: ("versions", "trailguard-notify: other code than this checkout"),
    other_alerts: ("versions", "other files of alerts/ than this checkout"),
}
"""Each failure with the link that is broken by it, and words that are said of it."""


@pytest.mark.parametrize("failure", BROKEN, ids=lambda failure: failure.__name__)
def test_a_broken_link_is_named_by_itself(patient: Patient, failure: Callable[[Patient], None]) -> None:
    failure(patient)
    link, says = BROKEN[failure]
    code, found = patient.examine()
    assert (code, ill(found)) == (1, {link: "broken"})
    assert says in found[link]["what"]
    assert found[link]["mend"]


def test_a_store_that_is_down_is_named_and_what_needs_it_waits(patient: Patient) -> None:
    patient.account.tables.stop()
    code, found = patient.examine()
    assert (code, ill(found)) == (1, {"state store": "broken"})
    waiting = {link for link, each in found.items() if each["waits_for"] == "state store"}
    assert waiting >= {"outbox", "canary", "deliveries", "dead letters", "versions"}
    patient.account.tables.start()
