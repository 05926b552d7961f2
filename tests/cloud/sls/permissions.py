"""Which RAM action each operation needs, and on what.

"Actions" and "Resources" (https://www.alibabacloud.com/help/en/sls/action-list, …/resource-list): written
from those pages, apart from deploy/bootstrap.
"""

from __future__ import annotations

from tests.cloud.sls.request import Request

ACTIONS = {
    "PullLogs": "log:GetCursorOrData",
    "GetCursor": "log:GetCursorOrData",
    "GetCursorTime": "log:GetCursorOrData",
    "PutLogs": "log:PostLogStoreLogs",
    "GetLogs": "log:GetLogStoreLogs",
    "ListLogstore": "log:ListLogStores",
    "GetLogstore": "log:GetLogStore",
    "CreateLogstore": "log:CreateLogStore",
    "UpdateLogstore": "log:UpdateLogStore",
    "DeleteLogstore": "log:DeleteLogStore",
    "ApplyConfig": "log:ApplyConfigToGroup",
    "GetSavedsearch": "log:GetSavedSearch",
    "CreateSavedsearch": "log:CreateSavedSearch",
    "UpdateSavedsearch": "log:UpdateSavedSearch",
    "DeleteSavedsearch": "log:DeleteSavedSearch",
    "GetPipelineconfig": "log:GetLogtailPipelineConfig",
    "CreatePipelineconfig": "log:CreateLogtailPipelineConfig",
    "UpdatePipelineconfig": "log:UpdateLogtailPipelineConfig",
    "DeletePipelineconfig": "log:DeleteLogtailPipelineConfig",
    "GetMachinegroup": "log:GetMachineGroup",
    "CreateMachinegroup": "log:CreateMachineGroup",
    "UpdateMachinegroup": "log:UpdateMachineGroup",
    "DeleteMachinegroup": "log:DeleteMachineGroup",
}
"""Those whose action is not `log:` and the operation's name."""

FREE = ("GetCollectionPolicy", "UpsertCollectionPolicy", "DeleteCollectionPolicy")
"""For which no action is documented."""


def action_of(operation: str) -> str:
    """The RAM action that the operation needs, empty where none is documented."""
    return "" if operation in FREE else ACTIONS.get(operation, f"log:{operation}")


def resource_of(request: Request, account: str, region: str) -> str:
    """The full name of what the request is about: a project, or something in it."""
    project = f"acs:log:{region}:{account}:project/{request.project}"
    collection, _, rest = request.path.strip("/").partition("/")
    name = rest.partition("/")[0]
    if collection == "logstores":
        return f"{project}/logstore/{name or '*'}"
    return f"{project}/{collection.rstrip('s')}/{name or '*'}" if collection else project
