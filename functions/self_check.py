"""Is Trailguard watching? Asked from inside, called by a timer, every fifteen minutes.

What is blind becomes an alert, and is told past outbox and notifier, too: shared/health/watchdog.py.
"""

from __future__ import annotations

from typing import Any

from shared import self_check


def handler(event: bytes, context: Any) -> str:
    """Function Compute's entry point; returns the counts as JSON."""
    return self_check.self_check(context)
