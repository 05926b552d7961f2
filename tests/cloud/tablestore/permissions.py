"""Which RAM action each operation needs, and on which table.

"RAM authorization", https://www.alibabacloud.com/help/en/tablestore: an action is called like its operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablestore.protobuf import table_store_pb2 as messages


def asked(operation: str, body: bytes, instance: str) -> Iterator[tuple[str, str]]:
    """The action and the full name of each table that the request is about."""
    request: Any = getattr(messages, f"{operation}Request").FromString(body)
    if operation == "ListTable":
        names = ["*"]
    elif operation.startswith("Batch"):
        names = [table.table_name for table in request.tables]
    else:
        names = [request.table_meta.table_name if operation == "CreateTable" else request.table_name]
    yield from ((f"ots:{operation}", f"{instance}/table/{name}") for name in names)
