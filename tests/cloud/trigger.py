"""Calls handlers as Function Compute's triggers do: Log Service ranges, retried; and timers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.cloud.function_context import FunctionContext
from tests.cloud.sls import LocalSls
from tests.cloud.sls.store import cursor_at

Handler = Callable[[bytes, FunctionContext], Any]
Span = tuple[int, int, int]  # shard, first position, position after the last
MAX_ROUNDS = 1000


class InstanceKilledError(Exception):
    """The instance died after the handler's effects and before its return was noted."""


@dataclass
class TriggerRunner:
    """A Log Service trigger on one logstore. Starts at the beginning of every shard.

    Per shard and interval the handler gets [begin, end). When it raises, the same range comes again, up to
    `max_retry` times; then the trigger goes on, and the range with its error is in `given_up`. (What the real
    one does then is not documented; going on is the harder case for the code under test.)

    What can be ordered: `split`, at most so many log groups in one range; `duplicate`, every range comes
    twice; `kills`, so many times the instance dies after the handler returns, and the range comes again.
    """

    sls: LocalSls
    handler: Handler
    project: str
    logstore: str
    context: FunctionContext = field(default_factory=FunctionContext)
    max_retry: int = 3
    split: int | None = None
    duplicate: bool = False
    kills: int = 0
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    given_up: list[tuple[Span, Exception]] = field(default_factory=list)
    _reached: dict[int, int] = field(default_factory=dict)

    def run_interval(self) -> bool:
        """One interval over every shard. False when there was nothing new."""
        spans = list(self._new_spans())
        for span in spans:
            self._deliver_with_retries(span)
        return bool(spans)

    def run_until_idle(self) -> None:
        """Intervals until nothing is new. Raises RuntimeError if the handler feeds its own logstore."""
        for _ in range(MAX_ROUNDS):
            if not self.run_interval():
                return
        raise RuntimeError(f"{self.logstore} is not idle after {MAX_ROUNDS} intervals")

    def deliver_empty(self, shard: int = 0) -> None:
        """A range with nothing in it, as the real trigger sends after a storage upgrade."""
        reached = self._reached.get(shard, 0)
        self._deliver((shard, reached, reached))

    def _new_spans(self) -> Iterator[Span]:
        for shard in range(self.sls.shards(self.project, self.logstore)):
            begin, end = self._reached.get(shard, 0), self.sls.position(self.project, self.logstore, shard)
            step = self.split or max(end - begin, 1)
            yield from ((shard, first, min(first + step, end)) for first in range(begin, end, step))

    def _deliver_with_retries(self, span: Span) -> None:
        for left in range(self.max_retry, -1, -1):
            try:
                self._deliver_as_ordered(span)
                break
            except Exception as error:  # noqa: BLE001 - a trigger retries whatever the handler raises
                if not left:
                    self.given_up.append((span, error))
        self._reached[span[0]] = span[2]

    def _deliver_as_ordered(self, span: Span) -> None:
        self._deliver(span)
        if self.kills:
            self.kills -= 1
            raise InstanceKilledError
        if self.duplicate:
            self._deliver(span)

    def _deliver(self, span: Span) -> None:
        payload = self._payload(span)
        self.deliveries.append(payload)
        self.handler(json.dumps(payload).encode(), replace(self.context, request_id=str(uuid.uuid4())))

    def _payload(self, span: Span) -> dict[str, Any]:
        """As help.aliyun.com, Log Service, "Create a custom function", shows it."""
        shard, begin, end = span
        source = {
            "endpoint": self.sls.endpoint,
            "projectName": self.project,
            "logstoreName": self.logstore,
            "shardId": shard,
            "beginCursor": cursor_at(begin),
            "endCursor": cursor_at(end),
        }
        return {
            "parameter": {},
            "source": source,
            "jobName": uuid.uuid5(uuid.NAMESPACE_URL, f"{self.project}/{self.logstore}").hex + "0" * 8,
            "taskId": str(uuid.uuid4()),
            "cursorTime": int(datetime.now().timestamp()),
        }


def fire_timer(
    handler: Handler,
    at: datetime,
    payload: str = "",
    name: str = "timer",
    context: FunctionContext | None = None,
) -> Any:
    """One timer event, `at` in UTC; what the handler returns. Shape: help.aliyun.com, "Time triggers"."""
    event = {"triggerTime": f"{at:%Y-%m-%dT%H:%M:%SZ}", "triggerName": name, "payload": payload}
    return handler(json.dumps(event).encode(), context or FunctionContext())
