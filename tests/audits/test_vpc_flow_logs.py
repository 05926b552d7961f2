"""Which VPCs keep flow logs."""

from __future__ import annotations

from shared.audits.vpc_flow_logs import VPC_FLOW_LOGS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED
from tests.cloud.openapi.products.vpc import Vpcs


def vpcs(audits: Audits) -> Vpcs:
    return audits.openapi.account[Vpcs]


def test_a_vpc_with_a_flow_log_and_others_without(audits: Audits) -> None:
    vpcs(audits).vpc("vpc-1", "vsw-1")
    vpcs(audits).vpc("vpc-2", "vsw-2", "vsw-3")
    vpcs(audits).vpc("vpc-3")
    vpcs(audits).flow_log("fl-1", "vpc-1", TrafficType="Drop")
    vpcs(audits).flow_log("fl-2", "vsw-3")
    vpcs(audits).flow_log("fl-3", "vpc-3", Status="Inactive")
    found = facts(audits.look(VPC_FLOW_LOGS), "vpc_flow_log")
    assert (found["vpc-1"]["flow_logs"], found["vpc-1"]["traffic"]) == (["fl-1"], ["Drop"])
    assert (found["vpc-2"]["flow_logs"], found["vpc-2"]["parts"]) == ([], ["fl-2"])
    assert (found["vpc-3"]["flow_logs"], found["vpc-3"]["parts"]) == ([], [])


def test_every_page_of_both_lists(audits: Audits) -> None:
    audits.openapi.page_size = 2
    audits.openapi.fail("DescribeFlowLogs", THROTTLED, times=1)
    for number in range(5):
        vpcs(audits).vpc(f"vpc-{number}")
        vpcs(audits).flow_log(f"fl-{number}", f"vpc-{number}")
    found = facts(audits.look(VPC_FLOW_LOGS), "vpc_flow_log")
    assert [fields["flow_logs"] for fields in found.values()] == [[f"fl-{number}"] for number in range(5)]


def test_without_the_flow_logs_no_vpc_is_said_to_have_none(audits: Audits) -> None:
    vpcs(audits).vpc("vpc-1")
    audits.openapi.fail("DescribeFlowLogs", DENIED)
    events = audits.look(VPC_FLOW_LOGS)
    assert facts(events, "vpc_flow_log") == {}
    assert facts(events, "unknown")["vpc_flow_log"]["api"] == "vpc:DescribeFlowLogs"


def test_a_vpc_that_is_deleted_is_gone_and_an_empty_account_is_fine(audits: Audits) -> None:
    vpcs(audits).vpc("vpc-1")
    audits.look(VPC_FLOW_LOGS)
    vpcs(audits).vpcs.clear()
    assert facts(audits.look(VPC_FLOW_LOGS), "vpc_flow_log")["vpc-1"]["exists"] is False
    assert facts(audits.look(VPC_FLOW_LOGS), "audit_run")["vpc-flow-logs"]["complete"] is True
