"""Every collector there is. A new one is a file of its own and a line here."""

from __future__ import annotations

from shared.audits.alb_listeners import ALB_LISTENERS
from shared.audits.balancer_access_logs import ALB_ACCESS_LOGS, CLB_ACCESS_LOGS
from shared.audits.billing import BILLING_BALANCE, BILLING_FORECAST, BILLING_ORDERS
from shared.audits.billing_spend import BILLING_SPEND
from shared.audits.certificates import CAS_CERTIFICATES, SLB_CERTIFICATES
from shared.audits.collector import Collector
from shared.audits.ecs_addresses import ECS_ADDRESSES
from shared.audits.ecs_disks import ECS_DISKS
from shared.audits.ecs_instances import ECS_IMAGES, ECS_INSTANCES
from shared.audits.ecs_security_groups import SECURITY_GROUPS
from shared.audits.kms_keys import KMS_KEYS
from shared.audits.nlb_listeners import NLB_LISTENERS
from shared.audits.oss_buckets import OSS_EXPOSURE, OSS_SETTINGS
from shared.audits.ram_access_keys import RAM_ACCESS_KEYS
from shared.audits.ram_account import RAM_ACCOUNT
from shared.audits.ram_groups import RAM_GROUPS
from shared.audits.ram_policies import RAM_POLICIES
from shared.audits.ram_roles import RAM_ROLES
from shared.audits.ram_users import RAM_USERS
from shared.audits.rds_instances import RDS_ADDRESSES, RDS_SQL_AUDIT, RDS_SSL, RDS_WHITELISTS
from shared.audits.sas import SECURITY_CENTER, SECURITY_CENTER_ALERTS
from shared.audits.slb_listeners import SLB_LISTENERS
from shared.audits.trail import TRAIL, TRAIL_BUCKETS
from shared.audits.trail_logs import TRAIL_LOGS
from shared.audits.vpc_flow_logs import VPC_FLOW_LOGS

COLLECTORS: tuple[Collector, ...] = (
    TRAIL,
    TRAIL_BUCKETS,
    TRAIL_LOGS,
    OSS_EXPOSURE,
    OSS_SETTINGS,
    SECURITY_GROUPS,
    ECS_INSTANCES,
    ECS_IMAGES,
    ECS_DISKS,
    ECS_ADDRESSES,
    VPC_FLOW_LOGS,
    CLB_ACCESS_LOGS,
    ALB_ACCESS_LOGS,
    RAM_ACCOUNT,
    RAM_USERS,
    RAM_ACCESS_KEYS,
    RAM_GROUPS,
    RAM_ROLES,
    RAM_POLICIES,
    SLB_LISTENERS,
    ALB_LISTENERS,
    NLB_LISTENERS,
    SLB_CERTIFICATES,
    CAS_CERTIFICATES,
    KMS_KEYS,
    RDS_WHITELISTS,
    RDS_ADDRESSES,
    RDS_SSL,
    RDS_SQL_AUDIT,
    SECURITY_CENTER,
    SECURITY_CENTER_ALERTS,
    BILLING_BALANCE,
    BILLING_FORECAST,
    BILLING_ORDERS,
    BILLING_SPEND,
)


def permissions() -> list[str]:
    """What the audits need to be allowed to do, each RAM action once, sorted."""
    return sorted({api.permission for collector in COLLECTORS for api in collector.apis})
