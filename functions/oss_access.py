"""Requests to OSS buckets in, alerts out.

Called by the logstore of OSS's real-time access log.
"""

from __future__ import annotations

from typing import Any

from shared import jobs
from shared.events.oss_reader import OssReader


def handler(event: bytes, context: Any) -> str:
    """Function Compute's entry point; returns the counts as JSON."""
    return jobs.detect(event, context, OssReader())
