"""The context that Function Compute hands to a python3.10 handler.

Shape: help.aliyun.com, Function Compute, "Context" (fc/context-1). On python3.12 `credentials` and `service`
are gone: build one with `credentials=None, service=None` to run a handler as there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from shared.cloud.credentials import Credentials
from tests.cloud.sls import LocalSls


@dataclass(frozen=True)
class Function:
    """`memory` in MB, `timeout` in seconds."""

    name: str = "trailguard-actiontrail"
    handler: str = "actiontrail.handler"
    memory: int = 512
    timeout: int = 60


@dataclass(frozen=True)
class Service:
    name: str = ""
    log_project: str = ""
    log_store: str = ""
    qualifier: str = "LATEST"
    version_id: str = ""


@dataclass(frozen=True)
class FunctionContext:
    """There is no logger in it on python3.10: handlers use the logging module."""

    credentials: Credentials | None = LocalSls.credentials
    function: Function = field(default_factory=Function)
    service: Service | None = field(default_factory=Service)
    region: str = "cn-shanghai"
    account_id: str = "1234567890123456"
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
