"""Listeners of Application Load Balancers.

https://www.alibabacloud.com/help/en/slb/application-load-balancer/developer-reference/api-alb-2020-06-16-listlisteners
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.audits.listeners import PAGE, common_fields, listeners, policy_named
from shared.audits.tls import tls_fields
from shared.cloud.openapi import Api

VERSION = "2020-06-16"
LIST_BALANCERS = Api("Alb", VERSION, "ListLoadBalancers", "alb:ListLoadBalancers")
LIST_LISTENERS = Api("Alb", VERSION, "ListListeners", "alb:ListListeners")
LIST_RULES = Api("Alb", VERSION, "ListRules", "alb:ListRules")
LIST_POLICIES = Api("Alb", VERSION, "ListSecurityPolicies", "alb:ListSecurityPolicies")

EVERYTHING = {"Path": "/*", "Host": "*"}
"""The value with which a condition of a rule holds for every request."""


def collect(ask: Inquiry) -> Iterator[Told]:
    """A fact for each listener, with what its load balancer is."""
    found = listeners(ask, LIST_BALANCERS, LIST_LISTENERS)
    yield from ask.each("balancer_listener", found, "ListenerId", partial(_listener, ask))


def _listener(ask: Inquiry, listener: dict[str, Any]) -> Fields:
    return {**common_fields("ALB", listener), **protocol_fields(ask, listener)}


def protocol_fields(ask: Inquiry, listener: dict[str, Any]) -> Fields:
    """What is told of a listener by its protocol. Raises Unanswered, or one of MISUNDERSTOOD."""
    if listener["ListenerProtocol"] == "HTTP":
        rules = ask.items(LIST_RULES, "Rules", MaxResults=PAGE, ListenerIds=[listener["ListenerId"]])
        return {"redirects": redirects_all(rules)}
    if listener["ListenerProtocol"] == "HTTPS":
        return tls_fields(listener.get("SecurityPolicyId", ""), partial(_versions, ask))
    return {}


def redirects_all(rules: Iterable[dict[str, Any]]) -> bool:
    """Whether every request is redirected to HTTPS. Rules are tried by their priority; what none of them
    takes is served in plain."""
    for rule in sorted(rules, key=lambda rule: int(rule["Priority"])):
        if not any(_is_redirect(action) for action in rule["RuleActions"]):
            return False
        if all(_holds_always(condition) for condition in rule["RuleConditions"]):
            return True
    return False


def _is_redirect(action: dict[str, Any]) -> bool:
    return action["Type"] == "Redirect" and str(action["RedirectConfig"].get("Protocol")).upper() == "HTTPS"


def _holds_always(condition: dict[str, Any]) -> bool:
    kind = condition["Type"]
    return kind in EVERYTHING and EVERYTHING[kind] in list(condition[f"{kind}Config"]["Values"])


def _versions(ask: Inquiry, policy: str) -> list[str]:
    versions: list[str] = policy_named(ask, LIST_POLICIES, policy)["TLSVersions"]
    return versions


ALB_LISTENERS = Collector(
    name="alb-listeners",
    area="tls",
    every=DAY,
    scope="regional",
    kinds=("balancer_listener",),
    apis=(LIST_BALANCERS, LIST_LISTENERS, LIST_RULES, LIST_POLICIES),
    collect=collect,
)
