"""Access logs of OSS on the command line: OSS's own files, and what was exported from Log Service."""

from __future__ import annotations

import gzip
import json

import pytest

LINE = (
    '{address} - - [23/Nov/2026:20:00:{second:02} +0800] "{method} /{name} HTTP/1.1" {status} 512 127 "-"'
    ' "curl/8.5" "shop.oss-cn-hangzhou.aliyuncs.com" "65AF5037D2F5E3C2A4E6DF{second:02X}" "true"'
    ' "{requester}" "{operation}" "shop" "{name}" 512 88 "{error}" 302 "1234567890123456" - "-" "standard"'
    ' "-" "-" "{key}" "acs:oss:::shop"'
)
USUAL = {
    "address": "203.0.113.7",
    "method": "GET",
    "name": "a.csv",
    "status": 200,
    "requester": "201234567890123456",
    "operation": "GetObject",
    "error": "-",
    "key": "LTAI5tExampleExample0002",
}
STRANGER = {"requester": "-", "key": "-", "address": "198.51.100.66"}
REFUSED = {"status": 403, "error": "AccessDenied"}


def line(second: int, **changes: object) -> str:
    return LINE.format(second=second, **{**USUAL, **changes})


UPLOAD = line(50, method="PUT", operation="PutObject", name="miner.sh", **STRANGER)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_oss_wrote_is_replayed(trailguard, tmp_path, packed: bool) -> None:
    text = "\n".join([*(line(n, **REFUSED) for n in range(31)), line(40, **STRANGER), UPLOAD, ""]).encode()
    path = tmp_path / "shop2026-11-23-20-00-00-0001"
    path.write_bytes(gzip.compress(text) if packed else text)
    done = trailguard("replay", "--json", str(path))
    assert done.code == 0, done.err
    assert {alert["rule"]: alert["time"] for alert in done.lines} == {
        "oss-anonymous-read": "2026-11-23T12:00:40Z",
        "oss-anonymous-write": "2026-11-23T12:00:50Z",
        "oss-denied-key": "2026-11-23T12:00:29Z",
    }


def test_a_file_that_begins_in_the_middle_of_a_line_tells_that_and_goes_on(trailguard) -> None:
    done = trailguard("replay", "--json", "-", stdin=f"{UPLOAD[90:]}\n{UPLOAD}\n")
    assert done.code == 2
    assert [alert["rule"] for alert in done.lines] == ["oss-anonymous-write"]
    assert "stdin:1" in done.err


def test_an_export_of_log_service_is_replayed_beside_a_trail(trailguard, tmp_path) -> None:
    record = {
        "__time__": "1795435207",
        "__topic__": "oss_access_log",
        "operation": "PutObject",
        "bucket": "shop",
        "object": "miner.sh",
        "http_status": "200",
        "access_id": "-",
        "requester_id": "-",
        "owner_id": "1234567890123456",
        "request_id": "65AF5037D2F5E3C2A4E6DF01",
    }
    export, trail = tmp_path / "oss.json", tmp_path / "trail.json"
    export.write_text(json.dumps([record, {**record, "__topic__": "oss_metering_log"}], indent=1))
    trail.write_text(json.dumps({"eventName": "StopLogging", "eventId": "1", "serviceName": "Actiontrail"}))
    done = trailguard("replay", "--json", str(export), str(trail))
    assert done.code == 0, done.err
    assert sorted(alert["rule"] for alert in done.lines) == [
        "actiontrail-stopped-or-deleted",
        "oss-anonymous-write",
    ]
    assert "oss_metering_log" in done.err


def test_a_line_is_explained(trailguard) -> None:
    done = trailguard("explain", UPLOAD)
    assert done.code == 0, done.err
    for words in ("oss:PutObject by anonymous", "facts.access = write", "MATCHES oss-anonymous-write"):
        assert words in done.out


def test_a_file_is_watched(trailguard, tmp_path) -> None:
    path = tmp_path / "oss.log"
    path.write_text(f"{line(1)}\n{UPLOAD}\n")
    state = str(tmp_path / "state.db")
    done = trailguard("watch", "--once", "--from-start", "--state", state, str(path))
    assert done.code == 0, done.err
    assert "miner.sh" in done.out
    assert "CRITICAL" in done.out
