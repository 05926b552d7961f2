"""SLB: Classic Load Balancers, their listeners, TLS policies and certificates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.cloud.openapi.paging import by_number, by_token
from tests.cloud.openapi.product import Account, Call, Product

HOME = "cn-hangzhou"


@dataclass
class Slb:
    """What the account has of it, each thing in a region."""

    balancers: list[dict[str, Any]] = field(default_factory=list)
    listeners: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)
    certificates: list[dict[str, Any]] = field(default_factory=list)

    def balancer(self, name: str, internet: bool = True, region: str = HOME) -> None:
        kind = "internet" if internet else "intranet"
        told = {"LoadBalancerId": name, "LoadBalancerName": f"{name}-name", "AddressType": kind}
        self.balancers.append({**told, "RegionId": region})

    def http(self, balancer: str, port: int = 80, redirects: bool = False, region: str = HOME) -> None:
        config = {"ListenerForward": "on" if redirects else "off"}
        self._listen(balancer, "http", port, region, HTTPListenerConfig=config)

    def https(
        self, balancer: str, policy: str | None = None, port: int = 443, region: str = HOME
    ) -> dict[str, Any]:
        """A listener; the answer leaves out a policy that is None. Its settings, to be changed later."""
        config: dict[str, Any] = {"ServerCertificateId": "cert-1", "EnableHttp2": "on"}
        if policy is not None:
            config["TLSCipherPolicy"] = policy
        self._listen(balancer, "https", port, region, HTTPSListenerConfig=config)
        return config

    def tcp(self, balancer: str, port: int, region: str = HOME) -> None:
        self._listen(balancer, "tcp", port, region, TCPListenerConfig={"HealthCheck": "on"})

    def policy(self, name: str, *versions: str) -> None:
        self.policies.append({"InstanceId": name, "Name": name, "TLSVersions": list(versions)})

    def certificate(self, name: str, expires: datetime, region: str = HOME) -> None:
        told = {"ServerCertificateId": name, "ServerCertificateName": f"{name}-name", "RegionId": region}
        stamp = int(expires.timestamp() * 1000)
        self.certificates.append({**told, "CommonName": "shop.example", "ExpireTimeStamp": stamp})

    def _listen(self, balancer: str, protocol: str, port: int, region: str, **config: Any) -> None:
        told = {"LoadBalancerId": balancer, "ListenerProtocol": protocol, "ListenerPort": port}
        self.listeners.append({**told, "Status": "running", "RegionId": region, **config})


def _in(call: Call, things: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [thing for thing in things if thing["RegionId"] == call.region]


def describe_load_balancers(account: Account, call: Call) -> dict[str, Any]:
    return by_number(call, _in(call, account[Slb].balancers), "LoadBalancers", "LoadBalancer")


def describe_listeners(account: Account, call: Call) -> dict[str, Any]:
    """Without listeners, the list is left out, as the reference says."""
    found = _in(call, account[Slb].listeners)
    answer = by_token(call, found, "Listeners")
    return answer if found else {"TotalCount": 0, "MaxResults": answer["MaxResults"]}


def list_policies(account: Account, call: Call) -> dict[str, Any]:
    wanted = call.parameters.get("TLSCipherPolicyId")
    found = [each for each in account[Slb].policies if wanted in (None, each["InstanceId"])]
    return {"TLSCipherPolicies": found, "IsTruncated": False, "TotalCount": len(found)}


def describe_certificates(account: Account, call: Call) -> dict[str, Any]:
    return {"ServerCertificates": {"ServerCertificate": _in(call, account[Slb].certificates)}}


PRODUCT = Product(
    "Slb",
    "2014-05-15",
    {
        "DescribeLoadBalancers": describe_load_balancers,
        "DescribeLoadBalancerListeners": describe_listeners,
        "ListTLSCipherPolicies": list_policies,
        "DescribeServerCertificates": describe_certificates,
    },
)
