"""The tables in memory: rows in the order of their keys, and the conditions on a write."""

from __future__ import annotations

import operator
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tablestore.protobuf import table_store_filter_pb2 as filters
from tablestore.protobuf import table_store_pb2 as messages

from tests.cloud.tablestore.plainbuffer import INF_MAX, INF_MIN, Cell, decode_row, decode_value, encode_rows

Key = tuple[Any, ...]
Columns = dict[str, Any]

# help.aliyun.com, Tablestore, "General limits"
MAX_KEY_BYTES, MAX_COLUMN_BYTES = 1024, 2 * 1024 * 1024

DELETES, INCREMENT = (1, 3), 4
COMPARE = {
    filters.CT_EQUAL: operator.eq,
    filters.CT_NOT_EQUAL: operator.ne,
    filters.CT_GREATER_THAN: operator.gt,
    filters.CT_GREATER_EQUAL: operator.ge,
    filters.CT_LESS_THAN: operator.lt,
    filters.CT_LESS_EQUAL: operator.le,
}
COMBINE = {
    filters.LO_NOT: lambda results: not results[0],
    filters.LO_AND: all,
    filters.LO_OR: any,
}


class RefusalError(Exception):
    """What Tablestore answers instead: an HTTP status, a code, a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message: str) -> RefusalError:
    return RefusalError(400, "OTSParameterInvalid", message)


@dataclass
class Table:
    """Rows by primary key. Tests may look at, or spoil, `rows`. Only the newest version is kept."""

    key_names: list[str]
    rows: dict[Key, Columns] = field(default_factory=dict)
    key_types: list[int] = field(default_factory=list)
    time_to_live: int = -1
    versions: int = 1

    def write(self, kind: int, change: bytes, condition: Any) -> None:
        """PutRow, UpdateRow or DeleteRow, if the condition holds."""
        cells, columns = decode_row(change)
        key = _checked(cells, columns)
        row = self.rows.get(key)
        if not _holds(condition, row):
            raise RefusalError(403, "OTSConditionCheckFail", "Condition check failed.")
        if kind == messages.DELETE:
            self.rows.pop(key, None)
        elif kind == messages.PUT:
            self.rows[key] = {cell.name: cell.value for cell in columns}
        else:
            self.rows[key] = _updated(row or {}, columns)

    def encoded(self, key: Key) -> bytes:
        """The row in PlainBuffer, empty if it doesn't exist or has no columns."""
        row = self.rows.get(key)
        return self._encode([(key, row)]) if row else b""

    def range(self, request: Any, scanned: int) -> tuple[bytes, bytes]:
        """The rows of GetRange and where it goes on; looks at `scanned` rows at most, as the service does."""
        found: list[tuple[Key, Columns]] = []
        for count, key in enumerate(self._keys_between(request)):
            if count == scanned or (request.limit and len(found) == request.limit):
                return self._encode(found), self._encode([(key, {})])
            if not request.filter or passes(request.filter, self.rows[key]):
                found.append((key, self.rows[key]))
        return self._encode(found), b""

    def _keys_between(self, request: Any) -> Iterator[Key]:
        start = _order(decode_key(request.inclusive_start_primary_key))
        end = _order(decode_key(request.exclusive_end_primary_key))
        backward = request.direction == messages.BACKWARD
        for key in sorted(self.rows, key=_order, reverse=backward):
            if end < _order(key) <= start if backward else start <= _order(key) < end:
                yield key

    def _encode(self, rows: list[tuple[Key, Columns]]) -> bytes:
        stamp = int(time.time() * 1000)
        return encode_rows(
            (
                [Cell(name, value) for name, value in zip(self.key_names, key, strict=True)],
                [Cell(name, value, timestamp=stamp) for name, value in sorted(columns.items())],
            )
            for key, columns in rows
        )


def decode_key(data: bytes) -> Key:
    return tuple(cell.value for cell in decode_row(data)[0])


def passes(condition: bytes, row: Columns) -> bool:
    """Whether a serialised Filter lets the row through; of another type than the column's never does."""
    parsed = filters.Filter.FromString(condition)
    if parsed.type == filters.FT_COMPOSITE_COLUMN_VALUE:
        composite = filters.CompositeColumnValueFilter.FromString(parsed.filter)
        results = [passes(part.SerializeToString(), row) for part in composite.sub_filters]
        return bool(COMBINE[composite.combinator](results))
    single = filters.SingleColumnValueFilter.FromString(parsed.filter)
    if single.column_name not in row:
        return not single.filter_if_missing
    value, wanted = row[single.column_name], decode_value(single.column_value)
    return type(value) is type(wanted) and bool(COMPARE[single.comparator](value, wanted))


def _holds(condition: Any, row: Columns | None) -> bool:
    expected = {messages.EXPECT_EXIST: True, messages.EXPECT_NOT_EXIST: False}.get(condition.row_existence)
    if expected is not None and expected != (row is not None):
        return False
    return not condition.column_condition or passes(condition.column_condition, row or {})


def _updated(row: Columns, changes: list[Cell]) -> Columns:
    row = dict(row)
    for cell in changes:
        if cell.operation in DELETES:
            row.pop(cell.name, None)
        elif cell.operation == INCREMENT:
            row[cell.name] = row.get(cell.name, 0) + cell.value
        else:
            row[cell.name] = cell.value
    return row


def _checked(key: list[Cell], columns: list[Cell]) -> Key:
    if any(len(_bytes(cell.value)) > MAX_KEY_BYTES for cell in key):
        raise invalid("The length of primary key column must be less than or equal to 1024.")
    if any(len(_bytes(cell.value)) > MAX_COLUMN_BYTES for cell in columns):
        raise invalid("The length of attribute column exceeds the MaxLength: 2097152.")
    return tuple(cell.value for cell in key)


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""


def _order(key: Key) -> list[tuple[int, Any]]:
    return [_rank(part) for part in key]


def _rank(part: Any) -> tuple[int, Any]:
    if part in (INF_MIN, INF_MAX):
        return (0 if part is INF_MIN else 2, b"")
    return (1, part.encode() if isinstance(part, str) else part)
