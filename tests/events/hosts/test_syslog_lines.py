"""Headers of every kind, the years that they leave out, and the zones."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.syslog import repeats, repeats_of_last, split_journal, split_line
from shared.events.syslog_time import UTC, time_of, zone_of

HEADERS = {
    "RFC 3164": (
        "Nov  3 11:32:24 web-01 sshd[12]: hello: you",
        ("Nov  3 11:32:24", "web-01", "sshd", "12", "hello: you"),
    ),
    "with a padded day": ("Nov 03 11:32:24 web-01 su: hi", ("Nov 03 11:32:24", "web-01", "su", "", "hi")),
    "with a priority": (
        "<38>Nov 23 11:32:24 web sshd[12]: hi",
        ("Nov 23 11:32:24", "web", "sshd", "12", "hi"),
    ),
    "ISO 8601": (
        "2026-11-23T11:32:24.113582+08:00 web sshd-session[12]: hi",
        ("2026-11-23T11:32:24.113582+08:00", "web", "sshd-session", "12", "hi"),
    ),
    "RFC 5424": (
        "<38>1 2026-11-23T11:32:24.1Z web sshd 12 - - hi you",
        ("2026-11-23T11:32:24.1Z", "web", "sshd", "12", "hi you"),
    ),
    "RFC 5424 with data": (
        '<38>1 2026-11-23T11:32:24Z web sshd - ID7 [a b="] \\"x"][c] \ufeffhi you',
        ("2026-11-23T11:32:24Z", "web", "sshd", "", "hi you"),
    ),
    "a path for a program": (
        "Nov 23 11:32:24 web /usr/sbin/sshd[1]: hi",
        ("Nov 23 11:32:24", "web", "sshd", "1", "hi"),
    ),
    "RHEL 4's PAM": (
        "Nov 23 11:32:24 web sshd(pam_unix)[1]: hi",
        ("Nov 23 11:32:24", "web", "sshd", "1", "hi"),
    ),
    "no colon": ("Nov 23 11:32:24 web sshd[1] hi", ("Nov 23 11:32:24", "web", "sshd", "1", "hi")),
    "brackets": ("Nov 23 11:32:24 web [sshd] hi", ("Nov 23 11:32:24", "web", "sshd", "", "hi")),
    "no host": ("Nov 23 11:32:24 sshd[1]: hi you", ("Nov 23 11:32:24", "", "sshd", "1", "hi you")),
    "no host, and a message that begins like a program": (
        "Nov 23 11:32:24 sshd[1]: error: hi",
        ("Nov 23 11:32:24", "", "sshd", "1", "error: hi"),
    ),
    "a host that is an address": (
        "2026-11-23T11:32:24Z 2001:db8::22 sshd[1]: hi",
        ("2026-11-23T11:32:24Z", "2001:db8::22", "sshd", "1", "hi"),
    ),
    "a day that is not padded": ("Nov 3 11:32:24 web su: hi", ("Nov  3 11:32:24", "web", "su", "", "hi")),
    "fractions of a second": ("Nov 23 11:32:24.12 web su: hi", ("Nov 23 11:32:24", "web", "su", "", "hi")),
    "a year": ("Nov 3 2026 11:32:24 web su: hi", ("2026-11-03T11:32:24", "web", "su", "", "hi")),
    "BSD, told to be verbose": (
        "Nov 23 11:32:24 <auth.info> web sshd[1]: hi",
        ("Nov 23 11:32:24", "web", "sshd", "1", "hi"),
    ),
    "macOS": (
        "2026-11-23 11:32:24.113582-0700  web sshd[1]: hi",
        ("2026-11-23T11:32:24.113582-0700", "web", "sshd", "1", "hi"),
    ),
    "no message": ("Nov 23 11:32:24 web sshd[1]:", ("Nov 23 11:32:24", "web", "sshd", "1", "")),
    "no program": (
        "Nov 23 11:32:24 web last message repeated 2 times",
        ("Nov 23 11:32:24", "web", "", "", "last message repeated 2 times"),
    ),
    "sudo's spaces": (
        "Nov 23 11:32:24 web sudo:    alice : COMMAND=x",
        ("Nov 23 11:32:24", "web", "sudo", "", "   alice : COMMAND=x"),
    ),
}


@pytest.mark.parametrize(("line", "parts"), HEADERS.values(), ids=HEADERS.keys())
def test_a_header_comes_apart(line: str, parts: tuple[str, ...]) -> None:
    assert split_line(line) == parts


@pytest.mark.parametrize(
    "line",
    [
        "",
        "oops",
        "Nov",
        "Nov 23",
        "Nov 23 11:32:24",
        "Nov 23 11:32:24 web",
        "Nov 2026 11:32:24 x",
        "<38>",
        "<x>Nov 23 11:32:24 web su: x",
        "1 2026-11-23 x",
        "2026-11-23T11",
    ],
)
def test_what_has_no_header_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"header|unpack"):
        split_line(line)


def test_an_entry_of_the_journal_comes_apart_whoever_exported_it() -> None:
    entry = {
        "MESSAGE": "hi",
        "_HOSTNAME": "web",
        "_COMM": "sshd-session",
        "_PID": "12",
        "SYSLOG_IDENTIFIER": "sshd",
    }
    stamp = "2026-11-23T11:32:24.113582+00:00"
    for name in ("__REALTIME_TIMESTAMP", "_realtime_timestamp_", "_SOURCE_REALTIME_TIMESTAMP"):
        assert split_journal({**entry, name: "1795433544113582"}) == (stamp, "web", "sshd", "12", "hi")
    assert split_journal(entry)[0] == ""


def test_an_entry_of_bytes_is_read_and_one_left_out_is_refused() -> None:
    entry = {"MESSAGE": [104, 105, 255], "_COMM": "sshd"}
    assert split_journal(entry)[4] == "hi\\xff"
    with pytest.raises(ValueError, match="without a message"):
        split_journal({"MESSAGE": None, "_COMM": "sshd"})


def test_repetitions_are_counted() -> None:
    assert repeats("message repeated 5 times: [ Failed x [y]]") == (5, "Failed x [y]")
    assert repeats("message repeated many times: [ x]") == (1, "message repeated many times: [ x]")
    assert repeats_of_last("last message repeated 22 times") == 22
    assert repeats_of_last("last message repeated -1 times") == 0


SHANGHAI = ZoneInfo("Asia/Shanghai")

TIMES = {
    "the zone is in the stamp": ("2026-11-23T11:32:24+08:00", UTC, "2026-11-23T03:32:24+00:00"),
    "Z": ("2026-11-23T11:32:24.5Z", SHANGHAI, "2026-11-23T11:32:24.500000+00:00"),
    "without a colon": ("2026-11-23T11:32:24-0530", UTC, "2026-11-23T17:02:24+00:00"),
    "nanoseconds": ("2026-11-23T11:32:24.123456789+00:00", UTC, "2026-11-23T11:32:24.123456+00:00"),
    "the host's zone, in ISO": ("2026-11-23T11:32:24", SHANGHAI, "2026-11-23T03:32:24+00:00"),
    "the host's zone, in RFC 3164": ("Nov 23 11:32:24", SHANGHAI, "2026-11-23T03:32:24+00:00"),
    "winter in New York": ("Nov 23 11:32:24", ZoneInfo("America/New_York"), "2026-11-23T16:32:24+00:00"),
    "summer in New York": ("Jul 23 11:32:24", ZoneInfo("America/New_York"), "2026-07-23T15:32:24+00:00"),
}


@pytest.mark.parametrize(("stamp", "zone", "expected"), TIMES.values(), ids=TIMES.keys())
def test_a_stamp_is_told_in_utc(stamp: str, zone: ZoneInfo, expected: str) -> None:
    received = datetime(2026, 11, 24, tzinfo=UTC)
    assert time_of(stamp, zone, received).isoformat() == expected


@pytest.mark.parametrize(
    ("stamp", "received", "year"),
    [
        ("Nov 23 11:32:24", "2026-11-23T11:32:25+00:00", 2026),
        ("Dec 31 23:59:59", "2027-01-01T00:00:05+00:00", 2026),
        ("Jan  1 00:00:01", "2026-12-31T23:59:58+00:00", 2027),  # the host's clock is ahead
        ("Jan  1 07:30:00", "2026-12-31T23:30:01+00:00", 2027),  # the host is in Shanghai
        ("Nov 26 11:32:24", "2026-11-23T00:00:00+00:00", 2025),  # a file of last year, read again
        ("Feb 29 10:00:00", "2026-03-01T00:00:00+00:00", 2024),
        ("Feb 29 10:00:00", "2103-03-01T00:00:00+00:00", 2096),  # 2100 has none
    ],
)
def test_the_year_left_out_is_the_newest_that_can_be(stamp: str, received: str, year: int) -> None:
    assert time_of(stamp, UTC, datetime.fromisoformat(received)).year == year


@pytest.mark.parametrize(
    "stamp", ["", "Feb 30 10:00:00", "Nov 23 25:00:00", "Nov xx 10:00:00", "2026-13-01T00:00:00"]
)
def test_a_stamp_that_is_none_is_refused(stamp: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        time_of(stamp, UTC, datetime(2026, 11, 24, tzinfo=UTC))


def test_zones_are_known_by_name_and_by_number() -> None:
    assert zone_of("Asia/Shanghai") == SHANGHAI
    assert zone_of("UTC") is UTC
    assert zone_of("+08:00").utcoffset(None) == timedelta(hours=8)
    for wrong in ("Asia/Shanghei", "../etc/passwd", "+8", "-"):
        with pytest.raises(ValueError, match="no such time zone"):
            zone_of(wrong)


@given(st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)), st.integers(0, 300))
def test_a_stamp_without_a_year_comes_back_to_its_time(time: datetime, days: int) -> None:
    received = time.replace(tzinfo=timezone.utc) + timedelta(days=days)
    stamp = f"{time:%b} {time.day:2} {time:%H:%M:%S}"
    assert time_of(stamp, UTC, received) == time.replace(microsecond=0, tzinfo=timezone.utc)
