"""Log Service: where the ends of shards are, in time. Times are those at which the service received records.

"GetCursor", "GetCursorTime", "ListShards" (https://www.alibabacloud.com/help/en/sls/developer-reference).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TypeVar

from shared.cloud.credentials import Credentials
from shared.cloud.sls import PATIENCE, open_client, persist

Result = TypeVar("Result")

LIST_SHARDS, GET_CURSOR = "log:ListShards", "log:GetCursorOrData"
"""The RAM actions that these calls need."""


@dataclass(frozen=True)
class Logstore:
    """A logstore, as who has these keys sees it. Every method raises SlsError.

    `deadline` is a time.monotonic() moment by which the last answer is in; without it each call may take
    `patience` seconds, retries included.
    """

    endpoint: str
    project: str
    name: str
    credentials: Credentials
    deadline: float | None = None
    patience: float = PATIENCE

    @property
    def place(self) -> str:
        """`project/logstore`."""
        return f"{self.project}/{self.name}"

    def shards(self) -> list[int]:
        """The shards that take records, and those that still hold some."""
        answer = self._ask(lambda client: client.list_shards(self.project, self.name))
        return [int(shard["shardID"]) for shard in answer.get_shards_info()]

    def newest(self, shard: int) -> datetime | None:
        """When the shard's last record came; None for an empty shard."""
        end = self._cursor(shard, "end")
        if end == self._cursor(shard, "begin"):
            return None
        place = (self.project, self.name, shard)
        return self._time(lambda client: client.get_previous_cursor_time(*place, end))

    def first_since(self, shard: int, moment: datetime) -> datetime | None:
        """When the first record came that came at `moment` or later; None if there is none."""
        cursor = self._cursor(shard, int(moment.timestamp()))
        if cursor == self._cursor(shard, "end"):
            return None
        place = (self.project, self.name, shard)
        return self._time(lambda client: client.get_cursor_time(*place, cursor))

    def _cursor(self, shard: int, moment: str | int) -> str:
        place = (self.project, self.name, shard)
        return str(self._ask(lambda client: client.get_cursor(*place, moment)).get_cursor())

    def _time(self, ask: Callable[..., Result]) -> datetime:
        seconds = int(self._ask(ask).get_cursor_time())  # type: ignore[attr-defined]
        return datetime.fromtimestamp(seconds, timezone.utc)

    def _ask(self, ask: Callable[..., Result]) -> Result:
        client = open_client(self.endpoint, self.credentials)
        deadline = time.monotonic() + self.patience if self.deadline is None else self.deadline
        return persist(client, lambda: ask(client), deadline)
