"""Which load balancers keep an access log."""

from __future__ import annotations

from shared.audits.balancer_access_logs import ALB_ACCESS_LOGS, CLB_ACCESS_LOGS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED
from tests.cloud.openapi.products.alb import Alb
from tests.cloud.openapi.products.slb import Slb
from tests.cloud.openapi.products.slb_access_logs import AccessLogs


def clb(audits: Audits, name: str, logs_to: str = "") -> None:
    """A classic load balancer with an HTTP listener."""
    audits.openapi.account[Slb].balancer(name)
    audits.openapi.account[Slb].http(name)
    if logs_to:
        audits.openapi.account[AccessLogs].kept[name] = (logs_to, "access")


def test_classic_ones_with_and_without(audits: Audits) -> None:
    clb(audits, "lb-1", "web-logs")
    clb(audits, "lb-2")
    found = facts(audits.look(CLB_ACCESS_LOGS), "clb_access_log")
    assert {name: fields["project"] for name, fields in found.items()} == {"lb-1": "web-logs", "lb-2": ""}


def test_one_that_speaks_no_http_has_none_to_keep(audits: Audits) -> None:
    audits.openapi.account[Slb].balancer("lb-1")
    assert facts(audits.look(CLB_ACCESS_LOGS), "clb_access_log") == {}
    audits.openapi.account[Slb].tcp("lb-1", 5432)
    events = audits.look(CLB_ACCESS_LOGS)
    assert facts(events, "clb_access_log") == {}
    assert facts(events, "audit_run")["clb-access-logs"]["complete"] is True


def test_every_page_of_all_three_lists(audits: Audits) -> None:
    audits.openapi.page_size = 2
    audits.openapi.fail("DescribeAccessLogsDownloadAttribute", THROTTLED, times=2)
    for number in range(5):
        clb(audits, f"lb-{number}", "web-logs")
    found = facts(audits.look(CLB_ACCESS_LOGS), "clb_access_log")
    assert [fields["project"] for fields in found.values()] == ["web-logs"] * 5


def test_without_the_logs_none_is_said_to_be_missing(audits: Audits) -> None:
    clb(audits, "lb-1")
    audits.openapi.fail("DescribeAccessLogsDownloadAttribute", DENIED)
    events = audits.look(CLB_ACCESS_LOGS)
    assert facts(events, "clb_access_log") == {}
    assert facts(events, "unknown")["clb_access_log"]["api"] == "slb:DescribeAccessLogsDownloadAttribute"


def test_application_load_balancers_and_one_that_goes(audits: Audits) -> None:
    audits.openapi.page_size = 2
    balancers = audits.openapi.account[Alb].balancers
    for name in ("alb-1", "alb-2", "alb-3"):
        audits.openapi.account[Alb].balancer(name)
    balancers[0]["AccessLogConfig"] = {"LogProject": "web-logs", "LogStore": "alb"}
    balancers[1]["AccessLogConfig"] = {}
    found = facts(audits.look(ALB_ACCESS_LOGS), "alb_access_log")
    assert [fields["project"] for fields in found.values()] == ["web-logs", "", ""]
    balancers.pop()
    audits.openapi.fail("ListLoadBalancers", DENIED, times=1)
    assert facts(audits.look(ALB_ACCESS_LOGS), "alb_access_log") == {}
    assert facts(audits.look(ALB_ACCESS_LOGS), "alb_access_log")["alb-3"]["exists"] is False
