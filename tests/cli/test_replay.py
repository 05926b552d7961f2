"""`trailguard replay`: files judged and printed."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from shared.config import HERE
from tests.cli.conftest import event

RULE = "actiontrail-stopped-or-deleted"


def test_json_gives_one_alert_a_line_with_all_that_a_program_needs(trailguard, tmp_path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(json.dumps(e) for e in (event(), event("DescribeTrails", 2))))
    done = trailguard("replay", "--json", str(file))
    assert (done.code, done.err) == (0, "")
    (alert,) = done.lines
    assert alert["rule"] == RULE
    assert alert["level"] == "critical"
    assert alert["source"] == "actiontrail"
    assert alert["account_id"] == "1234567890123456"
    assert alert["time"] == "2026-11-20T03:04:05Z"
    assert alert["event_ids"] == ["event-1"]
    assert alert["origin"] == f"{file}:1"
    assert {"id", "title", "tags", "summary"} <= alert.keys()


def test_a_file_with_nothing_to_tell_is_no_failure(trailguard) -> None:
    done = trailguard("replay", "-", "--json", stdin=json.dumps(event("DescribeTrails")))
    assert (done.code, done.out) == (0, "")


def test_a_person_reads_who_what_where_and_the_totals(trailguard) -> None:
    done = trailguard("replay", "-", stdin=json.dumps(event()))
    for words in ("CRITICAL", "mallory", "203.0.113.9", "runbooks/", "1 events judged, 1 alert"):
        assert words in done.out
    assert "\x1b" not in done.out  # no colours where nobody can see them


def test_what_cannot_be_read_is_named_and_the_rest_is_judged(trailguard, tmp_path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(
        json.dumps(event()).encode()
        + b"\n{torn\n\xff\xfe\n[1]\n"
        + json.dumps(event("DeleteTrail", 2)).encode()
    )
    done = trailguard("replay", "--json", str(file), str(tmp_path / "missing.json"))
    assert done.code == 2
    assert [alert["event_ids"] for alert in done.lines] == [["event-1"], ["event-2"]]
    for line in (2, 3, 4):
        assert f"{file}:{line}: " in done.err
    assert "missing.json" in done.err


def test_a_delivery_file_may_be_compressed_and_a_page_may_be_piped(trailguard, tmp_path) -> None:
    file = tmp_path / "Actiontrail_cn-hangzhou_20261120.gz"
    file.write_bytes(gzip.compress(json.dumps([event(), event("DeleteTrail", 2)]).encode()))
    assert len(trailguard("replay", "--json", str(file)).lines) == 2
    page = json.dumps({"Events": [event()], "RequestId": "x"}, indent=2)
    assert len(trailguard("replay", "--json", "-", stdin=page).lines) == 1


def test_since_leaves_out_what_came_before(trailguard) -> None:
    events = json.dumps([event(), event("DeleteTrail", 2, eventTime="2026-11-20T05:00:00Z")])
    done = trailguard("replay", "--json", "--since", "2026-11-20T04:00:00Z", "-", stdin=events)
    assert [alert["event_ids"] for alert in done.lines] == [["event-2"]]
    assert trailguard("replay", "--since", "yesterday", "-").code == 2


@pytest.mark.parametrize("moment", ["2026-11-20", "2026-11-20T03:04:05Z", "2026-11-20T11:04:05+08:00"])
def test_since_takes_a_date_or_a_moment_in_any_zone(trailguard, moment) -> None:
    assert len(trailguard("replay", "-", "--json", "--since", moment, stdin=json.dumps(event())).lines) == 1


def test_what_a_torn_file_lacks_is_told_after_what_it_holds(trailguard, tmp_path) -> None:
    file = tmp_path / "delivery.gz"
    file.write_bytes(gzip.compress(json.dumps(event()).encode() + b"\n") + gzip.compress(b"{}")[:12])
    done = trailguard("replay", "--json", str(file))
    assert (done.code, len(done.lines)) == (2, 1)
    assert f"{file}: the gzip file can't be read to its end" in done.err


def test_an_event_delivered_twice_is_told_once(trailguard) -> None:
    done = trailguard("replay", "-", stdin=json.dumps([event(), event()]))
    assert "1 alert, 1 duplicate dropped" in done.out


@pytest.fixture
def alerts(tmp_path) -> Path:
    """A copy of what is shipped, for a team to break."""
    return Path(shutil.copytree(HERE / "alerts", tmp_path / "alerts"))


def test_a_broken_rule_is_named_and_the_others_judge(trailguard, alerts) -> None:
    (alerts / "rules" / "half.yml").write_text("title: half\nlevle: high\n")
    done = trailguard("replay", "--json", "--alerts", str(alerts), "-", stdin=json.dumps(event()))
    assert done.code == 2
    assert "alerts/rules/half.yml:2: unknown key 'levle'; did you mean 'level'?" in done.err
    assert [alert["rule"] for alert in done.lines] == [RULE]


def test_without_a_rule_nothing_is_judged(trailguard, alerts) -> None:
    shutil.rmtree(alerts / "rules")
    (alerts / "rules").mkdir()
    done = trailguard("replay", "--alerts", str(alerts), "-", stdin=json.dumps(event()))
    assert (done.code, done.out) == (2, "")
    assert "not one rule could be loaded" in done.err
