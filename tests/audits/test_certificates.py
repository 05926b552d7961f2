"""Server certificates and the days that they have left."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from shared.audits.certificates import CAS_CERTIFICATES, SLB_CERTIFICATES
from shared.audits.collector import Collector
from tests.audits.conftest import START, Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED
from tests.cloud.openapi.products.cas import Cas
from tests.cloud.openapi.products.slb import Slb

BOTH = pytest.mark.parametrize("collector", [SLB_CERTIFICATES, CAS_CERTIFICATES], ids=lambda each: each.name)


def days_left(audits: Audits, *collectors: Collector) -> dict[str, int]:
    told = facts(audits.look(*collectors), "certificate")
    return {name: fields["days_left"] for name, fields in told.items()}


def test_certificates_of_load_balancers(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.certificate("cert-1", START + timedelta(days=30))
    slb.certificate("cert-2", START - timedelta(days=2))
    slb.certificate("cert-3", START, region="us-west-1")
    told = facts(audits.look(SLB_CERTIFICATES), "certificate")
    assert {name: (f["expires"], f["days_left"]) for name, f in told.items()} == {
        "cert-1": ("2026-12-01", 30),
        "cert-2": ("2026-10-30", -2),
    }
    assert told["cert-1"]["domain"] == "shop.example"
    assert told["cert-1"]["product"] == "CLB"


def test_certificates_of_the_account_on_several_pages_expired_ones_too(audits: Audits) -> None:
    cas = audits.openapi.account[Cas]
    audits.openapi.page_size = 2
    for number in range(1, 6):
        cas.certificate(number, f"2026-11-{10 + number}")
    cas.certificate(6, "2026-11-03", status="WILLEXPIRED")
    cas.certificate(7, "2026-10-31", status="EXPIRED")
    assert days_left(audits, CAS_CERTIFICATES) == {
        "1": 10,
        "2": 11,
        "3": 12,
        "4": 13,
        "5": 14,
        "6": 2,
        "7": -1,
    }


def test_a_certificate_that_expires_is_not_gone(audits: Audits) -> None:
    cas = audits.openapi.account[Cas]
    cas.certificate(1, "2026-11-02", status="WILLEXPIRED")
    audits.look(CAS_CERTIFICATES)
    cas.certificates[:] = [("EXPIRED", told) for _, told in cas.certificates]
    audits.now = datetime(2026, 11, 5, tzinfo=timezone.utc)
    assert days_left(audits, CAS_CERTIFICATES) == {"1": -3}


def test_a_day_that_is_none_leaves_one_certificate_unknown(audits: Audits) -> None:
    cas = audits.openapi.account[Cas]
    cas.certificate(1, "soon")
    cas.certificate(2, "2026-11-11")
    events = audits.look(CAS_CERTIFICATES)
    assert list(facts(events, "certificate")) == ["2"]
    assert "certificate 1" in facts(events, "unknown")


@BOTH
def test_an_empty_account(audits: Audits, collector: Collector) -> None:
    events = audits.look(collector)
    assert facts(events, "certificate") == {}
    assert facts(events, "audit_run")[collector.name]["complete"] is True


@BOTH
def test_denied_throttled_deleted(audits: Audits, collector: Collector) -> None:
    slb, cas = audits.openapi.account[Slb], audits.openapi.account[Cas]
    slb.certificate("1", START)
    cas.certificate(1, "2026-11-01")
    audits.look(collector)
    audits.openapi.fail("*", DENIED)
    denied = audits.look(collector)
    assert facts(denied, "certificate") == {}
    assert {each["api"] for each in facts(denied, "unknown").values()} == {collector.apis[0].permission}
    audits.openapi.mend()
    audits.openapi.fail("*", THROTTLED, times=1)
    assert facts(audits.look(collector), "certificate")["1"]["exists"] is True
    slb.certificates.clear()
    cas.certificates.clear()
    assert facts(audits.look(collector), "certificate")["1"]["exists"] is False


def test_half_a_listing_lets_nothing_go(audits: Audits) -> None:
    cas = audits.openapi.account[Cas]
    cas.certificate(1, "2026-11-11")
    cas.certificate(2, "2026-10-11", status="EXPIRED")
    cas.certificate(3, "2026-11-11", home="ap-southeast-1")
    audits.look(CAS_CERTIFICATES)
    refused = {"Status": "EXPIRED", "RegionId": "cn-hangzhou"}
    audits.openapi.fail("ListUserCertificateOrder", DENIED, **refused)
    events = audits.look(CAS_CERTIFICATES)
    assert list(facts(events, "certificate")) == ["3"]
    assert list(facts(events, "unknown")) == ["certificate cn-hangzhou"]


def test_certificates_in_each_of_their_homes(audits: Audits) -> None:
    cas = audits.openapi.account[Cas]
    cas.certificate(1, "2026-11-11")
    cas.certificate(2, "2026-11-11", home="ap-southeast-1")
    cas.certificate(3, "2026-11-11", home="eu-central-1")
    assert set(days_left(audits, CAS_CERTIFICATES)) == {"1", "2", "3"}
