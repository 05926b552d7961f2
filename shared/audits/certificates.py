"""Server certificates and the days that they have left: those of Classic Load Balancers in each region, and
those of Certificate Management Service (CAS) of the account.

https://www.alibabacloud.com/help/en/slb/classic-load-balancer/developer-reference/api-slb-2014-05-15-describeservercertificates,
https://www.alibabacloud.com/help/en/ssl-certificate/developer-reference/api-cas-2020-04-07-listusercertificateorder
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timezone
from functools import partial
from itertools import chain
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told, Unknown
from shared.cloud.openapi import Api

OF_BALANCERS = Api("Slb", "2014-05-15", "DescribeServerCertificates", "slb:DescribeServerCertificates")
OF_ACCOUNT = Api("Cas", "2020-04-07", "ListUserCertificateOrder", "yundun-cert:ListUserCertificateOrder")

HOMES = ("cn-hangzhou", "ap-southeast-1", "eu-central-1")
"""CAS keeps certificates in three places, each for itself: China, Singapore, Frankfurt."""

STATUSES = ("ISSUED", "WILLEXPIRED", "EXPIRED")
"""Without a status, the answer leaves out what has expired: it would look as if it were gone."""


def collect_of_balancers(ask: Inquiry) -> Iterator[Told]:
    """A fact for each certificate that was given to CLB in the region."""
    found = _of_balancers(ask)
    yield from ask.each("certificate", found, "ServerCertificateId", partial(_of_balancer, ask))


def _of_balancers(ask: Inquiry) -> Iterator[dict[str, Any]]:
    yield from ask.call(OF_BALANCERS)["ServerCertificates"]["ServerCertificate"]


def _of_balancer(ask: Inquiry, found: dict[str, Any]) -> Fields:
    moment = datetime.fromtimestamp(int(found["ExpireTimeStamp"]) / 1000, timezone.utc)  # milliseconds
    name, domain = found.get("ServerCertificateName", ""), found.get("CommonName", "")
    return {"product": "CLB", "name": name, "domain": domain, **_validity(ask, moment.date())}


def collect_of_account(ask: Inquiry) -> Iterator[Told]:
    """A fact for each certificate that was issued by CAS or uploaded to it."""
    yield from ask.each("certificate", _of_account(ask), "CertificateId", partial(_of_cas, ask))


def _of_account(ask: Inquiry) -> Iterator[dict[str, Any] | Unknown]:
    for home in HOMES:
        yield from ask.below("certificate", home, partial(_at_home, replace(ask, region=home)))


def _at_home(ask: Inquiry) -> Iterable[dict[str, Any]]:
    """Each once, whatever statuses it is listed under."""
    page: dict[str, Any] = {"OrderType": "CERT", "ShowSize": 50}
    listed = (ask.items(OF_ACCOUNT, "CertificateOrderList", **page, Status=each) for each in STATUSES)
    return {found["CertificateId"]: found for found in chain.from_iterable(listed)}.values()


def _of_cas(ask: Inquiry, found: dict[str, Any]) -> Fields:
    name, domain = found.get("Name", ""), found.get("CommonName", "")
    return {"product": "CAS", "name": name, "domain": domain, **_validity(ask, _day(found["EndDate"]))}


def _day(told: str) -> date:
    """Raises KeyError for what is no day."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise KeyError(f"EndDate is no day: {told!r}") from None


def _validity(ask: Inquiry, last: date) -> Fields:
    return {"expires": last.isoformat(), "days_left": (last - ask.now.date()).days}


SLB_CERTIFICATES = Collector(
    name="slb-certificates",
    area="certificates",
    every=DAY,
    scope="regional",
    kinds=("certificate",),
    apis=(OF_BALANCERS,),
    collect=collect_of_balancers,
)

CAS_CERTIFICATES = Collector(
    name="cas-certificates",
    area="certificates",
    every=DAY,
    scope="global",
    kinds=("certificate",),
    apis=(OF_ACCOUNT,),
    collect=collect_of_account,
)
