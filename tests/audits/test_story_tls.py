"""The chapter on TLS, end to end: the trail tells, the audit finds, and tells when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.audits.alb_listeners import ALB_LISTENERS
from shared.audits.certificates import CAS_CERTIFICATES, SLB_CERTIFICATES
from shared.audits.nlb_listeners import NLB_LISTENERS
from shared.audits.slb_listeners import SLB_LISTENERS
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED
from tests.cloud.openapi.products.alb import Alb, path
from tests.cloud.openapi.products.slb import Slb

COLLECTORS = (SLB_LISTENERS, ALB_LISTENERS, NLB_LISTENERS, SLB_CERTIFICATES, CAS_CERTIFICATES)


@pytest.fixture
def team(audits: Audits) -> Team:
    return Team(audits, COLLECTORS)


def test_a_listener_is_lowered_found_and_mended(team: Team) -> None:
    slb = team.audits.openapi.account[Slb]
    slb.balancer("lb-1")
    listener = slb.https("lb-1", "tls_cipher_policy_1_2")
    assert team.audit() == []

    change = {"LoadBalancerId": "lb-1", "ListenerPort": 443, "TLSCipherPolicy": "tls_cipher_policy_1_0"}
    listener["TLSCipherPolicy"] = "tls_cipher_policy_1_0"
    heard = team.trail("Slb", "SetLoadBalancerHTTPSListenerAttribute", **change)
    assert ("weak-tls-policy", "happened") in heard

    assert team.audit() == [("tls-old-version", "standing")]
    assert "lb-1/https:443 accepts TLS 1.0 (tls_cipher_policy_1_0)" in team.heard[-1].summary
    assert team.audit() == [], "it is told once"

    listener["TLSCipherPolicy"] = "tls_cipher_policy_1_2_strict"
    assert team.audit() == [("tls-old-version", "resolved")]
    assert team.audit() == []


def test_what_cannot_be_seen_is_not_mended(team: Team) -> None:
    slb = team.audits.openapi.account[Slb]
    slb.balancer("lb-1")
    listener = slb.https("lb-1", "tls_cipher_policy_1_1")
    assert team.audit() == [("tls-old-version", "standing")]

    del listener["TLSCipherPolicy"]
    assert team.audit() == [("tls-version-unknown", "standing")]

    team.audits.openapi.fail("DescribeLoadBalancerListeners", DENIED)
    assert team.audit() == [("audit-incomplete", "standing")]

    team.audits.openapi.mend()
    listener["TLSCipherPolicy"] = "tls_cipher_policy_1_2"
    assert team.audit() == [
        ("audit-incomplete", "resolved"),
        ("tls-old-version", "resolved"),
        ("tls-version-unknown", "resolved"),
    ]


def test_plain_http_is_found_and_redirected(team: Team) -> None:
    alb = team.audits.openapi.account[Alb]
    alb.balancer("alb-1")
    alb.listener("lsn-1", "alb-1")
    assert ("http-listener-created", "happened") in team.trail(
        "Alb", "CreateListener", LoadBalancerId="alb-1", ListenerProtocol="HTTP", ListenerPort=80
    )
    assert team.audit() == [("tls-plain-http", "standing")]
    alb.rule("lsn-1", 1, path("/*"))
    assert team.audit() == [("tls-plain-http", "resolved")]


def test_a_balancer_that_is_deleted_ends_what_was_told_of_it(team: Team) -> None:
    slb = team.audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.http("lb-1")
    slb.https("lb-1", "tls_cipher_policy_1_0")
    assert team.audit() == [("tls-old-version", "standing"), ("tls-plain-http", "standing")]
    slb.balancers.clear()
    slb.listeners.clear()
    assert team.audit() == [("tls-old-version", "resolved"), ("tls-plain-http", "resolved")]


def test_a_certificate_nears_its_end_and_is_renewed(team: Team) -> None:
    slb = team.audits.openapi.account[Slb]
    slb.certificate("cert-1", team.audits.now + timedelta(days=31))
    assert team.audit() == []
    team.audits.now += timedelta(days=2)
    assert team.audit() == [("certificate-expires-in-30-days", "standing")]
    team.audits.now += timedelta(days=23)
    assert team.audit() == [("certificate-expires-in-7-days", "standing")]
    slb.certificates.clear()
    slb.certificate("cert-2", team.audits.now + timedelta(days=365))
    assert team.audit() == [
        ("certificate-expires-in-30-days", "resolved"),
        ("certificate-expires-in-7-days", "resolved"),
    ]
