"""Listeners of Classic Load Balancers: what they accept, and what is not known."""

from __future__ import annotations

import pytest

from shared.audits.slb_listeners import SLB_LISTENERS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import BROKEN, DENIED, THROTTLED
from tests.cloud.openapi.products.slb import Slb
from tests.cloud.openapi.products.vpc import Vpcs

KIND = "balancer_listener"


def lowest(audits: Audits) -> dict[str, str]:
    """The oldest TLS that each listener accepts."""
    told = facts(audits.look(SLB_LISTENERS), KIND)
    return {name: fields["lowest_tls"] for name, fields in told.items() if "lowest_tls" in fields}


def test_a_listener_is_told_with_its_balancer(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.https("lb-1", "tls_cipher_policy_1_1", port=8443)
    assert facts(audits.look(SLB_LISTENERS), KIND)["lb-1/https:8443"] == {
        "kind": KIND,
        "resource": "lb-1/https:8443",
        "region": "cn-hangzhou",
        "exists": True,
        "collector": "slb-listeners",
        "product": "CLB",
        "balancer": "lb-1",
        "balancer_name": "lb-1-name",
        "port": 8443,
        "protocol": "HTTPS",
        "status": "running",
        "internet_facing": True,
        "tls_policy": "tls_cipher_policy_1_1",
        "lowest_tls": "1.1",
    }


@pytest.mark.parametrize(
    ("policy", "version"),
    [
        ("tls_cipher_policy_1_0", "1.0"),
        ("tls_cipher_policy_1_1", "1.1"),
        ("tls_cipher_policy_1_2", "1.2"),
        ("tls_cipher_policy_1_2_strict", "1.2"),
        ("tls_cipher_policy_1_2_strict_with_1_3", "1.2"),
        ("tls-custom", "1.1"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_policy_is_resolved_to_the_oldest_version(audits: Audits, policy: str | None, version: str) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.policy("tls-custom", "TLSv1.2", "TLSv1.1")
    slb.policy("tls-other", "TLSv1.0")
    slb.https("lb-1", policy)
    assert lowest(audits) == {"lb-1/https:443": version}


def test_a_custom_policy_that_is_not_there_is_unknown(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.https("lb-1", "tls-gone")
    slb.https("lb-1", "tls_cipher_policy_1_2", port=8443)
    events = audits.look(SLB_LISTENERS)
    assert list(facts(events, KIND)) == ["lb-1/https:8443"]
    assert facts(events, "unknown")[f"{KIND} lb-1/https:443"]["error"] == "BadResponse"


def test_plain_http_redirects_or_does_not(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.balancer("lb-2", internet=False)
    slb.http("lb-1", redirects=True)
    slb.http("lb-2")
    slb.tcp("lb-2", 3306)
    told = facts(audits.look(SLB_LISTENERS), KIND)
    assert {name: (f.get("redirects"), f["internet_facing"]) for name, f in told.items()} == {
        "lb-1/http:80": (True, True),
        "lb-2/http:80": (False, False),
        "lb-2/tcp:3306": (None, False),
    }


def test_an_elastic_address_makes_a_balancer_public(audits: Audits) -> None:
    slb, vpcs = audits.openapi.account[Slb], audits.openapi.account[Vpcs]
    for name in ("lb-1", "lb-2"):
        slb.balancer(name, internet=False)
        slb.http(name)
    vpcs.eip("203.0.113.5", "lb-1")
    vpcs.eip("203.0.113.6", "i-1")
    told = facts(audits.look(SLB_LISTENERS), KIND)
    assert {name: fields["internet_facing"] for name, fields in told.items()} == {
        "lb-1/http:80": True,
        "lb-2/http:80": False,
    }
    audits.openapi.fail("DescribeEipAddresses", DENIED)
    assert facts(audits.look(SLB_LISTENERS), "unknown")[KIND]["api"] == "vpc:DescribeEipAddresses"


def test_more_than_one_page(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    audits.openapi.page_size = 2
    for number in range(5):
        slb.balancer(f"lb-{number}")
        slb.https(f"lb-{number}", "tls_cipher_policy_1_2")
    assert len(lowest(audits)) == 5


def test_an_empty_account(audits: Audits) -> None:
    events = audits.look(SLB_LISTENERS)
    assert facts(events, KIND) == {}
    assert facts(events, "audit_run")["slb-listeners"]["complete"] is True


@pytest.mark.parametrize("region", ["cn-hangzhou", "cn-zhangjiakou"])
def test_each_region_tells_its_own(audits: Audits, region: str) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1", region=region)
    slb.https("lb-1", "tls_cipher_policy_1_2", region=region)
    slb.balancer("lb-2", region="us-west-1")
    slb.https("lb-2", "tls_cipher_policy_1_2", region="us-west-1")
    audits.regions = (region,)
    assert list(lowest(audits)) == ["lb-1/https:443"]


@pytest.mark.parametrize("action", ["DescribeLoadBalancers", "DescribeLoadBalancerListeners"])
@pytest.mark.parametrize("fault", [DENIED, BROKEN], ids=["denied", "broken"])
def test_what_cannot_be_listed_is_unknown_and_nothing_is_gone(
    audits: Audits, action: str, fault: object
) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.https("lb-1", "tls_cipher_policy_1_0")
    audits.look(SLB_LISTENERS)
    audits.openapi.fail(action, fault)  # type: ignore[arg-type]
    events = audits.look(SLB_LISTENERS)
    assert facts(events, KIND) == {}
    assert facts(events, "unknown")[KIND]["api"] == f"slb:{action}"
    assert facts(events, "audit_run")["slb-listeners"]["complete"] is False


def test_throttling_passes(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.https("lb-1", "tls_cipher_policy_1_2")
    audits.openapi.fail("DescribeLoadBalancerListeners", THROTTLED, times=1)
    assert lowest(audits) == {"lb-1/https:443": "1.2"}


def test_a_refused_policy_leaves_its_listener_unknown_and_the_others_told(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.policy("tls-custom", "TLSv1.2")
    slb.https("lb-1", "tls-custom")
    slb.https("lb-1", "tls_cipher_policy_1_2", port=8443)
    audits.look(SLB_LISTENERS)
    audits.openapi.fail("ListTLSCipherPolicies", DENIED)
    events = audits.look(SLB_LISTENERS)
    assert {name: each["exists"] for name, each in facts(events, KIND).items()} == {"lb-1/https:8443": True}
    assert facts(events, "unknown")[f"{KIND} lb-1/https:443"]["api"] == "slb:ListTLSCipherPolicies"


def test_a_listener_that_is_deleted_is_gone(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.https("lb-1", "tls_cipher_policy_1_0")
    audits.look(SLB_LISTENERS)
    slb.listeners.clear()
    assert facts(audits.look(SLB_LISTENERS), KIND)["lb-1/https:443"]["exists"] is False


def test_a_listener_of_a_balancer_that_was_just_made_is_unknown(audits: Audits) -> None:
    slb = audits.openapi.account[Slb]
    slb.balancer("lb-1")
    slb.https("lb-1", "tls_cipher_policy_1_2")
    slb.https("lb-new", "tls_cipher_policy_1_0")
    events = audits.look(SLB_LISTENERS)
    assert list(facts(events, KIND)) == ["lb-1/https:443"]
    assert f"{KIND} lb-new/https:443" in facts(events, "unknown")
