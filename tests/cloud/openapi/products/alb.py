"""ALB: Application Load Balancers, their listeners, forwarding rules and TLS policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_token
from tests.cloud.openapi.product import Account, Call, Product

TO_HTTPS = {"Type": "Redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "HttpCode": "301"}}
FORWARD = {"Type": "ForwardGroup", "ForwardGroupConfig": {"ServerGroupTuples": [{"ServerGroupId": "sgp-1"}]}}


def path(value: str) -> dict[str, Any]:
    """A rule's condition."""
    return {"Type": "Path", "PathConfig": {"Values": [value]}}


@dataclass
class Alb:
    """What the account has of it, in every region the same."""

    balancers: list[dict[str, Any]] = field(default_factory=list)
    listeners: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)

    def balancer(self, name: str, internet: bool = True) -> None:
        kind = "Internet" if internet else "Intranet"
        self.balancers.append({"LoadBalancerId": name, "LoadBalancerName": name, "AddressType": kind})

    def listener(
        self, name: str, balancer: str, protocol: str = "HTTP", policy: str = "", status: str = "Running"
    ) -> dict[str, Any]:
        """A listener: its settings, to be changed later."""
        told: dict[str, Any] = {"ListenerId": name, "LoadBalancerId": balancer, "ListenerProtocol": protocol}
        told |= {"ListenerPort": 443 if policy else 80, "ListenerStatus": status}
        self.listeners.append(told | ({"SecurityPolicyId": policy} if policy else {}))
        return self.listeners[-1]

    def rule(
        self, listener: str, priority: int, condition: dict[str, Any], action: dict[str, Any] = TO_HTTPS
    ) -> None:
        told = {"ListenerId": listener, "Priority": priority, "RuleActions": [action]}
        self.rules.append({**told, "RuleConditions": [condition]})

    def policy(self, name: str, *versions: str) -> None:
        self.policies.append({"SecurityPolicyId": name, "TLSVersions": list(versions)})


def list_load_balancers(account: Account, call: Call) -> dict[str, Any]:
    return by_token(call, account[Alb].balancers, "LoadBalancers")


def list_listeners(account: Account, call: Call) -> dict[str, Any]:
    return by_token(call, account[Alb].listeners, "Listeners")


def list_rules(account: Account, call: Call) -> dict[str, Any]:
    wanted = call.parameters.get("ListenerIds.1")
    return by_token(call, [rule for rule in account[Alb].rules if rule["ListenerId"] == wanted], "Rules")


def list_policies(account: Account, call: Call) -> dict[str, Any]:
    wanted = call.parameters.get("SecurityPolicyIds.1")
    found = [each for each in account[Alb].policies if each["SecurityPolicyId"] == wanted]
    return by_token(call, found, "SecurityPolicies")


PRODUCT = Product(
    "Alb",
    "2020-06-16",
    {
        "ListLoadBalancers": list_load_balancers,
        "ListListeners": list_listeners,
        "ListRules": list_rules,
        "ListSecurityPolicies": list_policies,
    },
)
