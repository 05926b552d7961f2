"""What listeners of Application and Network Load Balancers have in common: their APIs are of one cast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.audits.collector import Fields, Inquiry
from shared.cloud.openapi import Api

PAGE = 100


def listeners(ask: Inquiry, list_balancers: Api, list_listeners: Api) -> Iterator[dict[str, Any]]:
    """Each listener, with its load balancer as `Balancer`. Raises Unanswered."""
    found = ask.items(list_balancers, "LoadBalancers", MaxResults=PAGE)
    balancers = {balancer["LoadBalancerId"]: balancer for balancer in found}
    for listener in ask.items(list_listeners, "Listeners", MaxResults=PAGE):
        # One that was made since then has none yet, and is unknown.
        yield {**listener, "Balancer": balancers.get(listener["LoadBalancerId"])}


def common_fields(product: str, listener: dict[str, Any]) -> Fields:
    """What is told of every listener. Raises one of MISUNDERSTOOD."""
    balancer = listener["Balancer"]
    return {
        "product": product,
        "balancer": listener["LoadBalancerId"],
        "balancer_name": balancer.get("LoadBalancerName", ""),
        "port": listener["ListenerPort"],
        "protocol": listener["ListenerProtocol"],
        "status": listener["ListenerStatus"].lower(),
        "internet_facing": "Internet" in (balancer["AddressType"], balancer.get("Ipv6AddressType")),
    }


def policy_named(ask: Inquiry, list_policies: Api, policy: str) -> dict[str, Any]:
    """A custom TLS policy by its id. Raises Unanswered, and KeyError where there is none."""
    found = ask.items(list_policies, "SecurityPolicies", MaxResults=PAGE, SecurityPolicyIds=[policy])
    return {each["SecurityPolicyId"]: each for each in found}[policy]
