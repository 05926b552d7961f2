"""The StateStore in a Tablestore table: for Function Compute. Needs no VPC, costs nothing when idle.

A key is a row: primary key `key`; columns `value`, `version` and `expires`, in seconds, as the table's
own time to live is a day at least. A row past its `expires`, or emptied by the time to live, counts as
absent. Every condition is on columns: none relies on whether Tablestore still sees such a row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tablestore import (
    BatchGetRowRequest,
    BatchWriteRowRequest,
    ComparatorType,
    CompositeColumnCondition,
    Condition,
    DeleteRowItem,
    Direction,
    LogicalOperator,
    OTSClient,
    OTSError,
    PutRowItem,
    Row,
    RowExistenceExpectation,
    SingleColumnCondition,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
)
from urllib3.exceptions import HTTPError, ProtocolError

from shared.cloud.credentials import Credentials, CredentialsError
from shared.state.contract import (
    ABSENT,
    PAST_EVERY_KEY,
    Clock,
    checked,
    checked_key,
    expiry,
    new_version,
    seconds,
    utc_now,
)
from shared.state.store import Stored, StoreUnavailable, Write
from shared.state.tablestore_client import PAUSES, REFUSED, UNCERTAIN, open_client

# help.aliyun.com, Tablestore: "BatchGetRow"; "BatchWriteRow", which takes 4 MB: the rest is for framing.
READ_ROWS = 100
WRITE_ROWS = 200
WRITE_BYTES = 3_500_000
ROW_BYTES = 300  # of framing and condition, at most
PAGE_ROWS = 1000

LOST = "OTSConditionCheckFail"
SAFE_TO_SHOW = (OTSError, HTTPError, CredentialsError)  # others may quote a header, with the token


def connect(
    endpoint: str,
    instance: str,
    table: str,
    credentials: Callable[[], Credentials],
    now: Clock = utc_now,
) -> TablestoreStore:
    """The store in `table`; nothing is sent yet. `credentials` is asked again for every request.

    Raises StoreUnavailable if `endpoint` is no http(s) URL.
    """
    try:
        client = open_client(endpoint, instance, credentials)
    except OTSError as error:
        raise StoreUnavailable(f"Tablestore endpoint {endpoint!r}: {error}") from error
    return TablestoreStore(client, table, now)


class TablestoreStore:
    """A StateStore in one table, as made by `create_table`. Threads and instances may share the table.

    A call fails within about 4 s if Tablestore is out of reach, and within a second if it throttles.
    """

    def __init__(
        self,
        client: OTSClient,
        table: str,
        now: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._sleep = sleep

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        """Every key asked for, found or not: one request for each 100. Raises StoreUnavailable."""
        found: dict[str, Stored] = {}
        wanted = list(dict.fromkeys(checked_key(key) for key in keys))
        for start in range(0, len(wanted), READ_ROWS):
            self._until_settled(wanted[start : start + READ_ROWS], lambda batch: self._read(batch, found))
        return found

    def save(self, writes: Iterable[Write]) -> set[str]:
        """Apply what still holds, the keys that lost: one request for each 200 writes or 3.5 MB.

        On StoreUnavailable any of the writes may have been applied: load again to know. A key that
        comes a second time in `writes` loses.
        """
        lost: set[str] = set()
        for batch in _batches(_one_per_key([checked(write) for write in writes], lost)):
            self._until_settled(batch, lambda batch: self._write(batch, lost))
        return lost

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        """Live keys that start with `prefix`, in the order of their UTF-8, at most `limit`."""
        start: str | None = checked_key(prefix)
        while start is not None and limit > 0:
            rows, start = self._page(start, prefix + PAST_EVERY_KEY, limit)
            limit -= len(rows)
            stored = ((key, self._stored(key, columns)) for key, columns in rows)
            yield from (found for found in stored if found[1] != ABSENT)  # a row may expire on its way

    def _page(self, start: str, end: str, limit: int) -> tuple[list[tuple[str, Any]], str | None]:
        def ask() -> Any:
            return self._client.get_range(
                self._table,
                Direction.FORWARD,
                [("key", start)],
                [("key", end)],
                limit=min(limit, PAGE_ROWS),
                column_filter=_live(seconds(self._now())),
                max_version=1,
            )

        with self._reported():
            _, following, rows, _ = _twice(ask)
            page = [(row.primary_key[0][1], row.attribute_columns) for row in rows]
            next_start = following[0][1] if following else None
        if next_start is not None and next_start <= start:
            raise self._unavailable(f"GetRange doesn't move on from {start!r}")
        return page, next_start

    def _read(self, keys: list[str], found: dict[str, Stored]) -> list[str]:
        request = BatchGetRowRequest()
        request.add(TableInBatchGetRowItem(self._table, [[("key", key)] for key in keys], max_version=1))
        with self._reported():
            rows = _twice(lambda: self._client.batch_get_row(request)).get_result_by_table(self._table)
            answers = list(zip(keys, rows, strict=True))
        for key, row in answers:
            if row.is_ok:
                found[key] = self._stored(key, row.row.attribute_columns if row.row else ())
        return [key for key, row in answers if not row.is_ok and self._passing(row, REFUSED | UNCERTAIN)]

    def _write(self, writes: list[Write], lost: set[str]) -> list[Write]:
        now = seconds(self._now())
        request = BatchWriteRowRequest()
        request.add(TableInBatchWriteRowItem(self._table, [_row_item(write, now) for write in writes]))
        with self._reported():
            response = self._client.batch_write_row(request)
            rows = [*response.get_put_by_table(self._table), *response.get_delete_by_table(self._table)]
            answers = [(writes[row.index], row) for row in rows]
        if len(answers) != len(writes):
            raise self._unavailable(f"{len(answers)} answers to {len(writes)} writes")
        failed = [(write, row) for write, row in answers if not row.is_ok]
        lost.update(write.key for write, row in failed if row.error_code == LOST)
        return [write for write, row in failed if row.error_code != LOST and self._passing(row, REFUSED)]

    def _until_settled(self, batch: list[Any], attempt: Callable[[list[Any]], list[Any]]) -> None:
        """Tablestore throttles row by row, within a reply that is a success; the SDK leaves that to us."""
        for pause in (0.0, *PAUSES):
            self._sleep(pause)
            batch = attempt(batch)
            if not batch:
                return
        raise self._unavailable(f"{len(batch)} rows are still refused after {len(PAUSES)} retries")

    def _passing(self, row: Any, passing: frozenset[str]) -> bool:
        if row.error_code in passing:
            return True
        raise self._unavailable(f"{row.error_code}: {row.error_message}")

    def _stored(self, key: str, columns: Iterable[Any]) -> Stored:
        cells = {name: value for name, value, _ in columns}
        value, version, expires = (cells.get(name) for name in ("value", "version", "expires"))
        if not cells:
            return ABSENT
        if not (isinstance(value, bytearray) and isinstance(version, int) and isinstance(expires, int)):
            raise self._unavailable(f"row {key!r} is not of this store: it has {sorted(cells)}")
        return Stored(bytes(value), version) if expires > seconds(self._now()) else ABSENT

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except SAFE_TO_SHOW as error:
            raise self._unavailable(f"{type(error).__name__}: {error}") from error
        except Exception as error:  # noqa: BLE001  whatever the SDK trips over in a reply that makes no sense
            raise self._unavailable(f"{type(error).__name__} in the SDK") from None

    def _unavailable(self, reason: str) -> StoreUnavailable:
        return StoreUnavailable(f"Tablestore table {self._table!r}: {reason}")


def _twice(read: Callable[[], Any]) -> Any:
    """Again, at once, if the connection was dead: it is when an instance was frozen for long."""
    try:
        return read()
    except ProtocolError:
        return read()


def _one_per_key(writes: Iterable[Write], lost: set[str]) -> Iterator[Write]:
    """Tablestore refuses a batch that has the same row twice."""
    seen: set[str] = set()
    for write in writes:
        if write.key in seen:
            lost.add(write.key)
        else:
            seen.add(write.key)
            yield write


def _batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    batch: list[Write] = []
    size = 0
    for write in writes:
        weight = len(write.value or b"") + len(write.key.encode()) + ROW_BYTES
        if batch and (len(batch) == WRITE_ROWS or size + weight > WRITE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += weight
    if batch:
        yield batch


def _row_item(write: Write, now: int) -> Any:
    key, condition = [("key", write.key)], _still_at(write.expected, now)
    if write.value is None:
        return DeleteRowItem(Row(key), condition)
    columns = [("value", bytearray(write.value)), ("version", new_version()), ("expires", expiry(write))]
    return PutRowItem(Row(key, columns), condition)


def _still_at(version: int, now: int) -> Condition:
    """Version 0: no row, an emptied row or an expired one. Otherwise: that version, and not expired."""
    if version == 0:
        column = SingleColumnCondition("expires", now, ComparatorType.LESS_EQUAL, pass_if_missing=True)
        return Condition(RowExistenceExpectation.IGNORE, column)
    both = CompositeColumnCondition(LogicalOperator.AND)
    both.add_sub_condition(
        SingleColumnCondition("version", version, ComparatorType.EQUAL, pass_if_missing=False)
    )
    both.add_sub_condition(_live(now))
    return Condition(RowExistenceExpectation.IGNORE, both)


def _live(now: int) -> SingleColumnCondition:
    return SingleColumnCondition("expires", now, ComparatorType.GREATER_THAN, pass_if_missing=False)
