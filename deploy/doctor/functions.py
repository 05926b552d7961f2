"""Function Compute, asked by its own client, alibabacloud-fc20230330. Imports it: see Deployment.connect."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from darabonba.runtime import RuntimeOptions

from deploy.bootstrap.cloud import CloudError, unless_missing
from shared.cloud.credentials import Credentials
from shared.cloud.openapi import Api, OpenApiError, Retry, persist
from shared.cloud.openapi_client import OpenApiClient
from shared.cloud.openapi_endpoints import Endpoints

PAGE = 100  # triggers
RETRY = Retry(attempts=3)  # somebody sits and waits


def _api(action: str, permission: str = "") -> Api:
    return Api("FC", "2023-03-30", action, permission or f"fc:{action}", "ROA")


# "RAM authorization", https://www.alibabacloud.com/help/en/functioncompute/api-fc-2023-03-30-ram
GET_FUNCTION, LIST_TRIGGERS = _api("GetFunction"), _api("ListTriggers")
GET_CONCURRENCY = _api("GetConcurrencyConfig")
GET_ASYNC = _api("GetAsyncInvokeConfig", "fc:GetFunctionAsyncInvokeConfig")
APIS = (GET_FUNCTION, LIST_TRIGGERS, GET_ASYNC, GET_CONCURRENCY)

Json = dict[str, Any]


class FunctionCompute(OpenApiClient):
    """The functions of one region, each as the API shows it. Every method raises CloudError."""

    sdk = Client

    def __init__(self, region: str, credentials: Credentials, endpoints: Endpoints) -> None:
        super().__init__(endpoints.of("FC", region), credentials)
        self._fc = cast("Client", self.client)

    def function(self, name: str) -> Json | None:
        """The function, None if there is none."""
        request = models.GetFunctionRequest(qualifier="LATEST")
        return self._look(
            GET_FUNCTION, lambda how: self._fc.get_function_with_options(name, request, {}, how)
        )

    def triggers(self, name: str) -> dict[str, Json]:
        """Its triggers by name, their configs as objects."""
        found: dict[str, Json] = {}
        token = None
        while token != "":
            page = self._page(name, token)
            found |= {each["triggerName"]: _configured(each) for each in page.get("triggers") or []}
            token = page.get("nextToken") or ""
        return found

    def asynchronous(self, name: str) -> Json:
        """Its settings for asynchronous calls; empty where it has none of its own."""
        request = models.GetAsyncInvokeConfigRequest(qualifier="LATEST")
        found = self._look(
            GET_ASYNC, lambda how: self._fc.get_async_invoke_config_with_options(name, request, {}, how)
        )
        return found or {}

    def concurrency(self, name: str) -> Json:
        """How many instances it may have at once; empty where nothing is reserved."""
        found = self._look(
            GET_CONCURRENCY, lambda how: self._fc.get_concurrency_config_with_options(name, {}, how)
        )
        return found or {}

    def _page(self, name: str, token: str | None) -> Json:
        request = models.ListTriggersRequest(limit=PAGE, next_token=token)
        return self._ask(
            LIST_TRIGGERS, lambda how: self._fc.list_triggers_with_options(name, request, {}, how)
        )

    def _look(self, api: Api, ask: Callable[[RuntimeOptions], Any]) -> Json | None:
        return unless_missing(lambda: self._ask(api, ask))

    def _ask(self, api: Api, ask: Callable[[RuntimeOptions], Any]) -> Json:
        """The answer's body in the API's own words, tried again while its failure is temporary."""
        try:
            answer = persist(lambda seconds: self.attempt(api, ask, seconds), None, RETRY)
        except OpenApiError as error:
            raise CloudError(error.code, error.message, api.permission, error.temporary) from None
        return dict(answer.body.to_map())


def _configured(trigger: Json) -> Json:
    try:
        config = json.loads(trigger.get("triggerConfig") or "{}")
    except ValueError:
        text = f"ListTriggers: the config of {trigger['triggerName']} is no JSON"
        raise CloudError("BadResponse", text) from None
    return {**trigger, "triggerConfig": config}
