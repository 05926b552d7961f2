"""An auditor of the local cloud, and what its collectors state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shared.audits.auditor import Auditor, units_of
from shared.audits.collector import Collector
from shared.audits.live import LiveAccount
from shared.audits.unit import Run
from shared.events.event import Event
from shared.state.in_memory import InMemoryStore
from tests.cloud.openapi import LocalOpenApi

START = datetime(2026, 11, 1, 3, tzinfo=timezone.utc)
REGION = "cn-hangzhou"


@dataclass
class Audits:
    """Audits of the local account: `look(COLLECTOR)` is one round, an hour after the one before."""

    openapi: LocalOpenApi
    store: InMemoryStore = field(default_factory=InMemoryStore)
    now: datetime = START
    regions: tuple[str, ...] = (REGION,)
    lists: dict[str, Iterable[str]] = field(default_factory=dict)
    time_is_up_after: int | None = None

    def look(self, *collectors: Collector) -> list[Event]:
        """What one round of these collectors states, in the order of its coming."""
        events: list[Event] = []

        def tell(run: Run) -> None:
            events.extend(run.events(self.openapi.account.id))

        self._auditor().run_all(units_of(collectors, self.regions), tell)
        self.now += timedelta(hours=1)
        return events

    def _auditor(self) -> Auditor:
        account = LiveAccount(self.openapi.credentials, self.openapi.url, retry=self.openapi.retry)
        left = self.time_is_up_after

        def is_time_up() -> bool:
            nonlocal left
            if left is None:
                return False
            left -= 1
            return left < 0

        return Auditor(account, self.store, self.openapi.account.id, lambda: self.now, is_time_up, self.lists)


def facts(events: Iterable[Event], kind: str) -> dict[str, dict[str, Any]]:
    """The fields of each fact of a kind, by its resource."""
    return {e.fields["resource"]: dict(e.fields) for e in events if e.fields["kind"] == kind}


@pytest.fixture
def audits(local_openapi: LocalOpenApi) -> Audits:
    return Audits(local_openapi)
