"""Security Center, with its two homes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product


@dataclass
class SasHome:
    """What one home knows."""

    version: int = 1
    release_time: int = 0
    postpay: bool = False
    servers: int = 0
    offline: int = 0
    unprotected: int = 0
    stopped: int = 0
    alerts: dict[str, int] = field(default_factory=dict)


@dataclass
class Sas:
    """Both homes, by the region of their endpoint."""

    china: SasHome = field(default_factory=SasHome)
    abroad: SasHome = field(default_factory=SasHome)


def _home(account: Account, call: Call) -> SasHome:
    return account[Sas].china if call.region == "cn-shanghai" else account[Sas].abroad


def describe_version_config(account: Account, call: Call) -> dict[str, Any]:
    home = _home(account, call)
    return {"Version": home.version, "ReleaseTime": home.release_time, "IsPostpay": home.postpay}


def describe_field_statistics(account: Account, call: Call) -> dict[str, Any]:
    """A RegionId narrows it down to servers there; none are in the region that is also the endpoint's."""
    home = SasHome() if "RegionId" in call.parameters else _home(account, call)
    counts = {
        "InstanceCount": home.servers,
        "OfflineInstanceCount": home.offline,
        "UnprotectedInstanceCount": home.unprotected,
        "NotRunningStatusCount": home.stopped,
    }
    return {"GroupedFields": counts}


def describe_susp_events(account: Account, call: Call) -> dict[str, Any]:
    levels = call.parameters.get("Levels", "serious,suspicious,remind").split(",")
    waiting = call.parameters.get("Dealed") == "N" and call.need("From") == "sas"
    count = sum(_home(account, call).alerts.get(level, 0) for level in levels) if waiting else 0
    return {"SuspEvents": [], "TotalCount": count, "CurrentPage": 1, "PageSize": 1}


PRODUCT = Product(
    "Sas",
    "2018-12-03",
    {
        "DescribeVersionConfig": describe_version_config,
        "DescribeFieldStatistics": describe_field_statistics,
        "DescribeSuspEvents": describe_susp_events,
    },
)
