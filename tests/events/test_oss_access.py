"""Requests to OSS as events: identity, time, subject, and records that are none."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shared.events.any_reader import AnyReader
from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.oss_access import FIELDS, OSS_ACCESS
from shared.events.oss_reader import OssReader, is_oss_text

RECEIVED = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
RECORD = {
    "__topic__": "oss_access_log",
    "time": "23/Nov/2026:20:00:03",
    "access_id": "LTAI5tExampleExample0002",
    "owner_id": "1234567890123456",
    "requester_id": "201234567890123456",
    "user_agent": "aliyun-sdk-python/2.18",
    "bucket": "shop",
    "bucket_location": "oss-cn-hangzhou",
    "object": "invoices%2F2026%20%E5%8F%91%E7%A5%A8.pdf",
    "operation": "GetObject",
    "http_method": "GET",
    "http_status": "200",
    "error_code": "-",
    "request_uri": "/invoices%2F2026%20%E5%8F%91%E7%A5%A8.pdf",
    "request_id": "65AF5037D2F5E3C2A4E6DF01",
    "client_ip": "203.0.113.7",
    "sync_request": "-",
}
LINE = (
    '203.0.113.7 - - [23/Nov/2026:20:00:03 +0800] "GET /invoices/a.pdf?x-a=1 HTTP/1.1" 200 999131 127 "-"'
    ' "curl/8.5" "shop.oss-cn-hangzhou.aliyuncs.com" "65AF5037D2F5E3C2A4E6DF01" "true" "201234567890123456"'
    ' "GetObject" "shop" "invoices%2Fa.pdf" 999131 88 "-" 302 "1234567890123456" - "cdn" "standard" "-" "-"'
    ' "LTAI5tExampleExample0002" "acs:oss:::shop"'
)


def read(record: dict[str, Any]) -> Event:
    return OSS_ACCESS.read(dict(record), "here", RECEIVED)


def sources(reader: AnyReader | OssReader, *texts: str, file: str = "a.log") -> list[str]:
    found = [one for n, text in enumerate(texts) for one in reader.read(text, f"{file}:{n}", RECEIVED)]
    return [one.source if isinstance(one, Event) else one.reason for one in found]


def test_a_request_is_an_event_with_the_owner_of_the_bucket_as_its_account() -> None:
    event = read(RECORD)
    assert (event.source, event.id, event.account_id) == (
        "oss_access",
        "65AF5037D2F5E3C2A4E6DF01",
        "1234567890123456",
    )
    assert event.time == RECEIVED
    assert event.fields["error_code"] == "-", "fields are as users of Log Service know them"


def test_a_request_in_the_words_of_a_message() -> None:
    subject = OSS_ACCESS.subject(read(RECORD))
    assert subject.actor == "key LTAI5tExampleExample0002 of 201234567890123456"
    assert (subject.action, subject.address, subject.region) == (
        "oss:GetObject",
        "203.0.113.7",
        "cn-hangzhou",
    )
    assert subject.resource == "shop/invoices/2026 发票.pdf"


@pytest.mark.parametrize(
    ("changes", "actor"),
    [
        ({"access_id": "-", "requester_id": "-"}, "anonymous"),
        ({"access_id": "TMP.3Kd"}, "user/201234567890123456 at the console"),
        ({"access_id": "STS.NU", "extend_information": "1,etl,night,1,"}, "role/etl (night)"),
        ({"access_id": "-", "requester_id": "1234567890123456"}, "user/1234567890123456"),
    ],
)
def test_who_asked_is_told_in_one_way_for_all_their_sessions(changes: dict[str, str], actor: str) -> None:
    assert OSS_ACCESS.subject(read({**RECORD, **changes})).actor == actor


@pytest.mark.parametrize("topic", ["oss_batch_delete_log", ""])
def test_each_object_of_a_batch_deletion_is_an_event_of_its_own_and_the_same_when_it_comes_twice(
    topic: str,
) -> None:
    batch = {**RECORD, "__topic__": topic, "operation": "DeleteObjects"}
    ids = [read({**batch, "object": name}).id for name in ("a", "b", "a")]
    assert ids[0] == ids[2] != ids[1]
    assert read({**RECORD, "operation": "DeleteObjects", "object": "-"}).id == RECORD["request_id"]


def test_a_record_without_an_id_is_the_same_when_it_comes_twice() -> None:
    record = {key: value for key, value in RECORD.items() if key != "request_id"}
    assert read(record).id == read(record).id != read({**record, "object": "b"}).id


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("03/Jan/2021:14:59:49 +0800", "2021-01-03T06:59:49+00:00"),
        ("[03/Jan/2021:14:59:49 +0000]", "2021-01-03T14:59:49+00:00"),
        ("03/jan/2021:14:59:49 +05:30", "2021-01-03T09:29:49+00:00"),
        ("3 January 2021 06:59:49 GMT", "2021-01-03T06:59:49+00:00"),
        ("2021-01-03T06:59:49Z", "2021-01-03T06:59:49+00:00"),
        ("1609657189", "2021-01-03T06:59:49+00:00"),
        ("03/Jan/2021:14:59:49", "2021-01-03T06:59:49+00:00"),
    ],
)
def test_a_time_that_tells_its_zone_or_that_an_export_kept_is_the_time(stamp: str, time: str) -> None:
    assert read({**RECORD, "time": stamp}).time == datetime.fromisoformat(time)


@pytest.mark.parametrize("hours", [-12, -5, 0, 8, 12])
def test_the_time_of_log_service_stands_where_a_stamp_has_no_zone(hours: int) -> None:
    there = RECEIVED + timedelta(hours=hours)
    assert read({**RECORD, "time": f"{there:%d/%b/%Y:%H:%M:%S}"}).time == RECEIVED


@pytest.mark.parametrize(
    "stamp", ["", "-", "31/Feb/2021:14:59:49 +0800", "99/Foo/2021:14:59:49", "x" * 5_000]
)
def test_a_time_that_is_none_is_that_of_receipt(stamp: str) -> None:
    assert read({**RECORD, "time": stamp}).time == RECEIVED


def test_the_time_field_of_log_service_comes_first() -> None:
    assert read({**RECORD, "__time__": "1609657189"}).time == datetime(
        2021, 1, 3, 6, 59, 49, tzinfo=timezone.utc
    )


def test_a_record_that_waited_for_the_memory_is_the_same_event() -> None:
    event = read(RECORD)
    kept = json.loads(json.dumps({k: v for k, v in event.fields.items() if k != "facts"}))
    assert OSS_ACCESS.read(kept, "here", event.time) == event


@pytest.mark.parametrize("topic", ["oss_metering_log", ""])
def test_metering_records_are_counted_and_say_nothing(topic: str) -> None:
    reader = OssReader()
    metering = {"__topic__": topic, "bucket": "shop", "storage": "1", "put_request": "3"}
    assert [*reader.read_record(metering, "p/l/0@a", RECEIVED)] == []
    assert reader.unknown == {"oss_metering_log": 1}


@pytest.mark.parametrize(
    "record", [{}, {"__topic__": "oss_access_log"}, {"operation": "-", "bucket": "shop"}, {"event": "{}"}]
)
def test_a_record_that_is_none_comes_out_whole_with_the_reason(record: dict[str, str]) -> None:
    (found,) = OssReader().read_record(record, "p/l/0@a", RECEIVED)
    assert isinstance(found, Unreadable)
    assert found.value == record
    assert "operation" in found.reason


@pytest.mark.parametrize(
    "value", [None, 7, True, [], {}, {"a": [1]}, 1.5, "\ud800", "x" * 100_000, "%", "%zz"]
)
@pytest.mark.parametrize("name", [*sorted(set(RECORD) - {"operation"}), "extend_information", "vpc_addr"])
def test_whatever_a_field_holds_the_record_is_read(name: str, value: Any) -> None:
    event = read({**RECORD, name: value})
    assert dict(event.fields["facts"])
    assert OSS_ACCESS.subject(event).action == "oss:GetObject"
    assert isinstance(event.id, str)


def test_every_field_that_a_record_has_may_be_named_in_a_rule() -> None:
    for name in (*RECORD, "user-agent", "User-Agent", "facts.use", "user_defined_log_fields.headers"):
        OSS_ACCESS.check_field(name)
    with pytest.raises(ValueError, match=r"no field 'acess_id'.*access_id"):
        OSS_ACCESS.check_field("acess_id")
    assert set(read(RECORD).fields) <= set(FIELDS)


def test_a_line_of_osss_own_files_has_the_same_names() -> None:
    (event,) = OssReader().read(LINE, "log:1", RECEIVED)
    assert isinstance(event, Event)
    assert event.time == RECEIVED + timedelta(seconds=3)
    assert event.id == RECORD["request_id"]
    told = {name: event.fields[name] for name in ("http_method", "request_uri", "bucket", "sync_request")}
    assert told == {
        "http_method": "GET",
        "request_uri": "/invoices/a.pdf?x-a=1",
        "bucket": "shop",
        "sync_request": "cdn",
    }
    assert event.fields["facts"]["path"] == "shop/invoices/a.pdf"


def test_columns_that_are_added_later_and_those_that_older_lines_lack_do_no_harm() -> None:
    newer, older = f'{LINE} "one" 2 -', LINE.partition(' - "cdn"')[0]
    for line, key in ((newer, "permanent"), (older, "unknown")):
        (event,) = OssReader().read(line, "log:1", RECEIVED)
        assert isinstance(event, Event)
        assert event.fields["facts"]["key"] == key


@pytest.mark.parametrize(
    "line",
    [
        "",
        "oops",
        LINE[:200],
        LINE.replace('"curl/8.5"', '"curl" "x" "-" "forged"'),
        LINE.replace("65AF5037D2F5E3C2A4E6DF01", "not an id"),
        '"' * 100_000,
        "203.0.113.7 " + "[ " * 1_000_000,
        "203.0.113.7 " + '"\\" ' * 500_000,
        "[" * 100_000,
    ],
)
def test_a_line_that_is_cut_or_shifted_is_told_and_not_believed(line: str) -> None:
    (found,) = OssReader().read(line, "log:1", RECEIVED)
    assert isinstance(found, Unreadable)
    assert found.value == line


def test_bytes_that_are_not_utf_8_are_read() -> None:
    (event,) = OssReader().read(LINE.encode().replace(b"curl", b"c\xffrl"), "log:1", RECEIVED)
    assert isinstance(event, Event)
    assert event.fields["user_agent"] == "c\\xffrl/8.5"


def test_json_that_holds_something_else_is_told() -> None:
    assert sources(OssReader(), '[1, "a"]') == ["not a record of OSS's access log: no object"] * 2
    assert "not JSON" not in sources(OssReader(), "[{")[0]


@pytest.mark.parametrize("text", [LINE, json.dumps(RECORD), json.dumps([RECORD, RECORD])])
def test_the_format_of_a_file_is_found(text: str) -> None:
    assert is_oss_text(text)
    assert set(sources(AnyReader(), text)) == {"oss_access"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        '{"eventName": "PutBucket", "requestParameters": {"operation": 1}, "request_id": "1"}',
        "Nov 23 11:32:24 web-01 sshd[77]: Failed password for root from 203.0.113.7 port 4711 ssh2",
        '203.0.113.7 - - [23/Nov/2026:20:00:03 +0800] "GET / HTTP/1.1" 200 612 "-" "curl/8.5"',
    ],
)
def test_what_is_no_access_log_of_oss(text: str) -> None:
    assert not is_oss_text(text)


def test_files_of_each_kind_side_by_side() -> None:
    reader = AnyReader()
    trail = json.dumps({"eventName": "StopLogging", "eventId": "1"})
    sshd = "Nov 23 11:32:24 web-01 sshd[77]: Failed password for root from 203.0.113.7 port 4711 ssh2"
    for _ in range(2):
        assert sources(reader, LINE, file="oss.log") == ["oss_access"]
        assert sources(reader, trail, file="trail.json") == ["actiontrail"]
        assert sources(reader, sshd, file="auth.log") == ["sshd"]
    assert [e.source for e in reader.read_record(RECORD, "p/l/0@a", RECEIVED) if isinstance(e, Event)] == [
        "oss_access"
    ]
