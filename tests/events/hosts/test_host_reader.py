"""Records of hosts as a trigger and a file give them; the format of a file found by itself."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from shared.events.any_reader import AnyReader, file_of
from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_reader import HostReader, is_host_line
from shared.events.reader import Reader
from shared.events.syslog_time import zone_of

RECEIVED = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
FAILED = "Nov 23 11:32:24 web-01 sshd[77]: Failed password for root from 203.0.113.7 port 4711 ssh2"
NGINX = "2026/11/23 11:21:21 [error] 23#23: *4 access forbidden by rule, client: 203.0.113.7, server: x"
APACHE = "[Sun Dec 04 04:47:44 2005] [error] [client 203.0.113.7] File does not exist: /srv/www/x"
JOURNAL = json.dumps({"SYSLOG_IDENTIFIER": "su", "_HOSTNAME": "web-01", "MESSAGE": "(to root) bob on pts/0"})
ROW = json.dumps(
    {"name": "users", "action": "added", "counter": 3, "columns": {"uid": 0, "username": "toor"}}
)
TRAIL = json.dumps({"eventName": "StopLogging", "eventId": "1"})


def sources(reader: Reader, *lines: str, file: str = "a.log") -> list[str]:
    found = [one for n, line in enumerate(lines) for one in reader.read(line, f"{file}:{n}", RECEIVED)]
    return [one.source if isinstance(one, Event) else "unreadable" for one in found]


@pytest.mark.parametrize(
    ("line", "source"),
    [(FAILED, "sshd"), (NGINX, "nginx"), (APACHE, "apache"), (JOURNAL, "su"), (ROW, "osquery")],
)
def test_a_line_goes_to_the_source_it_belongs_to(line: str, source: str) -> None:
    assert sources(HostReader(), line) == [source]
    assert sources(AnyReader(), line) == [source]
    assert is_host_line(line, "")


@pytest.mark.parametrize(
    "line", [TRAIL, f"[{TRAIL}]", "[", "{", '  "eventName": "StopLogging",', "not json", ""]
)
def test_what_is_of_no_host(line: str) -> None:
    assert not is_host_line(line, "events.json")


def test_a_line_that_belongs_to_nobody_is_counted_by_its_shape_and_is_no_fault() -> None:
    reader = HostReader()
    lines = [f"Nov 23 11:32:2{n} web-01 kernel: CPU{n}: temperature above threshold" for n in range(3)]
    assert sources(reader, *lines, "who knows") == []
    assert reader.unknown == {"kernel: CPU*: temperature above threshold": 3, "who knows": 1}


def test_a_message_that_its_parser_does_not_know_is_an_event_and_counted_as_well() -> None:
    reader = HostReader()
    assert sources(reader, "Nov 23 11:32:24 web-01 sshd[77]: all is well") == ["sshd"]
    assert reader.unknown == {"sshd: all is well": 1}


def test_what_a_line_leaves_out_is_filled_in() -> None:
    reader = HostReader(Place("db-01", zone=zone_of("+08:00")))
    (event,) = reader.read(NGINX, "/var/log/nginx/error.log:1", RECEIVED)
    assert isinstance(event, Event)
    assert event.fields["host"] == "db-01"
    assert event.time == datetime(2026, 11, 23, 3, 21, 21, tzinfo=timezone.utc)


def test_the_file_tells_whose_a_line_without_a_header_is() -> None:
    assert sources(HostReader(), "oops", file="/var/log/apache2/error.log") == ["apache"]
    assert sources(HostReader(), "oops") == []


def test_bytes_that_are_not_utf_8_are_read() -> None:
    (event,) = HostReader().read(FAILED.encode().replace(b"root", b"r\xffot"), "auth.log:1", RECEIVED)
    assert isinstance(event, Event)
    assert event.fields["user"] == "r\\xffot"


def test_a_record_tells_its_host_by_its_tags_and_is_the_same_when_it_comes_twice() -> None:
    record = {
        "content": NGINX,
        "__tag__:__hostname__": "web-02",
        "__tag__:__inode__": "7",
        "__file_offset__": "4096",
    }
    first, second = (
        event for page in "ab" for event in HostReader().read_record(record, f"p/l/0@{page}", RECEIVED)
    )
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert first.fields["host"] == "web-02"
    assert first.id == second.id


def test_the_first_line_that_shows_its_format_decides_for_its_file() -> None:
    reader = AnyReader()
    assert sources(reader, "cut off by rotation", FAILED, "a stack trace", file="auth.log") == [
        "unreadable",
        "sshd",
    ]
    assert sources(reader, "a stack trace", TRAIL, file="events.ndjson") == ["unreadable", "actiontrail"]


def test_a_file_of_each_kind_side_by_side() -> None:
    reader = AnyReader()
    for _ in range(2):
        assert sources(reader, FAILED, file="auth.log") == ["sshd"]
        assert sources(reader, TRAIL, file="trail.ndjson") == ["actiontrail"]


def test_a_record_of_a_trail_and_one_of_a_host() -> None:
    reader = AnyReader()
    (trail,) = reader.read_record({"event": TRAIL}, "p/l/0@a", RECEIVED)
    (host,) = reader.read_record({"content": FAILED}, "p/l/0@a", RECEIVED)
    assert isinstance(trail, Event)
    assert isinstance(host, Event)
    assert (trail.source, host.source) == ("actiontrail", "sshd")


def test_a_record_that_can_not_be_read_comes_out_with_the_reason() -> None:
    (found,) = HostReader().read_record({"message": "no content"}, "p/l/0@a", RECEIVED)
    assert isinstance(found, Unreadable)
    assert "content" in found.reason


@pytest.mark.parametrize(
    "origin", ["/var/log/auth.log:12", "/var/log/auth.log+34", "stdin:5", "argument", "x.log.1:9"]
)
def test_an_origin_tells_its_file(origin: str) -> None:
    assert file_of(origin) in ("/var/log/auth.log", "stdin", "argument", "x.log.1")
