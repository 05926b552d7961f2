"""Listeners of Network Load Balancers.

https://www.alibabacloud.com/help/en/slb/network-load-balancer/developer-reference/api-nlb-2022-04-30-listlisteners
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.audits.listeners import common_fields, listeners, policy_named
from shared.audits.tls import tls_fields
from shared.cloud.openapi import Api

VERSION = "2022-04-30"
LIST_BALANCERS = Api("Nlb", VERSION, "ListLoadBalancers", "nlb:ListLoadBalancers")
LIST_LISTENERS = Api("Nlb", VERSION, "ListListeners", "nlb:ListListeners")
LIST_POLICIES = Api("Nlb", VERSION, "ListSecurityPolicy", "nlb:ListSecurityPolicy")


def collect(ask: Inquiry) -> Iterator[Told]:
    """A fact for each listener, with what its load balancer is."""
    found = listeners(ask, LIST_BALANCERS, LIST_LISTENERS)
    yield from ask.each("balancer_listener", found, "ListenerId", partial(_listener, ask))


def _listener(ask: Inquiry, listener: dict[str, Any]) -> Fields:
    return {**common_fields("NLB", listener), **protocol_fields(ask, listener)}


def protocol_fields(ask: Inquiry, listener: dict[str, Any]) -> Fields:
    """What is told of a listener by its protocol. Raises Unanswered, or one of MISUNDERSTOOD."""
    if listener["ListenerProtocol"] != "TCPSSL":
        return {}
    return tls_fields(listener.get("SecurityPolicyId", ""), partial(_versions, ask))


def _versions(ask: Inquiry, policy: str) -> list[str]:
    """`TlsVersion` holds the versions as one text: `TLSv1.2,TLSv1.3`."""
    versions: str = policy_named(ask, LIST_POLICIES, policy)["TlsVersion"]
    return [version.strip() for version in versions.split(",")]


NLB_LISTENERS = Collector(
    name="nlb-listeners",
    area="tls",
    every=DAY,
    scope="regional",
    kinds=("balancer_listener",),
    apis=(LIST_BALANCERS, LIST_LISTENERS, LIST_POLICIES),
    collect=collect,
)
