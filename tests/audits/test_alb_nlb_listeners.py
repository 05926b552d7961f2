"""Listeners of Application and Network Load Balancers."""

from __future__ import annotations

from typing import Any

import pytest

from shared.audits.alb_listeners import ALB_LISTENERS, redirects_all
from shared.audits.nlb_listeners import NLB_LISTENERS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED
from tests.cloud.openapi.products.alb import FORWARD, TO_HTTPS, Alb, path
from tests.cloud.openapi.products.nlb import Nlb

KIND = "balancer_listener"
HEADER = {"Type": "Header", "HeaderConfig": {"Key": "x", "Values": ["/*"]}}
ANY_HOST = {"Type": "Host", "HostConfig": {"Values": ["*"]}}
TO_HTTP = {"Type": "Redirect", "RedirectConfig": {"Protocol": "${protocol}", "Host": "other.example"}}


def rule(priority: int, condition: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    return {"Priority": priority, "RuleConditions": [condition], "RuleActions": [action]}


@pytest.mark.parametrize(
    ("rules", "all_redirected"),
    [
        ([], False),
        ([rule(1, path("/*"), TO_HTTPS)], True),
        ([rule(1, ANY_HOST, TO_HTTPS)], True),
        ([rule(1, path("/*"), FORWARD)], False),
        ([rule(1, path("/*"), TO_HTTP)], False),
        ([rule(1, path("/shop/*"), TO_HTTPS)], False),
        ([rule(1, HEADER, TO_HTTPS)], False),
        ([rule(2, path("/*"), TO_HTTPS), rule(1, path("/.well-known/*"), FORWARD)], False),
        ([rule(2, path("/*"), FORWARD), rule(1, path("/*"), TO_HTTPS)], True),
        ([rule(2, path("/*"), TO_HTTPS), rule(1, path("/shop/*"), TO_HTTPS)], True),
    ],
    ids=[
        "no rules",
        "every path",
        "every host",
        "served",
        "to plain HTTP",
        "some paths",
        "by a header",
        "some are served before",
        "served after, never reached",
        "in two steps",
    ],
)
def test_whether_a_listener_only_redirects(rules: list[dict[str, Any]], all_redirected: bool) -> None:
    assert redirects_all(rules) is all_redirected


def test_listeners_of_application_load_balancers(audits: Audits) -> None:
    alb = audits.openapi.account[Alb]
    audits.openapi.page_size = 2
    alb.balancer("alb-1")
    alb.balancer("alb-2", internet=False)
    alb.listener("lsn-1", "alb-1")
    alb.rule("lsn-1", 1, path("/*"))
    alb.listener("lsn-2", "alb-2")
    alb.listener("lsn-3", "alb-1", "HTTPS", "tls_cipher_policy_1_0")
    alb.listener("lsn-4", "alb-1", "HTTPS", "sp-custom", status="Stopped")
    alb.listener("lsn-5", "alb-1", "QUIC")
    alb.policy("sp-custom", "TLSv1.3", "TLSv1.2")
    told = facts(audits.look(ALB_LISTENERS), KIND)
    keys = ("balancer", "protocol", "internet_facing", "status", "redirects", "lowest_tls")
    assert {name: [fields.get(key) for key in keys] for name, fields in told.items()} == {
        "lsn-1": ["alb-1", "HTTP", True, "running", True, None],
        "lsn-2": ["alb-2", "HTTP", False, "running", False, None],
        "lsn-3": ["alb-1", "HTTPS", True, "running", None, "1.0"],
        "lsn-4": ["alb-1", "HTTPS", True, "stopped", None, "1.2"],
        "lsn-5": ["alb-1", "QUIC", True, "running", None, None],
    }


def test_listeners_of_network_load_balancers(audits: Audits) -> None:
    nlb = audits.openapi.account[Nlb]
    audits.openapi.page_size = 2
    nlb.balancer("nlb-1", ipv6="Internet")
    nlb.balancer("nlb-2")
    nlb.balancer("nlb-3", ipv4="Internet")
    nlb.listener("lsn-1", "nlb-1", policy="tls_cipher_policy_1_2_strict_with_1_3")
    nlb.listener("lsn-2", "nlb-2", policy="sp-custom")
    nlb.listener("lsn-3", "nlb-3", "TCP")
    nlb.listener("lsn-4", "nlb-3")
    nlb.policy("sp-custom", "TLSv1.0, TLSv1.2")
    told = facts(audits.look(NLB_LISTENERS), KIND)
    assert {name: (f["internet_facing"], f.get("lowest_tls")) for name, f in told.items()} == {
        "lsn-1": (True, "1.2"),
        "lsn-2": (False, "1.0"),
        "lsn-3": (True, None),
        "lsn-4": (True, "unknown"),
    }


@pytest.mark.parametrize("collector", [ALB_LISTENERS, NLB_LISTENERS], ids=lambda each: each.name)
def test_an_empty_account(audits: Audits, collector: Any) -> None:
    events = audits.look(collector)
    assert facts(events, KIND) == {}
    assert facts(events, "audit_run")[collector.name]["complete"] is True


@pytest.mark.parametrize("action", ["ListLoadBalancers", "ListListeners"])
@pytest.mark.parametrize("collector", [ALB_LISTENERS, NLB_LISTENERS], ids=lambda each: each.name)
def test_what_cannot_be_listed_is_unknown_and_nothing_is_gone(
    audits: Audits, action: str, collector: Any
) -> None:
    for product, name in ((Alb, "alb-1"), (Nlb, "nlb-1")):
        part: Any = audits.openapi.account[product]
        part.balancer(name)
        part.listener("lsn-1", name, policy="tls_cipher_policy_1_0")
    audits.look(collector)
    audits.openapi.fail(action, DENIED)
    events = audits.look(collector)
    assert facts(events, KIND) == {}
    assert facts(events, "unknown")[KIND]["api"].endswith(f":{action}")
    audits.openapi.mend()
    audits.openapi.fail(action, THROTTLED, times=1)
    assert list(facts(audits.look(collector), KIND)) == ["lsn-1"]


@pytest.mark.parametrize(
    ("action", "unknown", "told"),
    [("ListRules", "lsn-1", {"lsn-2", "lsn-3"}), ("ListSecurityPolicies", "lsn-2", {"lsn-1", "lsn-3"})],
)
def test_one_question_that_is_refused_hides_one_listener(
    audits: Audits, action: str, unknown: str, told: set[str]
) -> None:
    alb = audits.openapi.account[Alb]
    alb.balancer("alb-1")
    alb.listener("lsn-1", "alb-1")
    alb.listener("lsn-2", "alb-1", "HTTPS", "sp-custom")
    alb.policy("sp-custom", "TLSv1.2")
    alb.listener("lsn-3", "alb-1", "HTTPS", "tls_cipher_policy_1_2")
    audits.look(ALB_LISTENERS)
    audits.openapi.fail(action, DENIED)
    events = audits.look(ALB_LISTENERS)
    assert set(facts(events, KIND)) == told
    assert list(facts(events, "unknown")) == [f"{KIND} {unknown}"]


def test_versions_that_nobody_knows_are_no_answer(audits: Audits) -> None:
    alb = audits.openapi.account[Alb]
    alb.balancer("alb-1")
    for name, versions in {"sp-none": (), "sp-odd": ("TLSv1.2", "SSLv3")}.items():
        alb.policy(name, *versions)
        alb.listener(f"lsn-{name}", "alb-1", "HTTPS", name)
    events = audits.look(ALB_LISTENERS)
    assert facts(events, KIND) == {}
    assert len(facts(events, "unknown")) == 2


def test_a_listener_that_is_deleted_is_gone(audits: Audits) -> None:
    nlb = audits.openapi.account[Nlb]
    nlb.balancer("nlb-1")
    nlb.listener("lsn-1", "nlb-1", policy="tls_cipher_policy_1_0")
    audits.look(NLB_LISTENERS)
    nlb.listeners.clear()
    assert facts(audits.look(NLB_LISTENERS), KIND)["lsn-1"]["exists"] is False
