"""Log Service's management API, spoken by the real SDK. Imports the SDK: see Cloud.connect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from deploy.bootstrap.cloud import CloudError, persist, unless_missing
from shared.cloud.credentials import Credentials
from shared.cloud.openapi_endpoints import Endpoints
from shared.cloud.sls import REQUEST_TIMEOUT, SlsError
from shared.cloud.sls_client import SlsClient

Json = dict[str, Any]

# Collection policies answer in two regions only ("UpsertCollectionPolicy",
# https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-upsertcollectionpolicy).
POLICY_REGION_IN_CHINA, POLICY_REGION_OUTSIDE = "cn-shanghai", "ap-southeast-1"

PERMISSIONS = {
    "get_project": "log:GetProject",
    "create_project": "log:CreateProject",
    "delete_project": "log:DeleteProject",
    "list_logstore": "log:ListLogStores",
    "get_logstore": "log:GetLogStore",
    "create_logstore": "log:CreateLogStore",
    "update_logstore": "log:UpdateLogStore",
    "delete_logstore": "log:DeleteLogStore",
    "list_shards": "log:ListShards",
    "get_index_config": "log:GetIndex",
    "create_index": "log:CreateIndex",
    "update_index": "log:UpdateIndex",
    "get_machine_group": "log:GetMachineGroup",
    "create_machine_group": "log:CreateMachineGroup",
    "update_machine_group": "log:UpdateMachineGroup",
    "delete_machine_group": "log:DeleteMachineGroup",
    "get_machine_group_applied_configs": "log:GetAppliedConfigs",
    "apply_config_to_machine_group": "log:ApplyConfigToGroup",
    "get_logtail_pipeline_config": "log:GetLogtailPipelineConfig",
    "create_logtail_pipeline_config": "log:CreateLogtailPipelineConfig",
    "update_logtail_pipeline_config": "log:UpdateLogtailPipelineConfig",
    "delete_logtail_pipeline_config": "log:DeleteLogtailPipelineConfig",
    "get_dashboard": "log:GetDashboard",
    "create_dashboard": "log:CreateDashboard",
    "update_dashboard": "log:UpdateDashboard",
    "delete_dashboard": "log:DeleteDashboard",
    "get_savedsearch": "log:GetSavedSearch",
    "create_savedsearch": "log:CreateSavedSearch",
    "update_savedsearch": "log:UpdateSavedSearch",
    "delete_savedsearch": "log:DeleteSavedSearch",
    "get_collection_policy": "",
    "upsert_collection_policy": "",
    "delete_collection_policy": "",
}
"""The SDK's methods that bootstrap calls, each with the RAM action that it needs, empty where none is
documented ("Actions", https://www.alibabacloud.com/help/en/sls/action-list)."""


@dataclass(frozen=True)
class Document:
    """What the SDK takes for one of its `...Detail` objects: the JSON as it goes out, and the name in it."""

    json: Json
    name: str = ""

    def to_json(self) -> Json:
        """As the SDK asks for it."""
        return self.json

    @property
    def group_name(self) -> str:
        """The name, as the SDK asks a machine group."""
        return self.name

    @property
    def config_name(self) -> str:
        """The name, as the SDK asks a pipeline."""
        return self.name


class LogService:
    """Log Service in one region. Every method raises CloudError."""

    def __init__(self, region: str, credentials: Credentials, endpoints: Endpoints) -> None:
        home = POLICY_REGION_IN_CHINA if region.startswith("cn-") else POLICY_REGION_OUTSIDE
        self._regional = _client(endpoints, region, credentials)
        self._of_policies = _client(endpoints, home, credentials)

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """The body of the answer to one of PERMISSIONS."""
        client = self._of_policies if method.endswith("collection_policy") else self._regional
        return persist(lambda: _attempt(client, method, *arguments, **options))

    def look(self, method: str, *arguments: Any) -> Any:
        """The same, None for what does not exist."""
        return unless_missing(lambda: self.call(method, *arguments))


class ManagementClient(SlsClient):
    """The SDK's client, and the calls that it lacks."""

    def get_collection_policy(self, name: str) -> Json:
        """A policy of collecting a cloud product's logs."""
        return self._policy("GET", f"/collectionpolicy/{name}")

    def upsert_collection_policy(self, policy: Json) -> Json:
        """Make one, or replace it."""
        return self._policy("POST", "/collectionpolicy", policy)

    def delete_collection_policy(self, name: str) -> Json:
        """End one; logs that were collected stay."""
        return self._policy("DELETE", f"/collectionpolicy/{name}")

    def _policy(self, verb: str, path: str, policy: Json | None = None) -> Json:
        body = json.dumps(policy).encode() if policy else None
        headers = {"Content-Type": "application/json", "x-log-bodyrawsize": str(len(body or b""))}
        answer, _ = self._send(verb, None, body, path, {}, headers)  # type: ignore[attr-defined]
        return dict(answer or {})


def _client(endpoints: Endpoints, region: str, credentials: Credentials) -> ManagementClient:
    endpoint = endpoints.of("Sls", region)
    client = ManagementClient(f"{endpoint.scheme}://{endpoint.host}", credentials)
    client.set_timeout(REQUEST_TIMEOUT)
    return client


def _attempt(client: ManagementClient, method: str, *arguments: Any, **options: Any) -> Any:
    permission = PERMISSIONS[method]
    try:
        answer = getattr(client, method)(*arguments, **options)
    except SlsError as error:
        raise CloudError(error.code, error.message, permission, error.temporary) from None
    except (KeyError, TypeError, ValueError) as error:
        raise CloudError("BadResponse", f"{method}: {type(error).__name__}", permission) from None
    return answer if isinstance(answer, dict) else answer.get_body()
