"""CAS: Certificate Management Service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product


@dataclass
class Cas:
    """The certificates, each with its status."""

    certificates: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def certificate(self, number: int, last_day: str, status: str = "ISSUED") -> None:
        told = {"CertificateId": number, "Name": f"cert-{number}", "CommonName": "shop.example"}
        self.certificates.append((status, {**told, "EndDate": last_day, "Expired": status == "EXPIRED"}))


def list_orders(account: Account, call: Call) -> dict[str, Any]:
    """Of certificates (OrderType CERT), what has expired is listed only where its status is asked for."""
    wanted = call.parameters.get("Status")
    statuses = [wanted] if wanted else ["ISSUED", "WILLEXPIRED"]
    found = [told for status, told in account[Cas].certificates if status in statuses]
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
