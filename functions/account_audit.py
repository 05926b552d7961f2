"""The account itself, looked at by its read APIs: facts in, alerts out. Called by a timer, every ten minutes.

Each call runs the audits that are due and goes on with those that ran out of time.
"""

from __future__ import annotations

from typing import Any

from shared import audit_job


def handler(event: bytes, context: Any) -> str:
    """Function Compute's entry point; returns the counts as JSON."""
    return audit_job.audit(context)
