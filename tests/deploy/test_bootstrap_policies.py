"""Least privilege: the functions, and bootstrap itself, under the policies that bootstrap makes for them.

The local cloud refuses what a policy does not allow; and a policy allows no action that nobody has called.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from deploy.bootstrap import policies, roles, tablestore, trail
from deploy.bootstrap.policies import PARTS
from functions import account_audit, actiontrail, host_logs, notify, respond, self_check
from shared import wiring
from shared.alerting.tokens import Grant, Keys
from shared.audits.collectors import COLLECTORS
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.http_gateway import http_event
from tests.cloud.ram import Guard
from tests.cloud.tablestore import Fault
from tests.cloud.trigger import TriggerRunner, fire_timer
from tests.deploy.bootstrap_account import PROJECT, STOPPED, Account
from tests.deploy.serverless_devs import render

REGION = "cn-shanghai"  # of the endpoint that the trigger runner hands over
TRAIL, HOSTS, ALERTS = "actiontrail_trailguard", "trailguard-hosts", "trailguard-alerts"
LINK_KEY = "a key that is long enough for a test"
LINE = "Nov 23 11:18:06 web-01 sshd[158]: Failed password for root from 203.0.113.7 port 38001 ssh2"
RESOURCES = {name: resource["props"] for name, resource in render({})["resources"].items()}


@pytest.fixture
def deployed(account: Account) -> Iterator[Account]:
    """A built account, and the environment that s.yaml gives the functions in it."""
    account.environment["TRAILGUARD_REGION"] = REGION
    account.tables.arn = f"acs:ots:{REGION}:1234567890123456:instance/local"
    account.built()
    for name in account.environment:
        account.monkeypatch.delenv(name)
    given = {
        **account.openapi.environment(),
        "TRAILGUARD_SLS_PROJECT": PROJECT,
        "TRAILGUARD_TRAIL_PROJECT": PROJECT,
        "TRAILGUARD_TRAIL_LOGSTORE": TRAIL,
        "TRAILGUARD_TABLESTORE_ENDPOINT": account.tables.endpoint,
        "TRAILGUARD_TABLESTORE_INSTANCE": "local",
        "TRAILGUARD_LINK_KEYS": LINK_KEY,
    }
    for name, value in given.items():
        account.monkeypatch.setenv(name, value)
    wiring.load.cache_clear()
    yield account


def guarded(account: Account, role: str) -> Guard:
    """The role's policy, in force from now on for both Log Service and Tablestore."""
    guard = Guard(account.ram.custom[role])
    account.sls.enforce(guard)
    account.tables.guard = guard
    return guard


def context(function: str) -> FunctionContext:
    return FunctionContext(function=Function(f"trailguard-{function}"), region=REGION)


def run(account: Account, handler: Any, logstore: str, function: str) -> None:
    """The trigger on a logstore, until nothing is new; nothing of it may fail."""
    runner = TriggerRunner(account.sls, handler, PROJECT, logstore, context=context(function))
    runner.run_until_idle()
    assert runner.given_up == []


def unused(guard: Guard) -> set[str]:
    """What is granted on Log Service and Tablestore, and nobody has needed."""
    return {action for action in guard.unused() if action.startswith(("log:", "ots:"))}


def refusals(account: Account, guard: Guard) -> list[tuple[str, str]]:
    return sorted(pair for pair in guard.asked if not guard.allows(*pair))


def deliver(account: Account) -> None:
    now = int(time.time())
    account.sls.append(
        PROJECT, TRAIL, [(now, {"event": json.dumps(STOPPED)})], topic="actiontrail_audit_event"
    )
    account.sls.append(PROJECT, HOSTS, [(now, {"content": LINE})], tags={"__path__": "/var/log/auth.log"})


def test_the_detectors_need_all_that_they_may_and_no_more(deployed: Account) -> None:
    guard = guarded(deployed, "trailguard-detector")
    deliver(deployed)
    deployed.tables.fault = Fault(times=1, hang_up="before")
    run(deployed, host_logs.handler, HOSTS, "host-logs")
    deployed.tables.fault = Fault(times=0)
    run(deployed, actiontrail.handler, TRAIL, "actiontrail")
    run(deployed, actiontrail.handler, "trailguard-deferred", "actiontrail")
    fire_timer(actiontrail.handler, datetime.now(timezone.utc), context=context("actiontrail"))
    assert [record.contents.get("rule") for record in deployed.sls.records(PROJECT, ALERTS)] != []
    assert (refusals(deployed, guard), unused(guard)) == ([], set())


