"""ActionTrail events in, alerts out.

Called by the trail's logstore, by the logstore of deferred events, and by a timer that looks for silence;
EventBridge may call it too.
"""

from __future__ import annotations

from typing import Any

from shared import jobs


def handler(event: bytes, context: Any) -> str:
    """Function Compute's entry point; returns the counts as JSON."""
    if jobs.is_timer(event):
        return jobs.look_for_silence(context)
    return jobs.detect(event, context)
