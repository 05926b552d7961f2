"""Lines of hosts in, alerts out: auth.log, secure, the journal, nginx, Apache, osquery.

Called by the logstore of host logs.
"""

from __future__ import annotations

from typing import Any

from shared import jobs
from shared.events.host_reader import HostReader


def handler(event: bytes, context: Any) -> str:
    """Function Compute's entry point; returns the counts as JSON."""
    return jobs.detect(event, context, HostReader())
