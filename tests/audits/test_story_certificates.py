"""The chapter on certificates, end to end: they near their end, nobody can look, they are renewed, over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.audits.certificates import CAS_CERTIFICATES, SLB_CERTIFICATES
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.products.cas import Cas
from tests.cloud.openapi.products.slb import Slb


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a certificate of each kind, good for 40 days."""
    end = audits.now + timedelta(days=40)
    audits.openapi.account[Cas].certificate(1, f"{end:%Y-%m-%d}")
    audits.openapi.account[Slb].certificate("cert-slb", end)
    team = Team(audits, (CAS_CERTIFICATES, SLB_CERTIFICATES))
    assert team.audit() == []
    return team


def renew(team: Team) -> None:
    end = team.audits.now + timedelta(days=365)
    cas, slb = team.audits.openapi.account[Cas], team.audits.openapi.account[Slb]
    cas.certificates.clear()
    slb.certificates.clear()
    cas.certificate(2, f"{end:%Y-%m-%d}")
    slb.certificate("cert-slb-2", end)


def test_they_near_their_end_and_are_renewed(team: Team) -> None:
    team.audits.now += timedelta(days=20)
    assert team.audit() == [("certificate-expires-in-30-days", "standing")] * 2
    assert all("shop.example" in alert.summary for alert in team.heard)
    assert team.audit() == [], "what stands is told once"
    team.audits.now += timedelta(days=15)
    assert team.audit() == [("certificate-expires-in-7-days", "standing")] * 2
    assert team.last("certificate-expires-in-7-days").level == "high"
    for service, name in (("Cas", "UploadUserCertificate"), ("Slb", "UploadServerCertificate")):
        assert ("server-certificate-changed", "happened") in team.trail(service, name, Name="shop")
    renew(team)
    assert team.audit() == [
        *[("certificate-expires-in-30-days", "resolved")] * 2,
        *[("certificate-expires-in-7-days", "resolved")] * 2,
    ]
    assert team.audit() == []


@pytest.mark.parametrize("refused", ["ListUserCertificateOrder", "DescribeServerCertificates"])
@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR], ids=["denied", "broken"])
def test_what_cannot_be_seen_is_not_renewed(team: Team, refused: str, fault: Fault) -> None:
    team.audits.now += timedelta(days=20)
    team.audit()
    renew(team)
    team.audits.openapi.fail(refused, fault)
    meanwhile = [told for told in team.audit() if told[0] != "audit-incomplete"]
    assert meanwhile == [("certificate-expires-in-30-days", "resolved")], "the other one's end is seen"
    team.audits.openapi.mend()
    over = [told for told in team.audit() if told[0] != "audit-incomplete"]
    assert over == [("certificate-expires-in-30-days", "resolved")]
