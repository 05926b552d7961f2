"""ActionTrail events in, alerts out. Called by the trail's logstore; EventBridge may call it too."""

from __future__ import annotations

from typing import Any

from shared import jobs


def handler(event: bytes, context: Any) -> str:
    """Function Compute's entry point; returns the counts as JSON."""
    return jobs.detect("actiontrail", event, context)
