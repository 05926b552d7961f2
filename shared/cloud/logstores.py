"""Logstores of Log Service, and how they are set. Reads only.

Log Service signs in a way of its own, which the generic OpenAPI client has not; its SDK has, and is imported
at the first call. Errors are OpenApiError all the same, with Log Service's codes: `ProjectNotExist`.
"""

from __future__ import annotations

from typing import Any

from shared.cloud.credentials import Credentials
from shared.cloud.openapi import Api, OpenApiError
from shared.cloud.openapi_endpoints import ENDPOINTS, Endpoints
from shared.cloud.sls import SlsError, open_client, persist

GET_LOGSTORE = Api(
    "Sls", "2020-12-30", "GetLogStore", "log:GetLogStore", "ROA", "/logstores/{logstore}", "GET"
)


class Logstores:
    """Calls with one set of credentials. `deadline` is a time.monotonic() moment, as for OpenApi."""

    def __init__(
        self, credentials: Credentials, endpoints: Endpoints = ENDPOINTS, deadline: float | None = None
    ) -> None:
        self._credentials = credentials
        self._endpoints = endpoints
        self._deadline = deadline

    def get(self, project: str, logstore: str, region: str) -> dict[str, Any]:
        """What GetLogStore answers: `ttl` in days, and more. Raises OpenApiError."""
        endpoint = self._endpoints.of("Sls", region)
        client = open_client(f"{endpoint.scheme}://{endpoint.host}", self._credentials)

        def attempt() -> dict[str, Any]:
            return dict(client.get_logstore(project, logstore).get_body())

        try:
            return persist(client, attempt, self._deadline)
        except SlsError as error:
            raise OpenApiError(error.code, f"GetLogStore: {error.message}", error.temporary) from None
