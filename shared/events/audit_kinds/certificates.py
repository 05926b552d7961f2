"""What audits state of server certificates."""

from __future__ import annotations

CERTIFICATES = {
    "certificate": {
        "product": "where it is kept: CLB, or CAS (Certificate Management Service)",
        "name": "as the team calls it",
        "domain": "its common name",
        "expires": "the last day, as YYYY-MM-DD",
        "days_left": "whole days until then; less than 0 once it has expired",
    },
}
