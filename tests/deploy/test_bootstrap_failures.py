"""`trailguard bootstrap` when something refuses, fails or is late: it says what, and goes on from there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.bootstrap.apply import PAUSE, SETTLING, StepError, apply
from deploy.bootstrap.session import BootstrapError, Session
from tests.cloud import tablestore
from tests.cloud.openapi import DENIED, DROPPED, GATEWAY_ERROR, SERVER_ERROR, THROTTLED
from tests.cloud.openapi.products.trail_changes import Delivery
from tests.cloud.sls import Fault
from tests.cloud.tablestore.rows import RefusalError
from tests.deploy.bootstrap_account import PROJECT, Account

FORBIDDEN = RefusalError(403, "OTSNoPermissionAccess", "You have no permission to access the resource.")


def state(account: Account) -> dict[str, Any]:
    """Everything that stands in the account, in a form to compare."""
    policies = {name: document["Statement"] for name, document in account.ram.custom.items()}
    roles = {name: (role.trust, role.policies) for name, role in account.ram.roles.items()}
    tables = {name: (t.time_to_live, t.versions) for name, t in account.tables.tables.by_name.items()}
    trails = {name: trail.described() for name, trail in account.trails.items()}
    documents = {
        place: document for place, document in account.sls.documents().items() if place[1] != "project"
    }
    return {"policies": policies, "roles": roles, "tables": tables, "trails": trails, "documents": documents}


@pytest.fixture
def whole(account: Account) -> dict[str, Any]:
    """What an unbroken run makes; the account is empty again afterwards."""
    account.apply()
    made = state(account)
    account.empty()
    return made


@pytest.mark.parametrize(
    ("operation", "permission", "step"),
    [
        ("CreateProject", "log:CreateProject", "create project trailguard"),
        ("CreateIndex", "log:CreateIndex", "create index trailguard-alerts"),
        ("ApplyConfig", "log:ApplyConfigToGroup", "create pipelines of machine group trailguard"),
    ],
)
def test_log_service_refuses_a_step(account: Account, operation: str, permission: str, step: str) -> None:
    account.sls.inject(Fault.UNAUTHORIZED, times=None, on=operation)
    told = refused(account)
    assert told.startswith(f"{step}: Unauthorized")
    assert f"missing permission: {permission}" in told
    account.sls.mend()
    goes_on(account, step)


@pytest.mark.parametrize(
    ("action", "permission", "step"),
    [
        ("StartLogging", "actiontrail:StartLogging", "create trail trailguard"),
        ("CreateInstance", "ots:CreateInstance", "create Tablestore instance local"),
        ("AttachPolicyToRole", "ram:AttachPolicyToRole", "create role trailguard-detector"),
        ("CreateServiceLinkedRole", "ram:CreateServiceLinkedRole", "create service-linked role"),
    ],
)
def test_the_open_api_refuses_a_step(account: Account, action: str, permission: str, step: str) -> None:
    account.openapi.fail(action, DENIED)
    told = refused(account)
    assert told.startswith(step)
    assert f"missing permission: {permission}" in told
    account.openapi.mend()
    goes_on(account, step)


def test_tablestore_refuses_a_step(account: Account) -> None:
    account.tables.fault = tablestore.Fault(refusal=FORBIDDEN)
    told = refused(account)
    assert "create Tablestore table trailguard: OTSNoPermissionAccess" in told
    assert "missing permission: ots:CreateTable" in told
    account.tables.fault = tablestore.Fault(times=0)
    goes_on(account, "create Tablestore table trailguard")


def refused(account: Account) -> str:
    """What a run says that fails at a step; what it had done is said, and that it goes on."""
    code, out, err = account.run("--yes")
    assert code == 2
    done = [line.removeprefix("done: ") for line in out.splitlines() if line.startswith("done: ")]
    assert f"done so far: {', '.join(done) or 'nothing'}" in err
    assert "run the same command again" in err
    return err


def goes_on(account: Account, step: str) -> None:
    """The next run begins with the step that failed, and brings the rest to its end."""
    verb, _, title = step.partition(" ")
    first = next(iter(account.plan()))
    assert first.partition(" ")[2].startswith(title), (verb, first)
    account.built()


@pytest.mark.parametrize("fault", [Fault.REPLY_LOST, Fault.GATEWAY_ERROR])
def test_whatever_call_of_log_service_fails_for_once_the_account_is_whole(
    account: Account, whole: dict[str, Any], fault: Fault
) -> None:
    """Lost replies are the hard ones: what was made is there, and making it again is refused."""
    for operation in (
        "CreateProject",
        "CreateLogstore",
        "CreateIndex",
        "CreateMachinegroup",
        "UpdateLogstore",
    ):
        account.sls.inject(fault, times=1, on=operation)
    for operation in (
        "CreatePipelineconfig",
        "ApplyConfig",
        "CreateDashboard",
        "CreateSavedsearch",
        "GetIndex",
    ):
        account.sls.inject(fault, times=1, on=operation)
    account.apply()
    assert state(account) == whole


@pytest.mark.parametrize("fault", [THROTTLED, SERVER_ERROR, DROPPED, GATEWAY_ERROR])
def test_whatever_call_of_the_open_api_fails_for_once_the_account_is_whole(
    account: Account, whole: dict[str, Any], fault: Any
) -> None:
    for action in ("DescribeTrails", "CreateTrail", "CreatePolicy", "AttachPolicyToRole", "CreateInstance"):
        account.openapi.fail(action, fault, times=1)
    account.apply()
    assert state(account) == whole


def test_throttling_is_waited_out(account: Account, whole: dict[str, Any]) -> None:
    account.sls.inject(Fault.THROTTLED, times=3, on="CreateLogstore")
    busy = RefusalError(503, "OTSServerBusy", "Server is busy.")
    account.tables.fault = tablestore.Fault(times=2, refusal=busy)
    account.apply()
    assert state(account) == whole


@pytest.mark.parametrize("calls", [3, 20, 40])
def test_a_run_that_was_ended_half_way_is_brought_to_its_end_by_the_next(
    account: Account, whole: dict[str, Any], calls: int
) -> None:
    steps = Session.open(account.cloud()).plan()

    def killed(told: str, step: Any) -> None:
        nonlocal calls
        calls -= 1
        if not calls:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(steps, account.cloud(), killed)
    assert state(account) != whole
    account.apply()
    assert state(account) == whole


def test_a_trail_that_was_made_and_not_started_is_started_by_the_next_run(account: Account) -> None:
    account.openapi.fail("StartLogging", DENIED)
    refused(account)
    account.openapi.mend()
    assert account.plan()["change trail trailguard"] == ["Fresh → Enable"]
    account.built()
    assert account.trails["trailguard"].state == "Enable"


def test_what_may_not_even_be_looked_at_is_told_and_nothing_is_changed(account: Account) -> None:
    account.openapi.fail("GetRole", DENIED)
    code, _, err = account.run("--yes")
    assert (code, account.writes()) == (2, [])
    assert "missing permission: ram:GetRole" in err
    assert "Nothing was changed." in err


def test_a_service_that_is_down_is_told_and_nothing_is_changed(account: Account) -> None:
    account.openapi.fail("DescribeTrails", SERVER_ERROR)
    with pytest.raises(BootstrapError, match="InternalError"):
        account.apply()
    assert account.writes() == []


@pytest.mark.parametrize("option", ["--dry-run", "--permissions"])
def test_a_machine_without_tablestores_sdk_is_told_what_to_install(account: Account, option: str) -> None:
    ours = ("deploy.bootstrap.tables", "deploy.bootstrap.policies")
    for module in [name for name in sys.modules if name.startswith(ours)]:
        account.monkeypatch.delitem(sys.modules, module)
    account.monkeypatch.setitem(sys.modules, "tablestore", None)
    code, _, err = account.run(option)
    assert (code, account.calls()) == (2, [])
    assert "make deploy-ready" in err


def test_no_error_holds_a_secret(account: Account) -> None:
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"):
        wrong = {**account.environment, name: "not-the-right-one"}
        told = account.other(wrong).run("--yes")
        assert told[0] == 2
        assert not {"local-key-secret", "local-security-token", "not-the-right-one"} & {
            *"".join(told[1:]).split()
        }
        assert "local-security-token" not in told[2]


@dataclass
class Time:
    """A clock that sleeping alone moves; `then` happens once, at that second."""

    at: float
    then: Callable[[], None]
    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now == self.at:
            self.then()

    def clock(self) -> float:
        return self.now


def test_the_logstore_of_a_new_trail_is_waited_for(account: Account) -> None:
    late: list[tuple[str, str]] = []
    account.openapi.account[Delivery].begin = lambda project, logstore: late.append((project, logstore))
    time = Time(3 * PAUSE, lambda: account.sls.create(*late[0]))
    told: list[str] = []
    steps = Session.open(account.cloud()).plan()
    apply(
        steps,
        account.cloud(),
        lambda state, step: told.append(f"{state} {step.resource.kind}"),
        time.sleep,
        time.clock,
    )
    assert time.now == 3 * PAUSE
    assert told[-2:] == ["waits trail's logstore", "done trail's logstore"]
    assert account.sls.document(PROJECT, "logstores", "actiontrail_trailguard")["ttl"] == 365


def test_a_logstore_that_never_comes_ends_the_wait_with_a_word_and_all_else_done(account: Account) -> None:
    account.openapi.account[Delivery].begin = lambda project, logstore: None
    time = Time(-1, lambda: None)
    steps = Session.open(account.cloud()).plan()
    with pytest.raises(StepError, match="ActionTrail has not made actiontrail_trailguard yet") as error:
        apply(steps, account.cloud(), sleep=time.sleep, clock=time.clock)
    assert time.now == SETTLING
    assert len(error.value.done) == len(steps) - 1
