"""What the state tests share: a clock to turn by hand, both backends, a local Tablestore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from shared.cloud.credentials import Credentials
from shared.state.sqlite import SqliteStore
from shared.state.store import StateStore
from shared.state.tablestore import TablestoreStore, connect
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.tablestore import INSTANCE, TablestoreServer

TABLE = "state"


class HandClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = datetime(2025, 3, 1, 12, 0, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time

    def after(self, seconds: float) -> datetime:
        return self.time + timedelta(seconds=seconds)

    def pass_by(self, seconds: float) -> None:
        self.time = self.after(seconds)


@dataclass
class Cloud:
    """A local Tablestore with the table made, and the keys that a function would have just now."""

    server: TablestoreServer
    clock: HandClock
    keys: Credentials

    def open(self) -> TablestoreStore:
        return connect(self.server.endpoint, INSTANCE, TABLE, lambda: self.keys, self.clock)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def cloud(clock: HandClock) -> Iterator[Cloud]:
    with TablestoreServer() as server:
        keys = server.credentials[0]
        create_table(open_client(server.endpoint, INSTANCE, lambda: keys), TABLE)
        server.requests.clear()
        yield Cloud(server, clock, keys)


@pytest.fixture(params=["sqlite", "tablestore"])
def open_store(request: pytest.FixtureRequest, clock: HandClock, tmp_path: Path) -> Callable[[], StateStore]:
    """Opens the same state once more, as another process would."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "state.db", now=clock)
    cloud: Cloud = request.getfixturevalue("cloud")
    return cloud.open


@pytest.fixture
def store(open_store: Callable[[], StateStore]) -> StateStore:
    return open_store()
