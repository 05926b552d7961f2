"""The functions themselves run in the local cloud, and doctor reads what they leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from functions import account_audit, actiontrail, host_logs, notify, self_check
from shared import wiring
from shared.state.store import Write
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.trigger import TriggerRunner, fire_timer
from tests.deploy.bootstrap_account import PROJECT
from tests.deploy.doctor_account import ALERTS, TRAIL, Patient, ill

HOSTS, DEFERRED = "trailguard-hosts", "trailguard-deferred"


@pytest.fixture
def silent(patient: Patient) -> Iterator[Patient]:
    """Nobody has stated anything yet, and no canary has come through."""
    store = patient.store
    for prefix in ("beat/", "drill/"):
        store.save(Write(key, None, each.version) for key, each in store.scan(prefix))
    for name, value in {
        **patient.account.openapi.environment(),
        "TRAILGUARD_SLS_PROJECT": PROJECT,
        "TRAILGUARD_TRAIL_PROJECT": PROJECT,
        "TRAILGUARD_TRAIL_LOGSTORE": TRAIL,
        "TRAILGUARD_TABLESTORE_ENDPOINT": patient.account.tables.endpoint,
        "TRAILGUARD_TABLESTORE_INSTANCE": "local",
    }.items():
        patient.account.monkeypatch.setenv(name, value)
    wiring.load.cache_clear()
    wiring.load_routes.cache_clear()
    yield patient
    wiring.load_routes.cache_clear()


def context(function: str) -> FunctionContext:
    return FunctionContext(function=Function(f"trailguard-{function}", timeout=540))


def read(patient: Patient, handler: Any, logstore: str, function: str) -> None:
    TriggerRunner(patient.account.sls, handler, PROJECT, logstore, context(function)).run_until_idle()


def call(handler: Any, function: str) -> None:
    fire_timer(handler, datetime.now(timezone.utc), context=context(function))


def test_what_functions_state_of_themselves_is_what_doctor_looks_for(silent: Patient) -> None:
    _, before = silent.examine()
    assert ill(before) == {"canary": "unknown", "versions": "unknown"}
    read(silent, actiontrail.handler, TRAIL, "actiontrail")
    call(actiontrail.handler, "actiontrail")  # sends the canary on its way
    read(silent, actiontrail.handler, DEFERRED, "actiontrail")
    read(silent, host_logs.handler, HOSTS, "host-logs")
    call(account_audit.handler, "account-audit")
    read(silent, notify.handler, ALERTS, "notify")
    call(notify.handler, "notify")
    call(self_check.handler, "self-check")
    _, found = silent.examine()
    assert found["canary"]["status"] == found["outbox"]["status"] == "ok"
    # These run from a checkout, not from a package.
    assert ill(found) == {"versions": "unknown"}
    assert "without a version" in found["versions"]["what"]


def test_a_function_that_stops_is_named_by_what_it_leaves_unread(silent: Patient) -> None:
    read(silent, actiontrail.handler, TRAIL, "actiontrail")
    call(actiontrail.handler, "actiontrail")
    read(silent, actiontrail.handler, DEFERRED, "actiontrail")  # and notify reads nothing
    later = datetime.now(timezone.utc) + timedelta(minutes=10)
    silent.account.monkeypatch.setattr(wiring, "now", lambda: later)
    _, found = silent.examine("--only", "outbox", "--only", "progress actiontrail")
    assert ill(found) == {"outbox": "broken"}
