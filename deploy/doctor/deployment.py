"""What doctor looks at: the account, and what this checkout would have deployed there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from deploy.bootstrap.cloud import Cloud, CloudError
from deploy.s_yaml import render
from deploy.vars import Names, known, read_names
from deploy.version import of_checkout
from shared.cloud.credentials import Credentials
from shared.cloud.openapi_endpoints import Endpoints
from shared.cloud.sls_shards import Logstore
from shared.health.beats import Beat, Beats
from shared.health.check import UnseenError, asking
from shared.health.store import SCAN
from shared.state.store import StateStore
from shared.version import Version

if TYPE_CHECKING:
    from deploy.doctor.functions import FunctionCompute

Json = dict[str, Any]
Result = TypeVar("Result")

NOTIFIER = "trailguard-notify"
TABLE = "trailguard"

_TIME = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|(?P<hours>[+-]\d\d):?(?P<minutes>\d\d))$"
)

PATIENCE = 8.0  # seconds for one question to Log Service: somebody sits and waits


@dataclass(frozen=True)
class Deployment:
    """One account, and what should be in it. `wanted` are the properties of each function, as rendered.

    What is asked for is remembered: each question is asked once. Every method raises UnseenError.
    """

    cloud: Cloud
    functions: FunctionCompute
    memory: StateStore
    credentials: Credentials
    endpoints: Endpoints
    wanted: Sequence[Json]
    alerts: Path
    checkout: Version
    now: Callable[[], datetime]
    _known: dict[tuple[str, ...], Any] = field(default_factory=dict)

    @classmethod
    def connect(
        cls, credentials: Credentials, alerts: Path, now: Callable[[], datetime], gateway: str, tables: str
    ) -> Deployment:
        """Nothing is sent yet; `gateway` and `tables` are addresses other than Alibaba Cloud's own. The SDKs
        are imported here. Raises VarsError, ImportError."""
        from deploy.doctor.functions import FunctionCompute
        from shared.state.tablestore import connect

        names, endpoints = read_names(os.environ), Endpoints(gateway=gateway)
        wanted = render(known(os.environ))["resources"].values()
        address = tables or f"https://{names.tablestore}.{names.region}.ots.aliyuncs.com"
        return cls(
            Cloud.connect(names, credentials, endpoints, tables),
            FunctionCompute(names.region, credentials, endpoints),
            connect(address, names.tablestore, TABLE, lambda: credentials),
            credentials,
            endpoints,
            [resource["props"] for resource in wanted],
            alerts,
            of_checkout(alerts),
            now,
        )

    @property
    def names(self) -> Names:
        """What s.yaml calls things."""
        return self.cloud.names

    def logstore(self, project: str, name: str) -> Logstore:
        """A logstore, seen from outside."""
        endpoint = self.endpoints.of("Sls", self.names.region)
        address = f"{endpoint.scheme}://{endpoint.host}"
        return Logstore(address, project, name, self.credentials, patience=PATIENCE)

    def function(self, name: str) -> Json | None:
        """A function as it is deployed, None if there is none."""
        return self.once(lambda: self.functions.function(name), "function", name)

    def triggers(self, function: str) -> Mapping[str, Json]:
        """A function's triggers, by name."""
        return self.once(lambda: self.functions.triggers(function), "triggers", function)

    def trigger(self, function: str, name: str) -> Json | None:
        """One of them; None if there is none of the name."""
        return self.triggers(function).get(name)

    def beats(self) -> Mapping[str, Beat]:
        """Where functions have got to, by place."""

        def ask() -> Mapping[str, Beat]:
            with asking(SCAN):
                return {beat.place: beat for beat in Beats(self.memory).all()}

        return self.once(ask, "beats")

    def log_triggers(self) -> Iterator[tuple[str, Json]]:
        """Every function that a logstore calls, with that trigger as s.yaml has it."""
        for props in self.wanted:
            for trigger in props["triggers"]:
                if trigger["triggerType"] == "log":
                    yield props["functionName"], trigger

    def once(self, ask: Callable[[], Result], *question: str) -> Result:
        """What `ask` returns, the first time that this question comes."""
        if question not in self._known:
            self._known[question] = seen(ask)
        return cast("Result", self._known[question])


def moment(text: object) -> datetime | None:
    """A time of Function Compute's, to the second: 2026-11-20T03:04:05Z, …05.123+0000, …05+08:00; None for
    anything else."""
    match = _TIME.match(str(text))
    if match is None:
        return None
    offset = "+00:00" if match["hours"] is None else f"{match['hours']}:{match['minutes']}"
    return datetime.fromisoformat(match["time"] + offset)


def short(function: str) -> str:
    """A function's name in links: all are called trailguard-…"""
    return function.removeprefix("trailguard-")


def seen(ask: Callable[[], Result]) -> Result:
    """What `ask` returns. Raises UnseenError for its CloudError, with the permission where one is missing."""
    try:
        return ask()
    except CloudError as error:
        raise UnseenError(str(error), error.permission if error.denied else "") from None
