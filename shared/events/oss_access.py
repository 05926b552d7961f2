"""The source `oss_access`: requests to buckets, as the real-time access log in Log Service tells them.

Fields: "OSS log fields", https://www.alibabacloud.com/help/en/sls/oss. Every value is text, `-` where there
is none. A deletion of many objects is one record of topic `oss_access_log`, and one of `oss_batch_delete_log`
for each object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from shared.events.event import Event, Subject
from shared.events.oss_facts import FACTS, Told, facts_of, told_of
from shared.events.oss_time import request_time
from shared.events.source import ANY, FieldTree, Source

BATCH_DELETE, METERING = "oss_batch_delete_log", "oss_metering_log"
"""Topics of the records that stand beside those of single requests (`oss_access_log`) in one logstore."""

FIELDS: FieldTree = {
    **dict.fromkeys(
        (
            "__topic__ __time__ __source__ time access_id owner_id user_agent user-agent User-Agent"
            " logging_flag bucket content_length_in content_length_out object object_size operation"
            " bucket_location region request_uri error_code request_length client_ip response_body_length"
            " http_method referer"
            " requester_id request_id response_time server_cost_time http_type sign_type http_status"
            " sync_request bucket_storage_type host vpc_addr vpc_id delta_data_size ec acc_access_region"
            " restore_priority extend_information archive_direct_read_size target_storage_class bucket_arn"
        ).split()
    ),
    "user_defined_log_fields": ANY,
    "facts": dict.fromkeys(FACTS),
}


def is_record(record: Mapping[str, Any]) -> bool:
    """Whether a decoded record is a request to OSS. Others, as of CDN and SLB, have no operation."""
    return "operation" in record and "bucket" in record and "request_id" in record


def read_event(record: dict[str, Any], origin: str, received: datetime) -> Event:
    """The event of one request. `received`: see request_time. Raises ValueError for what is none."""
    told = told_of(record)
    if not told["operation"]:
        raise ValueError("not a record of OSS's access log: it has no operation")
    return Event(
        source="oss_access",
        id=_event_id(told),
        time=request_time(record, received),
        account_id=told["owner_id"],
        fields={**record, "facts": facts_of(told)},
        origin=origin,
    )


def is_metering(record: Mapping[str, Any]) -> bool:
    """Whether a record is of an hour's amounts and of no request, whether or not its topic came along."""
    is_unsaid = not record.get("__topic__") and "operation" not in record
    return record.get("__topic__") == METERING or (is_unsaid and not _METERED.isdisjoint(record))


_METERED = frozenset(("metering_datetime", "get_request", "put_request", "storage"))


def _event_id(told: Told) -> str:
    """The id of the request; of a deletion of many, one for each object: the request itself names none."""
    request, name = told["request_id"], told["object"]
    if not request:
        return _digest(json.dumps(told, sort_keys=True))
    is_batch = told["__topic__"] == BATCH_DELETE or told["operation"].lower() in _OF_MANY
    return f"{request} {_digest(name)}" if is_batch and name else request


_OF_MANY = ("deleteobjects", "deletemultipleobjects")


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def _subject(event: Event) -> Subject:
    """Who did what, from where, on which object."""
    told, facts = told_of(event.fields), event.fields["facts"]
    return Subject(
        actor=_actor(told, facts),
        action=f"oss:{told['operation']}",
        address=told["client_ip"],
        region=(told["bucket_location"] or told["region"]).removeprefix("oss-"),
        resource=facts["path"].rstrip("/"),
    )


def _actor(told: Told, facts: Mapping[str, Any]) -> str:
    """`key LTAI… of 2012…`, `role/backup (nightly)`, `user/2012… at the console`, `anonymous`."""
    name, kind, session = facts["identity"], facts["key"], facts.get("session")
    if kind == "permanent" and "role" not in facts:
        return f"key {name} of {told['requester_id'] or '?'}"
    if session:
        return f"{name} ({session[:64]})"
    return f"{name} at the console" if kind == "console" else name


OSS_ACCESS = Source(
    name="oss_access",
    logsource={"product": "alibabacloud", "service": "oss_access"},
    fields=FIELDS,
    indexed=("facts.root", "facts.signedUrl", "facts.access", "facts.outcome", "facts.key", "operation"),
    read=read_event,
    subject=_subject,
)
