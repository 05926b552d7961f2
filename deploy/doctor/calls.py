"""The calls of each function: how many fail, and when one last succeeded.

Function Compute writes a row for each call into the functions' logstore ("Request-level metric logs",
https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/request-level-metric-logs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from deploy.bootstrap.cloud import CloudError, persist
from deploy.doctor.account import KEYS
from deploy.doctor.deployment import Deployment, Json, seen, short
from deploy.doctor.function import function_link
from shared.cloud.sls import REQUEST_TIMEOUT, SlsError, open_client
from shared.health.check import Check, UnseenError, Verdict, broken, ok
from shared.health.trail_events import ago

LINK = "functions' log"
PERMISSION = "log:GetLogStoreLogs"

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST_FAILURES = 0.2
"""Of the last hour's calls. Below it retries mend what failed."""

QUERY = (
    "durationMs >= 0 | SELECT functionName, "
    "count_if(__time__ >= {since}) AS calls, "
    "count_if(hasFunctionError = 'true' AND __time__ >= {since}) AS failures, "
    "max(__time__) AS latest, "
    "max(CASE WHEN hasFunctionError = 'false' THEN __time__ END) AS success, "
    "max(CASE WHEN hasFunctionError = 'true' THEN errorType END) AS kind "
    "GROUP BY functionName LIMIT 1000"
)


@dataclass(frozen=True)
class Calls:
    """Of one function: calls and failures of the last hour; the day's last success, and a kind of failure."""

    calls: int = 0
    failures: int = 0
    success: datetime | None = None
    kind: str = ""


NONE = Calls()


def log(deployment: Deployment) -> Check[Mapping[str, Calls]]:
    """Whether what is logged of calls can be read."""
    return Check(
        LINK, lambda: counted(deployment), lambda found: ok(f"tells of {len(found)} function(s)"), (KEYS,)
    )


def checks(deployment: Deployment, wanted: Json) -> Iterator[Check[Calls]]:
    """The calls of one function."""
    name = wanted["functionName"]
    timed = any(trigger["triggerType"] == "timer" for trigger in wanted["triggers"])
    judgement = partial(judge, timed=timed, now=deployment.now())
    yield Check(
        calls_link(name),
        lambda: counted(deployment).get(name, NONE),
        judgement,
        (LINK, function_link(name)),
    )


def calls_link(function: str) -> str:
    """What the check of one function's calls is called."""
    return f"calls {short(function)}"


def judge(found: Calls, timed: bool, now: datetime) -> Verdict:
    """Broken where too many fail, or where a timer should have called and nobody has."""
    success = f"last success {ago(found.success, now)} ago" if found.success else "no success for a day"
    if found.failures > MOST_FAILURES * found.calls:
        why = f" ({found.kind})" if found.kind else ""
        return broken(
            f"{found.failures} of {found.calls} failed in the last hour{why}; {success}",
            "the functions' logstore has their log: `hasFunctionError: true`, then its requestId",
        )
    if timed and not found.calls:
        return broken(f"nobody has called it for an hour; {success}", "look at its timer, and redeploy it")
    return ok(f"{found.calls} in the last hour, {success}" if found.calls else "none in the last hour")


def counted(deployment: Deployment) -> Mapping[str, Calls]:
    """By function, asked for once. Raises UnseenError."""
    return deployment.once(lambda: seen(lambda: persist(lambda: _counted(deployment))), "calls")


def _counted(deployment: Deployment) -> dict[str, Calls]:
    names, now = deployment.names, deployment.now()
    endpoint = deployment.logstore(names.project, names.functions_logstore).endpoint
    client = open_client(endpoint, deployment.credentials)
    client.set_timeout(REQUEST_TIMEOUT)
    query = QUERY.format(since=int((now - HOUR).timestamp()))
    place = (names.project, names.functions_logstore)
    begin, end = int((now - DAY).timestamp()), int(now.timestamp()) + 1
    try:
        answer = client.get_log(*place, begin, end, query=query)
    except SlsError as error:
        if error.code in ("LogStoreNotExist", "ProjectNotExist"):
            raise UnseenError(str(error), mend="`trailguard bootstrap` makes it again") from None
        raise CloudError(error.code, error.message, PERMISSION, error.temporary) from None
    return {row["functionName"]: _calls(row) for row in (log.get_contents() for log in answer.get_logs())}


def _calls(row: Mapping[str, Any]) -> Calls:
    """A row of the answer, whose values are texts; what is nothing comes as `null`, or not at all."""
    success = row.get("success")
    moment = None if success in (None, "", "null") else datetime.fromtimestamp(int(success), timezone.utc)
    kind = str(row.get("kind") or "")
    return Calls(int(row["calls"]), int(row["failures"]), moment, "" if kind == "null" else kind)
