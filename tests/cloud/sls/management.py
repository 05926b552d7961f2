"""The management operations of Log Service: projects, logstores, indexes, and what else a project holds.

Reference: help.aliyun.com, Log Service, "API reference", under each operation's name. Documents are kept as
they were sent; what the real service adds by itself is added where the SDK or our code reads it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.cloud.sls.request import Reply, Request, json_reply
from tests.cloud.sls.store import ServiceError, Store

Operation = Callable[[Request, "re.Match[str]", Store], Reply]
Route = tuple[str, str, str, "str | None", Operation]

DEFAULTS: dict[str, dict[str, Any]] = {
    "logstores": {"enable_tracking": False, "appendMeta": False, "autoSplit": False, "maxSplitShard": 0},
    "machinegroups": {"createTime": 1, "lastModifyTime": 1},
    "pipelineconfigs": {"createTime": 1, "lastModifyTime": 1, "aggregators": [], "processors": []},
    "dashboards": {"description": ""},
    "savedsearches": {},
}
"""By collection: what the service shows of everything in it."""

KINDS = {
    "machinegroups": ("Machinegroup", "groupName", "MachineGroup"),
    "pipelineconfigs": ("Pipelineconfig", "configName", "PipelineConfig"),
    "dashboards": ("Dashboard", "dashboardName", "Dashboard"),
    "savedsearches": ("Savedsearch", "savedsearchName", "SavedSearch"),
}
"""By collection: the operations' noun, the key of the name, and the errors' noun."""

TTL = range(1, 3651)  # days


def create_project(request: Request, path: re.Match[str], store: Store) -> Reply:
    sent = json.loads(request.body)
    name = sent["projectName"]
    if name in store.foreign or store.has(name):
        raise ServiceError(400, "ProjectAlreadyExist", f"Project {name} already exist")
    store.add_project(name, {"description": sent["description"], "createTime": str(int(time.time()))})
    return Reply(200)


def get_project(request: Request, path: re.Match[str], store: Store) -> Reply:
    if request.project in store.foreign:
        raise ServiceError(401, "Unauthorized", "The project does not belong to you.")
    store.logstores(request.project)
    known = store.documents.get((request.project, "project", ""), {})
    fixed = {"status": "Normal", "region": "local", "owner": "", "createTime": "1", "lastModifyTime": "1"}
    return json_reply({"projectName": request.project, "description": "", **fixed, **known})


def delete_project(request: Request, path: re.Match[str], store: Store) -> Reply:
    store.logstores(request.project)
    store.drop_project(request.project)
    return Reply(200)


def create_logstore(request: Request, path: re.Match[str], store: Store) -> Reply:
    sent = json.loads(request.body)
    name = sent["logstoreName"]
    if name in store.logstores(request.project):
        raise ServiceError(400, "LogStoreAlreadyExist", f"logstore {name} already exists")
    _check_ttl(sent)
    store.create(request.project, name, sent["shardCount"])
    store.documents[request.project, "logstores", name] = sent
    return Reply(200)


def get_logstore(request: Request, path: re.Match[str], store: Store) -> Reply:
    name = path["name"]
    shards = len(store.logstore(request.project, name).shards)
    known = store.documents.get((request.project, "logstores", name), {"ttl": 30})
    return json_reply({**DEFAULTS["logstores"], "logstoreName": name, **known, "shardCount": shards})


def update_logstore(request: Request, path: re.Match[str], store: Store) -> Reply:
    store.logstore(request.project, path["name"])
    sent = json.loads(request.body)
    _check_ttl(sent)
    place = (request.project, "logstores", path["name"])
    store.documents[place] = {**store.documents.get(place, {}), **sent}
    return Reply(200)


def delete_logstore(request: Request, path: re.Match[str], store: Store) -> Reply:
    store.logstore(request.project, path["name"])
    store.drop_logstore(request.project, path["name"])
    return Reply(200)


def put_index(request: Request, path: re.Match[str], store: Store) -> Reply:
    store.logstore(request.project, path["name"])
    place = (request.project, "index", path["name"])
    if (place in store.documents) == (request.method == "POST"):
        code = "IndexAlreadyExist" if request.method == "POST" else "IndexConfigNotExist"
        raise ServiceError(400, code, f"log store index of {path['name']}: {code}")
    sent = json.loads(request.body)
    unknown = set(sent) - {"line", "keys", "log_reduce", "max_text_len", "ttl"}
    unknown -= {"log_reduce_white_list", "log_reduce_black_list", "scan_index"}
    if unknown or not ({"line", "keys"} & set(sent)):
        raise ServiceError(400, "IndexInfoInvalid", f"index config is invalid: {sorted(unknown)}")
    store.documents[place] = sent
    return Reply(200)


def get_index(request: Request, path: re.Match[str], store: Store) -> Reply:
    store.logstore(request.project, path["name"])
    found = store.documents.get((request.project, "index", path["name"]))
    if found is None:
        raise ServiceError(404, "IndexConfigNotExist", "index config doesn't exist")
    return json_reply({"index_mode": "v2", "storage": "pg", "ttl": 30, "lastModifyTime": 1, **found})


def create(collection: str, request: Request, path: re.Match[str], store: Store) -> Reply:
    store.logstores(request.project)
    sent = json.loads(request.body)
    _, key, noun = KINDS[collection]
    place = (request.project, collection, sent[key])
    if place in store.documents:
        raise ServiceError(400, f"{noun}AlreadyExist", f"{noun} {sent[key]} already exists")
    store.documents[place] = sent
    return Reply(200)


def get(collection: str, request: Request, path: re.Match[str], store: Store) -> Reply:
    return json_reply({**DEFAULTS[collection], **_document(collection, request, path["name"], store)})


def update(collection: str, request: Request, path: re.Match[str], store: Store) -> Reply:
    _document(collection, request, path["name"], store)
    store.documents[request.project, collection, path["name"]] = json.loads(request.body)
    return Reply(200)


def delete(collection: str, request: Request, path: re.Match[str], store: Store) -> Reply:
    _document(collection, request, path["name"], store)
    del store.documents[request.project, collection, path["name"]]
    return Reply(200)


def apply_config(request: Request, path: re.Match[str], store: Store) -> Reply:
    _document("machinegroups", request, path["name"], store)
    _document("pipelineconfigs", request, path["config"], store)
    applied = store.documents.setdefault((request.project, "applied", path["name"]), {"configs": []})
    applied["configs"] = sorted({*applied["configs"], path["config"]})
    return Reply(200)


def applied_configs(request: Request, path: re.Match[str], store: Store) -> Reply:
    _document("machinegroups", request, path["name"], store)
    configs = store.documents.get((request.project, "applied", path["name"]), {"configs": []})["configs"]
    return json_reply({"count": len(configs), "configs": configs})


def upsert_policy(request: Request, path: re.Match[str], store: Store) -> Reply:
    sent = json.loads(request.body)
    store.documents["", "collectionpolicy", sent["policyName"]] = sent
    return json_reply({})


def get_policy(request: Request, path: re.Match[str], store: Store) -> Reply:
    return json_reply({"collectionPolicy": _policy(path["name"], store)})


def delete_policy(request: Request, path: re.Match[str], store: Store) -> Reply:
    _policy(path["name"], store)
    del store.documents["", "collectionpolicy", path["name"]]
    return json_reply({})


def _policy(name: str, store: Store) -> dict[str, Any]:
    found = store.documents.get(("", "collectionpolicy", name))
    if found is None:
        raise ServiceError(404, "PolicyNotExist", f"policy {name} does not exist")
    return found


def _document(collection: str, request: Request, name: str, store: Store) -> dict[str, Any]:
    store.logstores(request.project)
    found = store.documents.get((request.project, collection, name))
    if found is None:
        noun = KINDS[collection][2]
        raise ServiceError(404, f"{noun}NotExist", f"{noun} {name} does not exist")
    return found


def _check_ttl(sent: dict[str, Any]) -> None:
    if sent["ttl"] not in TTL:
        raise ServiceError(400, "LogStoreInfoInvalid", f"invalid ttl {sent['ttl']}")


def _routes(collection: str) -> tuple[Route, ...]:
    noun, one = KINDS[collection][0], rf"/{collection}/(?P<name>[^/]+)"
    return (
        (f"Create{noun}", "POST", f"/{collection}", None, partial(create, collection)),
        (f"Get{noun}", "GET", one, None, partial(get, collection)),
        (f"Update{noun}", "PUT", one, None, partial(update, collection)),
        (f"Delete{noun}", "DELETE", one, None, partial(delete, collection)),
    )


_LOGSTORE = r"/logstores/(?P<name>[^/]+)"
_POLICY = r"/collectionpolicy/(?P<name>[^/]+)"
_GROUP = r"/machinegroups/(?P<name>[^/]+)/configs"

ROUTES: tuple[Route, ...] = (
    ("CreateProject", "POST", "/", None, create_project),
    ("GetProject", "GET", "/", None, get_project),
    ("DeleteProject", "DELETE", "/", None, delete_project),
    ("CreateLogstore", "POST", "/logstores", None, create_logstore),
    ("GetLogstore", "GET", _LOGSTORE, None, get_logstore),
    ("UpdateLogstore", "PUT", _LOGSTORE, None, update_logstore),
    ("DeleteLogstore", "DELETE", _LOGSTORE, None, delete_logstore),
    ("CreateIndex", "POST", f"{_LOGSTORE}/index", None, put_index),
    ("UpdateIndex", "PUT", f"{_LOGSTORE}/index", None, put_index),
    ("GetIndex", "GET", f"{_LOGSTORE}/index", None, get_index),
    ("GetAppliedConfigs", "GET", _GROUP, None, applied_configs),
    ("ApplyConfig", "PUT", rf"{_GROUP}/(?P<config>[^/]+)", None, apply_config),
    ("UpsertCollectionPolicy", "POST", "/collectionpolicy", None, upsert_policy),
    ("GetCollectionPolicy", "GET", _POLICY, None, get_policy),
    ("DeleteCollectionPolicy", "DELETE", _POLICY, None, delete_policy),
    *(route for collection in KINDS for route in _routes(collection)),
)
"""operation, method, path, value of the query's `type`, what it does"""
