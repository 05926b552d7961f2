"""The account, as bootstrap speaks with it: Log Service, OpenAPI and Tablestore, with one kind of error."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from deploy.vars import Names
from shared.cloud.credentials import Credentials
from shared.cloud.openapi import Api, OpenApi, OpenApiError
from shared.cloud.openapi_endpoints import ENDPOINTS, Endpoints

if TYPE_CHECKING:
    from deploy.bootstrap.log_service import LogService
    from deploy.bootstrap.tables import Tables

Result = TypeVar("Result")

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)  # seconds before each retry of what is temporary

_DENIED = re.compile(r"Unauthorized|NoPermission|Forbidden|AccessDenied|NotAuthorized")
_MISSING = re.compile(r"NotExist|NotFound")
_EXISTS = re.compile(r"AlreadyExist")


class CloudError(Exception):
    """The account refused, could not be reached, or answered nonsense. Holds no secret.

    `permission` is the RAM action that the call needs, empty where Alibaba Cloud documents none.
    """

    def __init__(self, code: str, message: str, permission: str = "", temporary: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.permission, self.temporary = code, permission, temporary

    @property
    def denied(self) -> bool:
        """Whether a permission is missing."""
        return bool(_DENIED.search(self.code))

    @property
    def missing(self) -> bool:
        """Whether what was asked for, or what it should be in, does not exist."""
        return bool(_MISSING.search(self.code))

    @property
    def exists(self) -> bool:
        """Whether what was to be made is there already."""
        return bool(_EXISTS.search(self.code))


@dataclass(frozen=True)
class Cloud:
    """One account in one region, with the keys of whoever runs this."""

    names: Names
    log: LogService
    tables: Tables
    open_api: OpenApi

    @classmethod
    def connect(
        cls,
        names: Names,
        credentials: Credentials,
        endpoints: Endpoints = ENDPOINTS,
        tablestore_endpoint: str = "",
    ) -> Cloud:
        """Nothing is sent yet. The SDKs are imported here."""
        from deploy.bootstrap.log_service import LogService
        from deploy.bootstrap.tables import Tables

        address = f"https://{names.tablestore}.{names.region}.ots.aliyuncs.com"
        tables = Tables(tablestore_endpoint or address, names.tablestore, credentials)
        return cls(
            names, LogService(names.region, credentials, endpoints), tables, OpenApi(credentials, endpoints)
        )

    def call(
        self, api: Api, parameters: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The answer of an OpenAPI call in this region. Raises CloudError."""
        try:
            return self.open_api.call(api, parameters, self.names.region, body)
        except OpenApiError as error:
            code = (
                error.code if error.status != 404 or _MISSING.search(error.code) else f"{error.code} NotFound"
            )
            raise CloudError(code, error.message, api.permission, error.temporary) from None

    def look(
        self, api: Api, parameters: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """The same, None for what does not exist."""
        return unless_missing(lambda: self.call(api, parameters, body))


def unless_missing(ask: Callable[[], Result]) -> Result | None:
    """What `ask` returns, None where that does not exist. Raises CloudError."""
    try:
        return ask()
    except CloudError as error:
        if error.missing:
            return None
        raise


def persist(attempt: Callable[[], Result], sleep: Callable[[float], None] = time.sleep) -> Result:
    """What `attempt` returns, tried again while its CloudError is temporary."""
    for pause in PAUSES:
        try:
            return attempt()
        except CloudError as error:
            if not error.temporary:
                raise
        sleep(pause)
    return attempt()