def test_the_notifier_needs_all_that_it_may_and_no_more(deployed: Account) -> None:
    deliver(deployed)
    run(deployed, actiontrail.handler, TRAIL, "actiontrail")
    deployed.monkeypatch.setenv("WEBHOOK_URL", "https://127.0.0.1:9/hook")
    deployed.monkeypatch.setenv("WEBHOOK_SECRET", "whsec_" + "A" * 32)
    wiring.load_routes.cache_clear()
    guard = guarded(deployed, "trailguard-notifier")
    run(deployed, notify.handler, ALERTS, "notify")
    fire_timer(notify.handler, datetime.now(timezone.utc), context=context("notify"))
    # What Function Compute itself logs goes through the same role.
    assert (refusals(deployed, guard), unused(guard)) == ([], {"log:PostLogStoreLogs"})


def test_the_watcher_needs_all_that_it_may_and_no_more(deployed: Account) -> None:
    deliver(deployed)
    run(deployed, host_logs.handler, HOSTS, "host-logs")
    run(deployed, actiontrail.handler, TRAIL, "actiontrail")
    fire_timer(actiontrail.handler, datetime.now(timezone.utc), context=context("actiontrail"))
    run(deployed, actiontrail.handler, "trailguard-deferred", "actiontrail")
    run(deployed, notify.handler, ALERTS, "notify")
    guard = guarded(deployed, "trailguard-watcher")
    told = fire_timer(self_check.handler, datetime.now(timezone.utc), context=context("self-check"))
    assert json.loads(told) == {"ok": 9, "told": 0}
    assert (refusals(deployed, guard), unused(guard)) == ([], set())


def test_the_responder_may_do_what_it_does(deployed: Account) -> None:
    guard = guarded(deployed, "trailguard-responder")
    token = Keys.of(LINK_KEY).sign(Grant("0123456789", "ack", datetime.now(timezone.utc) + timedelta(days=1)))
    answer = respond.handler(http_event("GET", {"t": token}), context("respond"))
    assert answer["statusCode"] in (200, 404, 410)
    assert guard.asked != set()
    assert refusals(deployed, guard) == []


def test_the_auditor_asks_only_what_it_may_and_its_policy_names_nothing_else(deployed: Account) -> None:
    guard = guarded(deployed, "trailguard-auditor")
    before = len(deployed.openapi.requests)
    account_audit.handler(
        b"{}", replace(context("account-audit"), function=Function("account-audit", timeout=540))
    )
    declared = {(api.product, api.action): api.permission for c in COLLECTORS for api in c.apis}
    asked = {(call.product, call.action) for call in deployed.openapi.requests[before:]}
    allowed = set(deployed.ram.custom["trailguard-auditor"]["Statement"][0]["Action"])
    assert asked != set()
    assert {declared[api] for api in asked if api in declared} <= allowed
    assert asked <= set(declared)
    assert allowed == set(declared.values())
    assert refusals(deployed, guard) == []


def test_a_call_outside_the_policy_is_refused(deployed: Account) -> None:
    """The test of these tests: with a right less, they would fail."""
    reads = deployed.ram.custom["trailguard-detector"]["Statement"][0]
    reads["Resource"] = [resource for resource in reads["Resource"] if TRAIL not in resource]
    guarded(deployed, "trailguard-detector")
    deliver(deployed)
    runner = TriggerRunner(deployed.sls, actiontrail.handler, PROJECT, TRAIL, context=context("actiontrail"))
    runner.max_retry = 0
    runner.run_until_idle()
    assert "log:GetCursorOrData" in str(runner.given_up[0][1])


