"""CAS: Certificate Management Service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product


@dataclass
class Cas:
    """The certificates, each with its status, and the home (a region) that keeps it."""

    certificates: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    homes: dict[int, str] = field(default_factory=dict)

    def certificate(
        self, number: int, last_day: str, status: str = "ISSUED", home: str = "cn-hangzhou"
    ) -> None:
        self.homes[number] = home
        told = {"CertificateId": number, "Name": f"cert-{number}", "CommonName": "shop.example"}
        self.certificates.append((status, {**told, "EndDate": last_day, "Expired": status == "EXPIRED"}))


def list_orders(account: Account, call: Call) -> dict[str, Any]:
    """Of certificates (OrderType CERT), what has expired is listed only where its status is asked for."""
    wanted = call.parameters.get("Status")
    statuses = [wanted] if wanted else ["ISSUED", "WILLEXPIRED"]
    cas = account[Cas]
    found = [
        told
        for status, told in cas.certificates
        if status in statuses and cas.homes[told["CertificateId"]] == call.region
    ]
    size = min(int(call.parameters.get("ShowSize", 50)), call.page_size)
    number = int(call.parameters.get("CurrentPage", 1))
    page = found[(number - 1) * size : number * size]
    return {
        "CertificateOrderList": page if call.parameters.get("OrderType") == "CERT" else [],
        "TotalCount": len(found),
        "CurrentPage": number,
        "ShowSize": size,
    }


PRODUCT = Product("Cas", "2020-04-07", {"ListUserCertificateOrder": list_orders})
