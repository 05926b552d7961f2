"""NLB: Network Load Balancers, their listeners and TLS policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_token
from tests.cloud.openapi.product import Account, Call, Product


@dataclass
class Nlb:
    """What the account has of it, in every region the same."""

    balancers: list[dict[str, Any]] = field(default_factory=list)
    listeners: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)

    def balancer(self, name: str, ipv4: str = "Intranet", ipv6: str = "Intranet") -> None:
        told = {"LoadBalancerId": name, "LoadBalancerName": name}
        self.balancers.append({**told, "AddressType": ipv4, "Ipv6AddressType": ipv6})

    def listener(self, name: str, balancer: str, protocol: str = "TCPSSL", policy: str = "") -> None:
        told = {"ListenerId": name, "LoadBalancerId": balancer, "ListenerProtocol": protocol}
        told |= {"ListenerStatus": "Running"} | ({"SecurityPolicyId": policy} if policy else {})
        self.listeners.append({**told, "ListenerPort": 443})

    def policy(self, name: str, versions: str) -> None:
        self.policies.append({"SecurityPolicyId": name, "TlsVersion": versions})


def list_load_balancers(account: Account, call: Call) -> dict[str, Any]:
    return by_token(call, account[Nlb].balancers, "LoadBalancers")


def list_listeners(account: Account, call: Call) -> dict[str, Any]:
    return by_token(call, account[Nlb].listeners, "Listeners")


def list_policies(account: Account, call: Call) -> dict[str, Any]:
    wanted = call.parameters.get("SecurityPolicyIds.1")
    found = [each for each in account[Nlb].policies if each["SecurityPolicyId"] == wanted]
    return by_token(call, found, "SecurityPolicies")


PRODUCT = Product(
    "Nlb",
    "2022-04-30",
    {
        "ListLoadBalancers": list_load_balancers,
        "ListListeners": list_listeners,
        "ListSecurityPolicy": list_policies,
    },
)
