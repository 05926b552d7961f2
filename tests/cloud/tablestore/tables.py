"""Operations on tables as wholes: a request's bytes to the reply's.

help.aliyun.com, Tablestore: "CreateTable", "DescribeTable", "UpdateTable", "DeleteTable", "TableOptions".
"""

from __future__ import annotations

from typing import Any

from tablestore.protobuf import table_store_pb2 as messages

from tests.cloud.tablestore.rows import RefusalError, Table, invalid

DAY = 86_400  # seconds; the least time to live
FOREVER = -1
PRESENT = 1


def create_table(tables: dict[str, Table], body: bytes) -> Any:
    request = messages.CreateTableRequest.FromString(body)
    meta = request.table_meta
    if meta.table_name in tables:
        raise RefusalError(409, "OTSObjectAlreadyExist", "Requested table already exists.")
    table = Table([column.name for column in meta.primary_key])
    table.key_types = [column.type for column in meta.primary_key]
    _set_options(table, request.table_options)
    tables[meta.table_name] = table
    return messages.CreateTableResponse()


def list_tables(tables: dict[str, Table], body: bytes) -> Any:
    return messages.ListTableResponse(table_names=sorted(tables))


def describe_table(tables: dict[str, Table], body: bytes) -> Any:
    name = messages.DescribeTableRequest.FromString(body).table_name
    table = _named(tables, name)
    reply = messages.DescribeTableResponse(
        table_options=_options(table), reserved_throughput_details=_throughput()
    )
    reply.table_meta.table_name = name
    for column, kind in zip(table.key_names, table.key_types, strict=True):
        reply.table_meta.primary_key.add(name=column, type=kind)
    return reply


def update_table(tables: dict[str, Table], body: bytes) -> Any:
    request = messages.UpdateTableRequest.FromString(body)
    table = _named(tables, request.table_name)
    _set_options(table, request.table_options)
    return messages.UpdateTableResponse(
        table_options=_options(table), reserved_throughput_details=_throughput()
    )


def delete_table(tables: dict[str, Table], body: bytes) -> Any:
    name = messages.DeleteTableRequest.FromString(body).table_name
    _named(tables, name)
    del tables[name]
    return messages.DeleteTableResponse()


def _named(tables: dict[str, Table], name: str) -> Table:
    if name not in tables:
        raise RefusalError(404, "OTSObjectNotExist", "Requested table does not exist.")
    return tables[name]


def _set_options(table: Table, options: Any) -> None:
    live = options.time_to_live if options.HasField("time_to_live") else FOREVER
    if live != FOREVER and live < DAY:
        raise invalid(f"Invalid time_to_live: {live}. It must be -1 or at least {DAY}.")
    table.time_to_live = live
    table.versions = options.max_versions if options.HasField("max_versions") else 1


def _options(table: Table) -> Any:
    return messages.TableOptions(
        time_to_live=table.time_to_live,
        max_versions=table.versions,
        deviation_cell_version_in_sec=DAY,
        allow_update=True,
    )


def _throughput() -> Any:
    return messages.ReservedThroughputDetails(
        capacity_unit=messages.CapacityUnit(read=0, write=0), last_increase_time=PRESENT
    )
