"""Alerts to route and tell, and routes to do it by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from textwrap import dedent
from typing import Any

import pytest

from shared.alerting.alert import Alert
from shared.alerting.routes import Routing, load_routing
from shared.located import read_yaml

START = datetime(2026, 11, 20, 3, 0, tzinfo=timezone.utc)


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def go_on(self, **how_long: float) -> None:
        self.time += timedelta(**how_long)

    @property
    def soon(self) -> float:
        return self.time.timestamp() + 60


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_alert() -> Callable[..., Alert]:
    def make(number: int = 1, **changes: Any) -> Alert:
        plain: dict[str, Any] = {
            "id": f"{number:032x}",
            "rule": "root-sign-in",
            "title": "Root signed in",
            "level": "high",
            "source": "actiontrail",
            "account_id": "1234567890123456",
            "time": START,
            "summary": "root signed in",
            "event_ids": (f"event-{number}",),
        }
        return Alert(**{**plain, **changes})

    return make


def routing_of(text: str) -> Routing:
    """The routing that a routes.yml with this text describes."""
    return load_routing(read_yaml(dedent(text), "routes.yml"))
