"""Every collector there is. A new one is a file of its own and a line here."""

from __future__ import annotations

from shared.audits.collector import Collector
from shared.audits.ram_access_keys import RAM_ACCESS_KEYS
from shared.audits.ram_account import RAM_ACCOUNT
from shared.audits.ram_groups import RAM_GROUPS
from shared.audits.ram_policies import RAM_POLICIES
from shared.audits.ram_roles import RAM_ROLES
from shared.audits.ram_users import RAM_USERS

COLLECTORS: tuple[Collector, ...] = (
    RAM_ACCOUNT,
    RAM_USERS,
    RAM_ACCESS_KEYS,
    RAM_GROUPS,
    RAM_ROLES,
    RAM_POLICIES,
)


def permissions() -> list[str]:
    """What the audits need to be allowed to do, each RAM action once, sorted."""
    return sorted({api.permission for collector in COLLECTORS for api in collector.apis})