def test_bootstrap_needs_all_that_its_own_policy_allows_and_no_more(account: Account) -> None:
    names = account.names()
    document = policies.bootstrap(names)
    guard = Guard(document)
    account.sls.enforce(guard)
    account.tables.guard = guard
    account.built("--oss", "all")
    for collection, name in (
        ("dashboards", "trailguard-alerts"),
        ("savedsearches", "trailguard-host-lines"),
        ("pipelineconfigs", "trailguard-osquery"),
        ("machinegroups", "trailguard-bastion"),
    ):
        account.sls.document(PROJECT, collection, name).clear()
    del account.sls.document(PROJECT, "index", "trailguard-alerts")["line"]
    account.tables.tables.by_name["trailguard"].versions = 2
    account.trails["trailguard"].events = "Read"
    account.ram.custom["trailguard-detector"]["Statement"].pop()
    account.ram.roles["trailguard-notifier"].trust = roles.trust("ecs.aliyuncs.com")
    account.built("--oss", "all")
    account.environment["TRAILGUARD_TRAIL_PROJECT"] = "central"
    account.run("--destroy", "--and-logs", PROJECT, "--yes")
    account.sls.drop(PROJECT, TRAIL)
    account.run("--destroy", "--and-logs", PROJECT, "--yes")

    apis = {(api.product, api.action): api.permission for api in (*trail.APIS, *roles.APIS, *tablestore.APIS)}
    called = {(call.product, call.action) for call in account.openapi.requests} - {
        ("Sts", "GetCallerIdentity")
    }
    assert called == set(apis)
    assert refusals(account, guard) == []
    assert guard.unused() - set(apis.values()) == set()


def test_every_role_of_s_yaml_is_made_for_the_service_that_takes_it_on() -> None:
    for props in RESOURCES.values():
        assert PARTS[props["role"].rpartition("/")[2]].service == "fc.aliyuncs.com"
        for one in props["triggers"]:
            if one["triggerType"] == "log":
                assert PARTS[one["invocationRole"].rpartition("/")[2]].service == "log.aliyuncs.com"
    used = {props["role"].rpartition("/")[2] for props in RESOURCES.values()}
    assert {*used, "trailguard-trigger"} == set(PARTS)


def test_the_trigger_role_reads_every_logstore_that_a_trigger_is_on_and_calls_every_function(
    account: Account,
) -> None:
    guard = Guard(policies.document("trailguard-trigger", account.names()))
    for props in RESOURCES.values():
        function = f"acs:fc:cn-hangzhou:1234567890123456:functions/{props['functionName']}"
        assert guard.allows("fc:InvokeFunction", function)
        for one in props["triggers"]:
            if one["triggerType"] == "log":
                logstore = one["triggerConfig"]["sourceConfig"]["logstore"]
                assert guard.allows("log:GetCursorOrData", f"{one['sourceArn']}/logstore/{logstore}")
                log = one["triggerConfig"]["logConfig"]
                project = f"acs:log:cn-hangzhou:1234567890123456:project/{log['project']}"
                arn = f"{project}/logstore/{log['logstore']}"
                assert guard.allows("log:PostLogStoreLogs", arn)
    assert not guard.allows(
        "log:GetCursorOrData", "acs:log:cn-hangzhou:1234567890123456:project/x/logstore/y"
    )
    assert not guard.allows(
        "log:DeleteLogStore", f"{RESOURCES['notify']['triggers'][0]['sourceArn']}/logstore/x"
    )


@pytest.mark.parametrize("role", PARTS)
def test_a_policy_fits_into_what_ram_takes_and_grants_no_wildcard_on_everything(
    account: Account, role: str
) -> None:
    document = policies.document(role, account.names())
    assert len(json.dumps(document, separators=(",", ":"))) <= 6144  # "Limits", RAM
    for statement in document["Statement"]:
        if "*" in statement["Resource"]:
            assert not any("*" in action for action in statement["Action"])
            assert not any(
                word in action for action in statement["Action"] for word in (":Create", ":Delete", ":Put")
            )


def test_a_secret_is_read_only_where_one_is_named(account: Account) -> None:
    notifier = Guard(policies.document("trailguard-notifier", replace(account.names(), secret="channels")))
    secret = "acs:kms:cn-hangzhou:1234567890123456:secret/"
    assert notifier.allows("kms:GetSecretValue", f"{secret}channels")
    assert not notifier.allows("kms:GetSecretValue", f"{secret}database")
    without = policies.document("trailguard-notifier", account.names())
    assert "kms" not in json.dumps(without)
