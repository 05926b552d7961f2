"""LocalSls: a Log Service for tests, which the real SDK talks to without knowing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from shared.cloud.credentials import Credentials
from tests.cloud.ram import Guard
from tests.cloud.sls.faults import Fault, Faults, Order
from tests.cloud.sls.operations import position_from
from tests.cloud.sls.server import Server
from tests.cloud.sls.store import Store, StoredGroup, StoredLog, cursor_at, packed

ENDPOINT = "http://cn-shanghai-intranet.log.aliyuncs.com"  # as a trigger's payload gives it
CREDENTIALS = Credentials("STS.LocalKeyId", "local-key-secret", "local-security-token")


class LocalSls:
    """A context manager. Code under test runs unpatched: `environment()` makes this server its HTTP proxy."""

    endpoint = ENDPOINT
    credentials = CREDENTIALS

    def __init__(self) -> None:
        self._store = Store()
        self._faults = Faults()
        self._server = Server(self._store, self._faults, CREDENTIALS)

    def __enter__(self) -> LocalSls:
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop()

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def environment(self) -> dict[str, str]:
        """The variables that lead every http:// call here, except calls to other servers on this machine."""
        return {"http_proxy": self.proxy, "no_proxy": "127.0.0.1,localhost"}

    def create(self, project: str, logstore: str, shards: int = 1) -> None:
        self._store.create(project, logstore, shards)

    def append(
        self,
        project: str,
        logstore: str,
        records: Iterable[tuple[int, Mapping[str, str | bytes]]],
        shard: int = 0,
        *,
        topic: str = "",
        source: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Store these (Unix seconds, fields) as one log group."""
        target = self._store.logstore(project, logstore)
        target.write(packed(records, topic, source, tags or {}), target.shard(shard))

    def receive(self, project: str, logstore: str, moment: datetime, **fields: str) -> None:
        """A record that came at `moment`, behind what is there."""
        target, seconds = self._store.logstore(project, logstore), int(moment.timestamp())
        group = packed([(seconds, fields)], "", "", {})
        target.shard(0).append(StoredGroup(seconds, group.SerializeToString()))

    def records(self, project: str, logstore: str) -> list[StoredLog]:
        """Everything in the logstore, shard by shard, in the order of arrival."""
        return list(self._store.logstore(project, logstore).logs())

    def document(self, project: str, collection: str, name: str) -> dict[str, Any]:
        """What the management API was sent for `logstores`, `index`, `dashboards`…, to be read or changed."""
        return self._store.documents[project, collection, name]

    def retain(self, project: str, logstore: str, days: int) -> None:
        """Let somebody set how long a logstore keeps."""
        place = (project, "logstores", logstore)
        self._store.documents[place] = {**self._store.documents.get(place, {}), "ttl": days}

    def documents(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """All that the management API was sent, by project, collection and name."""
        return dict(self._store.documents)

    def drop(self, project: str, logstore: str) -> None:
        """Let somebody delete a logstore."""
        self._store.drop_logstore(project, logstore)

    def empty(self) -> None:
        """Lose everything."""
        self._store.clear()

    def names(self, project: str, collection: str) -> list[str]:
        """The names in a collection."""
        return sorted(place[2] for place in self._store.documents if place[:2] == (project, collection))

    def take_name(self, project: str) -> None:
        """Let another account have a project of this name."""
        self._store.foreign.add(project)

    def enforce(self, guard: Guard | None) -> None:
        """Allow from now on only what this policy allows."""
        self._server.guard = guard

    def shards(self, project: str, logstore: str) -> int:
        return len(self._store.logstore(project, logstore).shards)

    def position(self, project: str, logstore: str, shard: int = 0, moment: str = "end") -> int:
        """Where in the shard, counted in log groups, `begin`, `end` or a Unix second is."""
        return position_from(self._store.logstore(project, logstore).shard(shard), moment)

    def cursor(self, project: str, logstore: str, shard: int = 0, moment: str = "end") -> str:
        """`position` as a cursor."""
        return cursor_at(self.position(project, logstore, shard, moment))

    def inject(
        self, fault: Fault, times: int | None = 1, on: str | None = None, seconds: float = 5.0
    ) -> None:
        """This fault for the next `times` calls (None: until `mend`) of the operation `on` (None: of any)."""
        self._faults.add(Order(fault, times, on, seconds))

    def mend(self) -> None:
        """Withdraw every fault."""
        self._faults.clear()

    def set_clock(self, ahead: float) -> None:
        """Date answers so many seconds ahead of the true time."""
        self._server.skew = ahead

    @property
    def calls(self) -> list[str]:
        """The operations asked for so far, in order: `PullLogs`, `PutLogs`, ..."""
        return self._server.calls


@pytest.fixture
def local_sls(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSls]:
    """A running LocalSls that this process's http:// calls are led to."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with LocalSls() as sls:
        for name, value in sls.environment().items():
            monkeypatch.setenv(name, value)
        yield sls
