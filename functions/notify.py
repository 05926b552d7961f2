"""Alerts out of the alerts logstore, to people. Called by that logstore, and each minute by a timer."""

from __future__ import annotations

from typing import Any

from shared import jobs


def handler(event: bytes, context: Any) -> str:
    """Function Compute's entry point; returns the counts as JSON."""
    return jobs.notify(event, context)
