"""Where Classic Load Balancers send their access logs; the rest of SLB stands in slb.py.

"DescribeAccessLogsDownloadAttribute", alibabacloud.com/help/en/slb.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.paging import by_number
from tests.cloud.openapi.product import Account, Call, Product


@dataclass
class AccessLogs:
    """The project and the logstore of each load balancer that keeps one."""

    kept: dict[str, tuple[str, str]] = field(default_factory=dict)


def describe_access_logs(account: Account, call: Call) -> dict[str, Any]:
    told = [
        {"LoadBalancerId": name, "LogProject": project, "LogStore": logstore, "LogType": "layer7"}
        for name, (project, logstore) in account[AccessLogs].kept.items()
    ]
    return by_number(call, told, "LogsDownloadAttributes", "LogsDownloadAttribute")


PRODUCT = Product("Slb", "2014-05-15", {"DescribeAccessLogsDownloadAttribute": describe_access_logs})
