"""Tablestore's tables, spoken by the real SDK. Imports the SDK: see Cloud.connect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tablestore import OTSClientError, OTSError, OTSServiceError, TableOptions
from urllib3.exceptions import HTTPError

from deploy.bootstrap.cloud import CloudError, persist, unless_missing
from shared.cloud.credentials import Credentials
from shared.state.tablestore_client import DAY, REFUSED, UNCERTAIN, create_table, open_client

PERMISSIONS = {
    "list": "ots:ListTable",
    "describe": "ots:DescribeTable",
    "create": "ots:CreateTable",
    "update": "ots:UpdateTable",
    "delete": "ots:DeleteTable",
}


class Tables:
    """The tables of one instance. Every method raises CloudError."""

    def __init__(self, endpoint: str, instance: str, credentials: Credentials) -> None:
        self._client = open_client(endpoint, instance, lambda: credentials)

    def find(self, table: str) -> dict[str, Any] | None:
        """Primary key, days to live and versions of a table, None if there is none."""
        told = unless_missing(lambda: self._call("describe", lambda: self._client.describe_table(table)))
        if told is None:
            return None
        options = told.table_options
        return {
            "key": [list(column) for column in told.table_meta.schema_of_primary_key],
            "days": -1 if options.time_to_live < 0 else options.time_to_live // DAY,
            "versions": options.max_version,
        }

    def names(self) -> list[str]:
        """Every table of the instance."""
        return list(self._call("list", self._client.list_table))

    def create(self, table: str, days: int) -> None:
        """Make the table of the state store."""
        self._call("create", lambda: create_table(self._client, table, days))

    def update(self, table: str, days: int, versions: int) -> None:
        """Set how long rows live, and how many versions there are."""
        options = TableOptions(time_to_live=days * DAY if days > 0 else -1, max_version=versions)
        self._call("update", lambda: self._client.update_table(table, options))

    def delete(self, table: str) -> None:
        """Drop it, with all that is remembered."""
        self._call("delete", lambda: self._client.delete_table(table))

    def _call(self, name: str, ask: Callable[[], Any]) -> Any:
        return persist(lambda: _attempt(PERMISSIONS[name], ask))


def _attempt(permission: str, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except OTSServiceError as error:
        temporary = error.code in REFUSED | UNCERTAIN
        raise CloudError(str(error.code), str(error.message), permission, temporary) from None
    except (OTSClientError, OTSError, HTTPError, OSError) as error:  # may quote a header, with the token
        message = f"Tablestore can't be reached ({type(error).__name__})"
        raise CloudError("ConnectionFailed", message, permission, temporary=True) from None
