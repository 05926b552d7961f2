"""Lines of all kinds, each to its source; ids; and nothing that is dropped in silence."""

from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_lines import HOST_SOURCES, HostLines, Other
from shared.events.line_shape import REST, ShapeCount, shape_of
from shared.events.sshd import SSHD

FAILED = "Nov 23 11:32:24 web-01 sshd[12]: Failed password for root from 203.0.113.7 port 5 ssh2"

TAGS = {
    "__tag__:__hostname__": "i-1",
    "__tag__:__path__": "/var/log/secure",
    "__tag__:__inode__": "77",
    "__tag__:__file_offset__": "1024",
    "__tag__:__pack_id__": "5F1-A",
}


def event_of(record: dict[str, Any], origin: str, received: datetime) -> Event:
    (event,) = HostLines().read_record(record, origin, received)
    assert isinstance(event, Event), event
    return event


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (FAILED, "sshd"),
        ("2026-11-23T11:32:24+00:00 web sshd-session[1]: Invalid user x from 203.0.113.7 port 1", "sshd"),
        ("Nov 23 11:32:24 web sudo:   alice : PWD=/ ; USER=root ; COMMAND=/bin/id", "sudo"),
        ("Nov 23 11:32:24 web su[1]: (to root) bob on none", "su"),
        ("Nov 23 11:32:24 web gpasswd[1]: user bob added by root to group adm", "accounts"),
        ("2026/11/23 11:32:24 [emerg] 1#1: x", "nginx"),
        ("[Mon Nov 23 11:32:24 2026] [error] x", "apache"),
        ("AH00558: apache2: Could not reliably determine the server's name", "apache"),
        ('{"name": "q", "columns": {}, "action": "added"}', "osquery"),
        ('{"MESSAGE": "Invalid user x from 203.0.113.7", "SYSLOG_IDENTIFIER": "sshd"}', "sshd"),
    ],
)
def test_every_line_finds_its_source(line: str, source: str, received: datetime) -> None:
    (event,) = HostLines().read(line, "f:1", received)
    assert isinstance(event, Event)
    assert event.source == source
    assert event.source in {one.name for one in HOST_SOURCES}


def test_a_line_of_another_program_is_counted_by_its_shape(received: datetime) -> None:
    lines = HostLines()
    for number in range(3):
        (other,) = lines.read(
            f"Nov 23 11:32:24 web CRON[{number}]: run {number} from 10.0.0.{number}", "f:1", received
        )
        assert isinstance(other, Other)
        assert (other.program, other.shape) == ("CRON", "CRON: run * from *")
    assert lines.shapes.counts == {"CRON: run * from *": 3}


def test_an_unknown_message_of_a_known_program_is_an_event_and_is_counted(received: datetime) -> None:
    lines = HostLines()
    (event,) = lines.read("Nov 23 11:32:24 web sshd[1]: moon 7", "f:1", received)
    assert isinstance(event, Event)
    assert event.fields["action"] == "other"
    assert lines.shapes.counts == {"sshd: moon *": 1}


@pytest.mark.parametrize(
    "line", ["", "oops", "{}", "[]", '{"a": 1}', "Nov 23", "[x] y", "2026/11/23 11:32:24 x"]
)
def test_a_line_of_nobody_is_kept_whole(line: str, received: datetime) -> None:
    lines = HostLines()
    (other,) = lines.read(line, "f:1", received)
    assert isinstance(other, Other)
    assert (other.line, other.origin) == (line, "f:1")
    assert lines.shapes.total() == 1


def test_what_is_torn_is_unreadable_with_the_reason(received: datetime) -> None:
    (torn,) = HostLines().read('{"name": "x", "colu', "f:1", received)
    assert isinstance(torn, Unreadable)
    assert torn.value == '{"name": "x", "colu'
    (empty,) = HostLines().read_record({"__time__": "1"}, "p/l/0@c", received)
    assert isinstance(empty, Unreadable)
    (zone,) = HostLines().read_record({"content": FAILED, "timezone": "Mars"}, "p/l/0@c", received)
    assert isinstance(zone, Unreadable)
    assert "no such time zone: 'Mars'" in zone.reason


def test_sysklogds_repetition_stands_for_the_line_before(received: datetime) -> None:
    lines = HostLines()
    lines.read(FAILED, "f:1", received)
    (event,) = lines.read("Nov 23 11:32:50 web-01 last message repeated 3 times", "f:2", received)
    assert isinstance(event, Event)
    assert (event.fields["action"], event.fields["attempts"], event.fields["repeated"]) == (
        "login_failed",
        3,
        3,
    )
    assert event.time.second == 50
    (after,) = lines.read("Nov 23 11:32:51 web-02 last message repeated 3 times", "f:3", received)
    assert isinstance(after, Other)


def test_sysklogd_may_tell_a_repetition_more_than_once(received: datetime) -> None:
    lines = HostLines()
    lines.read(FAILED, "f:1", received)
    told = [
        one.fields["attempts"]
        for count in (3, 2)
        for one in lines.read(f"Nov 23 11:32:50 web-01 last message repeated {count} times", "f:2", received)
        if isinstance(one, Event)
    ]
    assert told == [3, 2]


def test_a_repetition_of_a_repetition_is_one_of_the_message_in_it(received: datetime) -> None:
    lines = HostLines()
    head, _, message = FAILED.partition("]: ")
    lines.read(f"{head}]: message repeated 5 times: [ {message}]", "f:1", received)
    (event,) = lines.read("Nov 23 11:32:50 web-01 last message repeated 3 times", "f:2", received)
    assert isinstance(event, Event)
    assert (event.fields["attempts"], event.fields["message"]) == (3, message)


