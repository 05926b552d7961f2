"""Security Center: editions, agents, alerts; two homes."""

from __future__ import annotations

import pytest

from shared.audits.collector import Collector
from shared.audits.sas import SECURITY_CENTER, SECURITY_CENTER_ALERTS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED
from tests.cloud.openapi.products.sas import Sas, SasHome

BOTH = pytest.mark.parametrize(
    "collector", [SECURITY_CENTER, SECURITY_CENTER_ALERTS], ids=lambda each: each.name
)


def test_each_home_tells_its_edition_and_its_servers(audits: Audits) -> None:
    sas = audits.openapi.account[Sas]
    sas.china = SasHome(
        version=3, release_time=1798675200000, servers=12, offline=2, unprotected=3, stopped=1
    )
    told = facts(audits.look(SECURITY_CENTER), "security_center")
    keys = ("edition", "expires", "servers", "offline", "unprotected", "stopped")
    assert {home: [fields[key] for key in keys] for home, fields in told.items()} == {
        "China": ["enterprise", "2026-12-31", 12, 2, 3, 1],
        "outside China": ["free", "", 0, 0, 0, 0],
    }


def test_the_free_edition_with_modules_that_are_paid_by_use(audits: Audits) -> None:
    audits.openapi.account[Sas].china = SasHome(postpay=True)
    told = facts(audits.look(SECURITY_CENTER), "security_center")
    assert [told[home]["edition"] for home in ("China", "outside China")] == ["pay-as-you-go", "free"]


def test_alerts_that_wait(audits: Audits) -> None:
    sas = audits.openapi.account[Sas]
    sas.abroad = SasHome(alerts={"serious": 2, "suspicious": 5, "remind": 1})
    told = facts(audits.look(SECURITY_CENTER_ALERTS), "security_center_alerts")
    assert {home: (fields["unhandled"], fields["serious"]) for home, fields in told.items()} == {
        "China": (0, 0),
        "outside China": (8, 2),
    }


def test_an_edition_that_is_not_known_is_unknown(audits: Audits) -> None:
    audits.openapi.account[Sas].china = SasHome(version=99)
    events = audits.look(SECURITY_CENTER)
    assert list(facts(events, "security_center")) == ["outside China"]
    assert list(facts(events, "unknown")) == ["security_center China"]


@BOTH
def test_denied_is_unknown_and_throttling_passes(audits: Audits, collector: Collector) -> None:
    kind = collector.kinds[0]
    audits.openapi.fail("*", THROTTLED, times=2)
    assert len(facts(audits.look(collector), kind)) == 2
    audits.openapi.fail("*", DENIED)
    events = audits.look(collector)
    assert facts(events, kind) == {}
    assert set(facts(events, "unknown")) == {f"{kind} China", f"{kind} outside China"}


@pytest.mark.parametrize("action", ["DescribeVersionConfig", "DescribeFieldStatistics"])
def test_half_an_answer_is_none(audits: Audits, action: str) -> None:
    audits.openapi.fail(action, DENIED, times=1)
    events = audits.look(SECURITY_CENTER)
    assert list(facts(events, "security_center")) == ["outside China"]
    assert facts(events, "unknown")["security_center China"]["api"] == f"yundun-sas:{action}"
