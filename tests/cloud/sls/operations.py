"""The operations of Log Service's data plane, one function each: what a request does to the store.

Reference: help.aliyun.com, Log Service, "API reference", under each operation's name.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from functools import partial

import lz4.block
from aliyun.log.proto import LogGroupListRaw, LogGroupRaw
from google.protobuf.message import DecodeError

from tests.cloud.sls import sql
from tests.cloud.sls.management import ROUTES as MANAGEMENT
from tests.cloud.sls.request import Reply, Request, json_reply
from tests.cloud.sls.store import Logstore, ServiceError, Shard, Store, StoredLog, cursor_at, position_of

MAX_PUT_BYTES = 30 * 1024 * 1024
MAX_PAGE_GROUPS = 1000

Operation = Callable[[Request, "re.Match[str]", Store], Reply]


def list_logstores(request: Request, path: re.Match[str], store: Store) -> Reply:
    names = sorted(store.logstores(request.project))
    return json_reply({"count": len(names), "total": len(names), "logstores": names})


def list_shards(request: Request, path: re.Match[str], store: Store) -> Reply:
    shards = _logstore(request, path, store).shards
    width = 2**128 // len(shards)
    return json_reply(
        [
            {
                "shardID": number,
                "status": "readwrite",
                "inclusiveBeginKey": f"{number * width:032x}",
                "exclusiveEndKey": f"{min((number + 1) * width, 2**128 - 1):032x}",
                "createTime": 1,
            }
            for number in range(len(shards))
        ]
    )


def get_cursor(request: Request, path: re.Match[str], store: Store) -> Reply:
    shard = _shard(request, path, store)
    return json_reply({"cursor": cursor_at(position_from(shard, request.query["from"]))})


def position_from(shard: Shard, moment: str) -> int:
    """The first position at `begin`, `end`, or received at that Unix second or later."""
    if moment in ("begin", "end"):
        return 0 if moment == "begin" else len(shard)
    later = (position for position, group in enumerate(shard) if group.received >= int(moment))
    return next(later, len(shard))


def get_cursor_time(request: Request, path: re.Match[str], store: Store) -> Reply:
    shard = _shard(request, path, store)
    position = min(position_of(request.query["cursor"]), len(shard) - 1)
    if position < 0:
        raise ServiceError(400, "InvalidCursor", "the shard is empty")
    return json_reply({"cursor_time": shard[position].received})


def pull_logs(request: Request, path: re.Match[str], store: Store) -> Reply:
    shard = _shard(request, path, store)
    begin = position_of(request.query["cursor"])
    end = position_of(request.query["end_cursor"]) if "end_cursor" in request.query else len(shard)
    last = max(begin, min(begin + _count(request), end, len(shard)))
    groups = [LogGroupRaw.FromString(group.body) for group in shard[begin:last]]
    raw = LogGroupListRaw(LogGroups=groups).SerializeToString()
    headers = {
        "Content-Type": "application/x-protobuf",
        "x-log-count": str(len(groups)),
        "x-log-cursor": cursor_at(last),
        "x-log-bodyrawsize": str(len(raw)),
    }
    return _compressed(raw, request.headers.get("accept-encoding", ""), headers)


def put_logs(request: Request, path: re.Match[str], store: Store) -> Reply:
    logstore = _logstore(request, path, store)
    logstore.write(_log_group(request))
    return Reply(200)


def get_logs(request: Request, path: re.Match[str], store: Store) -> Reply:
    """Version 3. What it knows of the query language stands in sql.py."""
    asked = json.loads(request.body)
    logs = _logstore(request, path, store).logs()
    rows = [_row(log) for log in logs if asked["from"] <= log.time < asked["to"]]
    search, _, select = (asked.get("query") or "*").partition("|")
    rows = sql.found(rows, search.strip())
    if select:
        rows = sql.selected([{**row, "__time__": int(row["__time__"])} for row in rows], select.strip())
    else:
        rows = rows[asked["offset"] : asked["offset"] + asked["line"]]
    meta = {"progress": "Complete", "count": len(rows), "processedRows": len(rows), "elapsedMillisecond": 1}
    meta |= {"hasSQL": bool(select), "whereQuery": asked.get("query", ""), "aggQuery": ""}
    raw = json.dumps({"meta": meta, "data": rows}).encode()
    headers = {"Content-Type": "application/json", "x-log-bodyrawsize": str(len(raw))}
    return _compressed(raw, request.headers.get("accept-encoding", ""), headers)


# operation, method, path, value of the query's `type`
ROUTES: tuple[tuple[str, str, str, str | None, Operation], ...] = (
    ("ListLogstore", "GET", r"/logstores", None, list_logstores),
    ("ListShards", "GET", r"/logstores/(?P<logstore>[^/]+)/shards", None, list_shards),
    ("GetCursor", "GET", r"/logstores/(?P<logstore>[^/]+)/shards/(?P<shard>\d+)", "cursor", get_cursor),
    (
        "GetCursorTime",
        "GET",
        r"/logstores/(?P<logstore>[^/]+)/shards/(?P<shard>\d+)",
        "cursor_time",
        get_cursor_time,
    ),
    ("PullLogs", "GET", r"/logstores/(?P<logstore>[^/]+)/shards/(?P<shard>\d+)", "log", pull_logs),
    ("PutLogs", "POST", r"/logstores/(?P<logstore>[^/]+)/shards/lb", None, put_logs),
    ("GetLogs", "POST", r"/logstores/(?P<logstore>[^/]+)/logs", None, get_logs),
    *MANAGEMENT,
)


def find(request: Request) -> tuple[str, Callable[[Store], Reply]]:
    """The operation's name, and the operation itself, waiting for a store."""
    for name, method, pattern, kind, operation in ROUTES:
        path = re.fullmatch(pattern, request.path)
        if path and method == request.method and kind == request.query.get("type"):
            return name, partial(operation, request, path)
    raise ServiceError(404, "InvalidAPI", f"the local Log Service has no {request.method} {request.path}")


