"""Function Compute 3.0: functions and triggers as they were deployed, read by ROA calls.

"GetFunction", "ListTriggers", "GetAsyncInvokeConfig", "GetConcurrencyConfig" (API of 2023-03-30,
alibabacloud.com/help/en/functioncompute/fc/developer-reference). A trigger's config is shown as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal

APART = ("region", "code", "triggers", "asyncInvokeConfig", "concurrencyConfig")
"""What stands beside a function in s.yaml and is no part of it for the API."""

LONG_AGO = "2026-01-01T00:00:00Z"


@dataclass
class Deployed:
    """One function. `shown` is what GetFunction tells, `triggers` are by name."""

    shown: dict[str, Any]
    triggers: dict[str, dict[str, Any]] = field(default_factory=dict)
    asynchronous: dict[str, Any] = field(default_factory=dict)
    concurrency: dict[str, Any] = field(default_factory=dict)

    def configure(self, trigger: str, **changes: Any) -> None:
        """Change settings inside of a trigger's config."""
        config = json.loads(self.triggers[trigger]["triggerConfig"])
        self.triggers[trigger]["triggerConfig"] = json.dumps({**config, **changes})


@dataclass
class Functions:
    """The account's functions, by name."""

    functions: dict[str, Deployed] = field(default_factory=dict)

    def deploy(self, props: Mapping[str, Any], at: str = LONG_AGO) -> Deployed:
        """As the component fc3 does with one resource of s.yaml."""
        own = {key: value for key, value in props.items() if key not in APART}
        shown = {**own, "state": "Active", "lastUpdateStatus": "Successful", "lastModifiedTime": at}
        triggers = {
            trigger["triggerName"]: {
                **trigger,
                "triggerConfig": json.dumps(trigger["triggerConfig"]),
                "createdTime": at,
                "lastModifiedTime": at,
            }
            for trigger in props.get("triggers", [])
        }
        deployed = Deployed(
            shown, triggers, props.get("asyncInvokeConfig", {}), props.get("concurrencyConfig", {})
        )
        self.functions[props["functionName"]] = deployed
        return deployed


def get_function(account: Account, call: Call) -> dict[str, Any]:
    return _function(account, call).shown


def list_triggers(account: Account, call: Call) -> dict[str, Any]:
    """In pages of `limit`, or of the server's size."""
    triggers = sorted(_function(account, call).triggers.values(), key=lambda one: one["triggerName"])
    start = int(call.parameters.get("nextToken") or 0)
    end = start + min(int(call.parameters.get("limit") or 20), call.page_size)
    more = {"nextToken": str(end)} if end < len(triggers) else {}
    return {"triggers": triggers[start:end], **more}


def get_async_invoke_config(account: Account, call: Call) -> dict[str, Any]:
    config = _function(account, call).asynchronous
    if not config:
        raise Refusal(404, "AsyncConfigNotExists", "The async invoke config does not exist.")
    return config


def get_concurrency_config(account: Account, call: Call) -> dict[str, Any]:
    return _function(account, call).concurrency


def _function(account: Account, call: Call) -> Deployed:
    name = call.path.split("/")[3]
    found = account[Functions].functions.get(name)
    if found is None:
        raise Refusal(404, "FunctionNotFound", f"function '{name}' does not exist")
    return found


PRODUCT = Product(
    "FC",
    "2023-03-30",
    {
        "GetFunction": get_function,
        "ListTriggers": list_triggers,
        "GetAsyncInvokeConfig": get_async_invoke_config,
        "GetConcurrencyConfig": get_concurrency_config,
    },
)
