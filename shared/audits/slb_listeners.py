"""Listeners of Classic Load Balancers (CLB, whose API is still called SLB).

https://www.alibabacloud.com/help/en/slb/classic-load-balancer/developer-reference/api-slb-2014-05-15-describeloadbalancerlisteners.
Only guaranteed-performance instances have a TLS policy: for the others the answer has none, and what they
accept is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.audits.ecs_addresses import DESCRIBE_EIPS
from shared.audits.tls import tls_fields
from shared.cloud.openapi import Api

VERSION = "2014-05-15"
LIST_BALANCERS = Api("Slb", VERSION, "DescribeLoadBalancers", "slb:DescribeLoadBalancers")
LIST_LISTENERS = Api("Slb", VERSION, "DescribeLoadBalancerListeners", "slb:DescribeLoadBalancerListeners")
LIST_POLICIES = Api("Slb", VERSION, "ListTLSCipherPolicies", "slb:ListTLSCipherPolicies")


def collect(ask: Inquiry) -> Iterator[Told]:
    """A fact for each listener, with what its load balancer is."""
    yield from ask.each("balancer_listener", _listeners(ask), _resource, partial(_listener, ask))


def _listeners(ask: Inquiry) -> Iterator[dict[str, Any]]:
    found = ask.items(LIST_BALANCERS, "LoadBalancers.LoadBalancer", PageSize=100)
    balancers = {balancer["LoadBalancerId"]: balancer for balancer in found}
    # Where there are none, the answer has no list: "not returned if the instance does not have a listener".
    if int(ask.call(LIST_LISTENERS, MaxResults=1)["TotalCount"]) == 0:
        return
    public = _public_balancers(ask, balancers.values())
    for listener in ask.items(LIST_LISTENERS, "Listeners", MaxResults=100):
        # One of a balancer that was made since then has none yet, and is unknown.
        name = listener["LoadBalancerId"]
        yield {**listener, "Balancer": balancers.get(name), "Public": name in public}


def _public_balancers(ask: Inquiry, balancers: Iterable[dict[str, Any]]) -> set[str]:
    """Those with a public address: their own, or an elastic one that is bound to them."""
    elastic = ask.items(DESCRIBE_EIPS, "EipAddresses.EipAddress", PageSize=100)
    own = {each["LoadBalancerId"] for each in balancers if each["AddressType"] == "internet"}
    return own | {each["InstanceId"] for each in elastic if each["InstanceId"]}


def _resource(listener: dict[str, Any]) -> str:
    """Listeners have no id; a port may serve TCP and UDP."""
    return f"{listener['LoadBalancerId']}/{listener['ListenerProtocol'].lower()}:{listener['ListenerPort']}"


def _listener(ask: Inquiry, listener: dict[str, Any]) -> Fields:
    protocol, balancer = listener["ListenerProtocol"].upper(), listener["Balancer"]
    return {
        "product": "CLB",
        "balancer": listener["LoadBalancerId"],
        "balancer_name": balancer.get("LoadBalancerName", ""),
        "port": listener["ListenerPort"],
        "protocol": protocol,
        "status": listener["Status"].lower(),
        "internet_facing": listener["Public"],
        **protocol_fields(ask, protocol, listener),
    }


def protocol_fields(ask: Inquiry, protocol: str, listener: dict[str, Any]) -> Fields:
    """What is told of a listener by its protocol. Raises Unanswered, or one of MISUNDERSTOOD."""
    if protocol == "HTTP":
        return {"redirects": listener["HTTPListenerConfig"]["ListenerForward"] == "on"}
    if protocol == "HTTPS":
        policy = listener.get("HTTPSListenerConfig", {}).get("TLSCipherPolicy", "")
        return tls_fields(policy, partial(_versions, ask))
    return {}


def _versions(ask: Inquiry, policy: str) -> list[str]:
    answer = ask.call(LIST_POLICIES, TLSCipherPolicyId=policy)
    found = [each for each in answer["TLSCipherPolicies"] if each["InstanceId"] == policy]
    versions: list[str] = found[0]["TLSVersions"]
    return versions


SLB_LISTENERS = Collector(
    name="slb-listeners",
    area="tls",
    every=DAY,
    scope="regional",
    kinds=("balancer_listener",),
    apis=(LIST_BALANCERS, LIST_LISTENERS, LIST_POLICIES, DESCRIBE_EIPS),
    collect=collect,
)
