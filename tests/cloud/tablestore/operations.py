"""The operations: a request's bytes to the reply's, on the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from tablestore.protobuf import table_store_pb2 as messages

from tests.cloud.tablestore.plainbuffer import decode_row
from tests.cloud.tablestore.rows import RefusalError, Table, decode_key, invalid
from tests.cloud.tablestore.tables import (
    create_table,
    delete_table,
    describe_table,
    list_tables,
    update_table,
)

# help.aliyun.com, Tablestore: "BatchGetRow", "BatchWriteRow", "GetRange"
MAX_READ_ROWS, MAX_WRITE_ROWS, MAX_WRITE_BYTES, MAX_SCANNED_ROWS = 100, 200, 4 * 1024 * 1024, 5000


class Tables:
    """All tables of the instance; `row_fault`, if set, is the code that every row of a batch fails with."""

    def __init__(self) -> None:
        self.by_name: dict[str, Table] = {}
        self.row_fault = ""
        self.scanned = MAX_SCANNED_ROWS

    def carry_out(self, operation: str, body: bytes) -> bytes:
        """The reply; raises RefusalError, for an unknown operation too."""
        if operation not in OPERATIONS:
            raise invalid(f"Unsupported operation: {operation!r}.")
        reply: bytes = OPERATIONS[operation](self, body).SerializeToString()
        return reply

    def named(self, name: str) -> Table:
        if name not in self.by_name:
            raise RefusalError(404, "OTSObjectNotExist", "Requested table does not exist.")
        return self.by_name[name]

    def get_row(self, body: bytes) -> Any:
        request = messages.GetRowRequest.FromString(body)
        row = self.named(request.table_name).encoded(decode_key(request.primary_key))
        return messages.GetRowResponse(consumed=_consumed(), row=row)

    def get_range(self, body: bytes) -> Any:
        request = messages.GetRangeRequest.FromString(body)
        rows, following = self.named(request.table_name).range(request, self.scanned)
        return messages.GetRangeResponse(
            consumed=_consumed(), rows=rows, next_start_primary_key=following or None
        )

    def put_row(self, body: bytes) -> Any:
        request = messages.PutRowRequest.FromString(body)
        self.named(request.table_name).write(messages.PUT, request.row, request.condition)
        return messages.PutRowResponse(consumed=_consumed())

    def update_row(self, body: bytes) -> Any:
        request = messages.UpdateRowRequest.FromString(body)
        self.named(request.table_name).write(messages.UPDATE, request.row_change, request.condition)
        return messages.UpdateRowResponse(consumed=_consumed())

    def delete_row(self, body: bytes) -> Any:
        request = messages.DeleteRowRequest.FromString(body)
        self.named(request.table_name).write(messages.DELETE, request.primary_key, request.condition)
        return messages.DeleteRowResponse(consumed=_consumed())

    def batch_get_row(self, body: bytes) -> Any:
        request, reply = messages.BatchGetRowRequest.FromString(body), messages.BatchGetRowResponse()
        if sum(len(asked.primary_key) for asked in request.tables) > MAX_READ_ROWS:
            raise invalid("Rows count exceeds the upper limit: 100.")
        for asked in request.tables:
            table, answer = self.named(asked.table_name), reply.tables.add(table_name=asked.table_name)
            for key in asked.primary_key:
                self._answer(answer.rows.add(), partial(table.encoded, decode_key(key)))
        return reply

    def batch_write_row(self, body: bytes) -> Any:
        request, reply = messages.BatchWriteRowRequest.FromString(body), messages.BatchWriteRowResponse()
        if sum(len(asked.rows) for asked in request.tables) > MAX_WRITE_ROWS:
            raise invalid("Rows count exceeds the upper limit: 200.")
        if len(body) > MAX_WRITE_BYTES:
            raise invalid("The total data size of BatchWriteRow request exceeds the limit.")
        for asked in request.tables:
            _refuse_twins(row.row_change for row in asked.rows)
            table, answer = self.named(asked.table_name), reply.tables.add(table_name=asked.table_name)
            for row in asked.rows:
                write = partial(table.write, row.type, row.row_change, row.condition)
                self._answer(answer.rows.add(), write)
        return reply

    def _answer(self, answer: Any, carry_out: Callable[[], bytes | None]) -> None:
        try:
            if self.row_fault:
                raise RefusalError(503, self.row_fault, "as the test ordered")
            row = carry_out()
            answer.is_ok = True
            answer.consumed.CopyFrom(_consumed())
            if row:
                answer.row = row
        except RefusalError as refusal:
            answer.is_ok = False
            answer.error.CopyFrom(messages.Error(code=refusal.code, message=refusal.message))


OPERATIONS: dict[str, Callable[[Tables, bytes], Any]] = {
    "CreateTable": lambda tables, body: create_table(tables.by_name, body),
    "ListTable": lambda tables, body: list_tables(tables.by_name, body),
    "DescribeTable": lambda tables, body: describe_table(tables.by_name, body),
    "UpdateTable": lambda tables, body: update_table(tables.by_name, body),
    "DeleteTable": lambda tables, body: delete_table(tables.by_name, body),
    "GetRow": Tables.get_row,
    "PutRow": Tables.put_row,
    "UpdateRow": Tables.update_row,
    "DeleteRow": Tables.delete_row,
    "BatchGetRow": Tables.batch_get_row,
    "BatchWriteRow": Tables.batch_write_row,
    "GetRange": Tables.get_range,
}


def _refuse_twins(changes: Iterable[bytes]) -> None:
    keys = [tuple(cell.value for cell in decode_row(change)[0]) for change in changes]
    if len(set(keys)) < len(keys):
        raise invalid("The input parameter is invalid: rows with the same primary key.")


def _consumed() -> Any:
    return messages.ConsumedCapacity(capacity_unit=messages.CapacityUnit(read=0, write=1))
