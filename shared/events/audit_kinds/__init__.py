"""What audits can state, one area a file: each kind of fact, and what it tells.

A kind is a name (`ram_user`) and its fields, each with what it means. Rules can name no other fields, and a
collector that states one that is not here is told so. A new kind is a line in its area's file.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.events.audit_kinds.balancers import BALANCERS
from shared.events.audit_kinds.billing import BILLING
from shared.events.audit_kinds.buckets import BUCKETS
from shared.events.audit_kinds.certificates import CERTIFICATES
from shared.events.audit_kinds.instances import INSTANCES
from shared.events.audit_kinds.kms import KMS
from shared.events.audit_kinds.logs import LOGS
from shared.events.audit_kinds.ram import RAM
from shared.events.audit_kinds.rds import RDS
from shared.events.audit_kinds.runs import RUNS
from shared.events.audit_kinds.sas import SAS
from shared.events.audit_kinds.trails import TRAILS

Kinds = Mapping[str, Mapping[str, str]]

AREAS: tuple[Kinds, ...] = (
    RUNS,
    RAM,
    TRAILS,
    INSTANCES,
    BUCKETS,
    LOGS,
    BALANCERS,
    CERTIFICATES,
    KMS,
    RDS,
    SAS,
    BILLING,
)

KINDS: Kinds = {kind: fields for area in AREAS for kind, fields in area.items()}