def _logstore(request: Request, path: re.Match[str], store: Store) -> Logstore:
    return store.logstore(request.project, path["logstore"])


def _shard(request: Request, path: re.Match[str], store: Store) -> Shard:
    return _logstore(request, path, store).shard(int(path["shard"]))


def _count(request: Request) -> int:
    count = int(request.query["count"])
    if not 1 <= count <= MAX_PAGE_GROUPS:
        raise ServiceError(400, "ParameterInvalid", f"count {count} is not in 1..{MAX_PAGE_GROUPS}")
    return count


def _log_group(request: Request) -> LogGroupRaw:
    raw_size = int(request.headers["x-log-bodyrawsize"])
    if raw_size > MAX_PUT_BYTES:
        raise ServiceError(400, "PostBodyTooLarge", f"body size {raw_size} must be less than {MAX_PUT_BYTES}")
    try:
        body = _raw_body(request, raw_size)
        return LogGroupRaw.FromString(body)
    except (lz4.block.LZ4BlockError, DecodeError) as error:
        raise ServiceError(400, "PostBodyInvalid", f"Protobuf content cannot be parsed: {error}") from error


def _raw_body(request: Request, raw_size: int) -> bytes:
    if request.headers.get("x-log-compresstype") != "lz4":
        return request.body
    return bytes(lz4.block.decompress(request.body, uncompressed_size=raw_size))


def _compressed(raw: bytes, accepted: str, headers: dict[str, str]) -> Reply:
    if raw and "lz4" in accepted:
        body = lz4.block.compress(raw, store_size=False)
        return Reply(200, body, {**headers, "x-log-compresstype": "lz4"})
    if raw and "deflate" in accepted:
        return Reply(200, zlib.compress(raw), {**headers, "x-log-compresstype": "deflate"})
    return Reply(200, raw, headers)


def _row(log: StoredLog) -> dict[str, str]:
    return {"__time__": str(log.time), "__topic__": log.topic, "__source__": log.source, **log.contents}