def test_a_repetition_of_another_programs_line_is_not_sshds(received: datetime) -> None:
    lines = HostLines()
    lines.read(FAILED, "f:1", received)
    lines.read("Nov 23 11:32:24 web-01 kernel: x", "f:2", received)
    (told,) = lines.read("Nov 23 11:32:50 web-01 last message repeated 3 times", "f:3", received)
    assert isinstance(told, Other)


def test_the_same_line_delivered_twice_has_one_id(received: datetime) -> None:
    record = {"content": FAILED, **TAGS}
    ids = {event_of(record, origin, received).id for origin in ("p/l/0@c1", "p/l/0@c2")}
    assert len(ids) == 1
    retried = {**record, "__tag__:__pack_id__": "5F1-B"}
    assert event_of(retried, "p/l/0@c1", received).id in ids


@pytest.mark.parametrize(
    "other",
    [
        {"__tag__:__file_offset__": "2048"},
        {"__tag__:__inode__": "78"},
        {"__tag__:__hostname__": "i-2"},
        {"content": FAILED.replace("[12]", "[13]")},
        {"content": FAILED.replace(":24", ":25")},
    ],
)
def test_a_line_at_another_place_or_time_has_another_id(other: dict[str, str], received: datetime) -> None:
    record = {"content": FAILED, **TAGS}
    assert event_of(record, "p/l/0@c", received).id != event_of({**record, **other}, "p/l/0@c", received).id


def test_without_offsets_the_pack_is_the_place_and_without_tags_the_origin(received: datetime) -> None:
    packed = {"content": FAILED, "__tag__:__pack_id__": "5F1-A"}
    assert event_of(packed, "p/l/0@c1", received).id == event_of(packed, "p/l/0@c2", received).id
    plain = {"content": FAILED}
    assert event_of(plain, "f:1", received).id != event_of(plain, "f:2", received).id
    assert event_of(plain, "f:1", received).id == event_of(plain, "f:1", received).id


def test_a_source_reads_its_own_lines_and_no_others(received: datetime) -> None:
    event = SSHD.read({"content": FAILED, **TAGS}, "p/l/0@c", received)
    assert event.fields["source_ip"] == "203.0.113.7"
    assert event.origin == "p/l/0@c"
    for content in ("Nov 23 11:32:24 web su[1]: x", "oops", None):
        with pytest.raises(ValueError, match=r"not a line of sshd|header|neither"):
            SSHD.read({"content": content}, "p/l/0@c", received)


def test_the_hosts_zone_is_in_a_tag_or_given(received: datetime) -> None:
    record = {"content": FAILED, "__tag__:timezone": "Asia/Shanghai"}
    assert event_of(record, "o", received).time.isoformat() == "2026-11-23T03:32:24+00:00"


def test_a_time_that_cant_be_read_is_the_time_of_receipt(received: datetime) -> None:
    assert event_of({"MESSAGE": "x", "_COMM": "sshd"}, "o", received).time == received
    assert event_of({"content": FAILED.replace("Nov 23", "Feb 31")}, "o", received).time == received


def test_an_event_tells_people_who_did_what_where(received: datetime) -> None:
    subject = SSHD.subject(event_of({"content": FAILED}, "o", received))
    assert (subject.actor, subject.action, subject.address, subject.resource) == (
        *("root", "sshd:login_failed", "203.0.113.7", "web-01"),
    )


def test_an_event_can_be_copied_and_compared_like_any_other(received: datetime) -> None:
    event = event_of({"content": FAILED}, "o", received)
    assert copy.copy(event) == event
    assert replace(event, origin="elsewhere").id == event.id
    assert event.id in repr(event)
    with pytest.raises(AttributeError):
        _ = event.nothing  # type: ignore[attr-defined]


def test_the_place_fills_in_what_a_line_leaves_out(received: datetime) -> None:
    (event,) = HostLines().read("Nov 23 11:32:24 sshd[1]: hi you", "f:1", received, Place("web-09"))
    assert isinstance(event, Event)
    assert event.fields["host"] == "web-09"


def test_shapes_leave_out_what_differs() -> None:
    assert shape_of("run 7 for 'a b' at 10:11:12 from 2001:db8::7") == "run * for * at * from *"
    assert shape_of('id 5f1e8a9c0d from 10.0.0.1 "x" face') == "id * from * * face"


def test_shapes_are_counted_in_bounded_memory() -> None:
    shapes = ShapeCount(most=2)
    for word in ("a", "b", "c", "d", "a"):
        shapes.add(f"{word} 7 " + "x" * 1000)
    assert sorted(shapes.counts.values()) == [1, 2, 2]
    assert shapes.counts[REST] == 2
    assert shapes.total() == 5
    assert all(len(shape) < 300 and len(shapes.examples[shape]) < 300 for shape in shapes.counts)


def test_journal_entries_by_logtail_and_by_journalctl_are_the_same_event(received: datetime) -> None:
    message = "Failed password for root from 203.0.113.7 port 5 ssh2"
    entry = {"MESSAGE": message, "SYSLOG_IDENTIFIER": "sshd", "_PID": "12", "_HOSTNAME": "web-01"}
    stamp = "1795433544113582"
    by_logtail = event_of({**entry, "_realtime_timestamp_": stamp}, "o", received)
    (by_journalctl,) = HostLines().read(json.dumps({**entry, "__REALTIME_TIMESTAMP": stamp}), "o", received)
    assert isinstance(by_journalctl, Event)
    assert by_logtail.fields == by_journalctl.fields
    assert by_logtail.time == by_journalctl.time
    assert Counter(by_logtail.fields)["attempts"] == 1
