"""Log Service (SLS): read the range that a trigger points at, write records.

The real SDK does the talking (shared/cloud/sls_client.py). It is imported on first use, never with this
module, so that a cold start which needs no logs does not pay for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from shared.cloud.credentials import Credentials

if TYPE_CHECKING:
    from shared.cloud.sls_client import SlsClient

Log = tuple[int, dict[str, str]]  # Unix seconds, fields
Result = TypeVar("Result")

PATIENCE = 30.0  # seconds for one page or batch, retries included, where the caller sets no deadline
REQUEST_TIMEOUT = 10.0  # seconds without a byte before one attempt is given up
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between attempts: doubled each time
# One PutLogs request, well under what the SDK documents (512,000 logs, 30 MB): a repeat after a lost reply
# doubles little. A record bigger than that still goes, alone.
BATCH_LOGS, BATCH_BYTES = 4096, 3_000_000
FIELD_OVERHEAD = 12  # bytes of protobuf around one field, at most


class SlsError(Exception):
    """Log Service refused, could not be reached, or answered nonsense. Never holds a key or a token.

    `code` is Log Service's own errorCode where it gave one. `temporary`: the same call may yet succeed.
    """

    def __init__(self, code: str, message: str, temporary: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.temporary = temporary


@dataclass(frozen=True)
class ShardRange:
    """A part of one shard: from the cursor `begin` up to, not including, the cursor `end`."""

    endpoint: str
    project: str
    logstore: str
    shard: int
    begin: str
    end: str

    @classmethod
    def from_trigger(cls, payload: Mapping[str, Any]) -> ShardRange:
        """The range that a Log Service trigger hands to a function; the logs themselves are not in it.

        Payload: help.aliyun.com, Log Service, "Create a custom function" (sls/create-a-custom-function).
        Raises ValueError naming the key that is missing or malformed.
        """
        source = payload.get("source")
        if not isinstance(source, Mapping):
            raise ValueError("the trigger's payload has no source: is this a Log Service trigger?")
        return cls(
            endpoint=_text(source, "endpoint"),
            project=_text(source, "projectName"),
            logstore=_text(source, "logstoreName"),
            shard=_shard(source),
            begin=_text(source, "beginCursor"),
            end=_text(source, "endCursor"),
        )


@dataclass(frozen=True)
class Record:
    """One log as it was stored. `time` is in Unix seconds.

    `origin`, `project/logstore/shard@cursor`, is the page it was read in: where to look, not an identity.
    """

    time: int
    topic: str
    source: str
    contents: dict[str, str]
    tags: dict[str, str]
    origin: str

    @property
    def fields(self) -> dict[str, str]:
        """The contents, and beside them the tags, the topic and the source under the names that queries have
        for them.

        "Reserved fields", https://www.alibabacloud.com/help/en/sls/reserved-fields
        """
        tags = {f"__tag__:{key}": value for key, value in self.tags.items()}
        return {**self.contents, **tags, "__topic__": self.topic, "__source__": self.source}


def pull(
    shard_range: ShardRange, credentials: Credentials, deadline: float | None = None
) -> Iterator[Record]:
    """Every record of the range, in order, one page in memory at a time. No records at all is normal.

    `deadline` is a time.monotonic() moment by which the last page is in; without one, each page has PATIENCE.
    Raises SlsError. A page is decoded whole before its first record is given out.
    """
    if shard_range.begin == shard_range.end:
        return
    client = open_client(shard_range.endpoint, credentials)
    cursor, following = "", shard_range.begin
    # A cursor that stays where it is also ends the range (the official Java template stops there too).
    while following not in (cursor, shard_range.end):
        cursor = following
        records, following = persist(client, partial(client.page, shard_range, cursor), deadline)
        yield from records


def put(
    endpoint: str,
    project: str,
    logstore: str,
    topic: str,
    records: Iterable[Log],
    credentials: Credentials,
    deadline: float | None = None,
) -> None:
    """Write (Unix seconds, fields) records in batches; returns when all of them are stored.

    At least once: a batch whose reply was lost is sent again, so readers drop doubles by an id of their own.
    `deadline` as in `pull`. Raises SlsError; batches before the failed one stay written.
    """
    client = open_client(endpoint, credentials)
    for batch in _batches(records):
        persist(client, partial(client.write, project, logstore, topic, batch), deadline)


def open_client(endpoint: str, credentials: Credentials) -> SlsClient:
    """The SDK's client, imported here; nothing is sent yet."""
    from shared.cloud.sls_client import SlsClient

    return SlsClient(endpoint, credentials)


def persist(client: SlsClient, attempt: Callable[[], Result], deadline: float | None) -> Result:
    """What `attempt` returns, tried again while its failure is temporary and time is left."""
    deadline = time.monotonic() + PATIENCE if deadline is None else deadline
    pause = FIRST_PAUSE
    while True:
        client.set_timeout(_attempt_time(deadline))
        try:
            return attempt()
        except SlsError as error:
            if not error.temporary or time.monotonic() + pause >= deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _attempt_time(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise SlsError("DeadlineExceeded", "no time was left to call Log Service")
    return min(left, REQUEST_TIMEOUT)


def _batches(records: Iterable[Log]) -> Iterator[list[Log]]:
    batch: list[Log] = []
    size = 0
    for record in records:
        weight = _weight(record[1])
        if batch and (len(batch) == BATCH_LOGS or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += weight
    if batch:
        yield batch


def _weight(contents: Mapping[str, str]) -> int:
    """The bytes that these fields take on the wire, rounded up."""
    return sum(_bytes(name) + _bytes(value) + FIELD_OVERHEAD for name, value in contents.items())


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))


def _text(source: Mapping[str, Any], key: str) -> str:
    value = source.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"the trigger's payload has no source.{key}")
    return value


def _shard(source: Mapping[str, Any]) -> int:
    shard = source.get("shardId")
    if not isinstance(shard, int):
        raise ValueError("the trigger's payload has no source.shardId, or it is not a number")
    return shard
