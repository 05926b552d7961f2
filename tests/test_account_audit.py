"""The audit function the whole way: the local account, asked by a timer, to alerts in the alerts logstore."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from functions import account_audit
from shared import wiring
from shared.alerting.outbox import SqliteOutbox
from shared.audits.collectors import COLLECTORS, permissions
from shared.detection.memory import Memory
from shared.events.audit import audit_event
from shared.pipeline import Detector
from shared.state.sqlite import SqliteStore
from shared.state.store import StoreUnavailable
from tests.cloud.deployment import ALERTS, PROJECT, deployment
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.openapi import DENIED, LocalOpenApi
from tests.cloud.openapi.products.ram import Ram
from tests.cloud.sls import LocalSls

CONTEXT = FunctionContext(
    region="cn-hangzhou", function=Function("trailguard-account-audit", "account_audit.handler", 512, 540)
)
TIMER = json.dumps(
    {"triggerTime": "2026-11-20T03:00:00Z", "triggerName": "every-ten-minutes", "payload": "audit"}
)


@dataclass
class Watch:
    """The account, the function that looks at it, and the clock of both."""

    sls: LocalSls
    openapi: LocalOpenApi
    monkeypatch: pytest.MonkeyPatch
    now: datetime = datetime(2026, 11, 20, 3, tzinfo=timezone.utc)

    def look(self, **later: float) -> dict[str, Any]:
        """The timer calls, so much later; the counts."""
        self.now += timedelta(**later)
        return json.loads(account_audit.handler(TIMER.encode(), CONTEXT))

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What is in the alerts logstore, each id once, in order."""
        found = [json.loads(r.contents["alert"]) for r in self.sls.records(PROJECT, ALERTS)]
        return list({alert["id"]: alert for alert in found}.values())

    def told(self, rule: str) -> list[tuple[str, str]]:
        """Status and resource of the alerts of one rule."""
        return [(alert["status"], alert["resource"]) for alert in self.alerts if alert["rule"] == rule]


@pytest.fixture
def watch(local_sls: LocalSls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    with (
        LocalOpenApi(LocalSls.credentials) as openapi,
        deployment(local_sls, monkeypatch, openapi.environment()),
    ):
        watch = Watch(local_sls, openapi, monkeypatch)
        monkeypatch.setattr(wiring, "now", lambda: watch.now)
        yield watch


def test_a_user_without_mfa_is_told_once_and_again_when_it_is_mended(watch: Watch) -> None:
    bob = watch.openapi.account[Ram].user("bob", console=True)
    watch.look()
    watch.look(hours=1)
    watch.look(hours=1)
    assert watch.told("ram-user-without-mfa") == [("standing", "bob")]
    bob.mfa = True
    watch.look(hours=1)
    assert watch.told("ram-user-without-mfa") == [("standing", "bob"), ("resolved", "bob")]


def test_a_user_who_is_deleted_is_no_finding_any_more(watch: Watch) -> None:
    watch.openapi.account[Ram].user("bob", console=True)
    watch.look()
    del watch.openapi.account[Ram].users["bob"]
    watch.look(hours=1)
    assert [status for status, _ in watch.told("ram-user-without-mfa")] == ["standing", "resolved"]
    over = {alert["rule"]: alert["summary"] for alert in watch.alerts if alert["status"] == "resolved"}
    assert over["ram-user-without-mfa"] == "Over after 1h: bob"


def test_what_cannot_be_seen_neither_passes_nor_is_resolved(watch: Watch) -> None:
    watch.openapi.account[Ram].user("bob", console=True)
    watch.look()
    watch.openapi.fail("GetUserMFAInfo", DENIED)
    watch.look(hours=1)
    assert [status for status, _ in watch.told("ram-user-without-mfa")] == ["standing"]
    assert ("standing", "ram-users") in watch.told("audit-incomplete")
    watch.openapi.mend()
    watch.look(hours=1)
    assert ("resolved", "ram-users") in watch.told("audit-incomplete")


def test_what_is_not_due_is_not_asked(watch: Watch) -> None:
    first = watch.look()
    assert first["units"] == len(COLLECTORS)
    calls = len(watch.openapi.calls)
    assert "units" not in watch.look(minutes=10)
    assert len(watch.openapi.calls) == calls


def test_what_still_stands_is_told_once_a_week(watch: Watch) -> None:
    watch.openapi.account[Ram].user("bob", console=True)
    watch.look()
    for _ in range(4):
        watch.look(days=4)
    digests = [alert for alert in watch.alerts if alert["rule"] == "standing-findings"]
    assert len(digests) == 2
    assert any("bob, for 8d" in reason for reason in digests[0]["reasons"]), digests[0]["reasons"]


def test_no_call_is_made_outside_the_permissions_that_are_declared(watch: Watch) -> None:
    watch.openapi.account[Ram].user("bob", console=True).key("LTAI1")
    watch.look()
    by_call = {f"{api.product}.{api.action}": api.permission for c in COLLECTORS for api in c.apis}
    assert set(watch.openapi.calls) <= set(by_call)
    assert {by_call[call] for call in watch.openapi.calls} <= set(permissions())


def test_the_function_says_that_it_ran(watch: Watch) -> None:
    """Its silence is for `detector-silent` to judge."""
    watch.look()
    rules = {rule.name: rule for rule in wiring.loaded().config.rules}
    silent = Memory(wiring.store(CONTEXT), lambda: watch.now).overdue(
        [rules["detector-silent"]], watch.now + timedelta(hours=3)
    )
    assert [told.group for told in silent] == [("trailguard-account-audit",)]


def test_a_store_that_is_away_ends_the_round_with_an_error_and_the_next_one_looks(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.openapi.account[Ram].user("bob", console=True)
    with monkeypatch.context() as patched:
        patched.setenv("TRAILGUARD_TABLESTORE_ENDPOINT", "http://127.0.0.1:1")
        with pytest.raises(StoreUnavailable):
            account_audit.handler(TIMER.encode(), CONTEXT)
    watch.look(minutes=10)
    assert [status for status, _ in watch.told("ram-user-without-mfa")] == ["standing"]


def test_facts_that_no_memory_could_take_go_up_as_an_error(watch: Watch, tmp_path: Path) -> None:
    """Were they taken for told, nobody would tell again that bob is gone, and he would stand for ever."""
    unreachable = SqliteStore(tmp_path / "missing" / "state.sqlite")
    detector = Detector(wiring.loaded().engine, unreachable, None, "1")
    gone = {"exists": False, "collector": "ram-users"}
    detector.feed_event(audit_event("ram_user", "bob", "", gone, "1", watch.now, "audit ram-users"))
    with pytest.raises(StoreUnavailable):
        detector.flush(SqliteOutbox(tmp_path / "outbox.sqlite"))
