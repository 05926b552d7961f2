"""`trailguard run`, `check`, `rules`, `explain`, and wrong use of any of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

from shared.config import HERE
from tests.cli.conftest import event


def test_run_shows_a_days_alerts_and_what_to_try_next(trailguard) -> None:
    done = trailguard("run")
    assert done.code == 0
    for words in ("CRITICAL", "Who", "events judged", "What next", "trailguard explain"):
        assert words in done.out


def test_run_tells_nobody_else_whatever_the_environment_holds(trailguard) -> None:
    done = trailguard("run", DINGTALK_TOKEN="t", DINGTALK_SECRET="SECs")
    assert done.code == 0
    assert "WARNING" not in done.err


def test_check_passes_what_is_shipped(trailguard) -> None:
    done = trailguard("check")
    assert done.code == 0, done.out
    assert "all well" in done.out


def test_check_names_every_mistake_and_fails(trailguard, tmp_path) -> None:
    alerts = tmp_path / "alerts"
    shutil.copytree(HERE / "alerts", alerts)
    (alerts / "tuning.yml").write_text("root-sign-inn: {level: low}\n")
    rule = alerts / "rules" / "actiontrail" / "actiontrail-stopped-or-deleted.yml"
    rule.write_text(rule.read_text().replace("StopLogging", "StopLoggin", 1))
    done = trailguard("check", "--alerts", str(alerts))
    assert done.code == 1
    assert "alerts/tuning.yml:1: no rule 'root-sign-inn'; did you mean 'root-sign-in'?" in done.out
    assert re.search(r"actiontrail/actiontrail-stopped-or-deleted.yml:\d\d: test '.*' should fire", done.out)


def test_check_notes_exceptions_that_have_expired(trailguard, tmp_path) -> None:
    alerts = shutil.copytree(HERE / "alerts", tmp_path / "alerts")
    (alerts / "tuning.yml").write_text(
        "root-sign-in:\n  except:\n    - when: {sourceIpAddress: 203.0.113.9}\n      reason: audit week\n"
        "      expires: 2026-01-31\n"
    )
    told = trailguard("check", "--alerts", str(alerts)).out
    assert "note: tuning.yml: root-sign-in: the exception 'audit week' expired on 2026-01-31" in told


def test_check_can_insist_on_configured_channels(trailguard) -> None:
    done = trailguard("check", "--channels", DINGTALK_TOKEN="")
    assert done.code == 1
    assert "DINGTALK_TOKEN" in done.out


def test_rules_can_be_listed_by_item_tag_and_level(trailguard) -> None:
    root = trailguard("rules", "--json", "--tag", "cis.alibaba.2.18").lines
    assert {"root-sign-in"} <= {rule["name"] for rule in root}
    assert all("cis.alibaba.2.18" in rule["tags"] for rule in root)
    critical = trailguard("rules", "--json", "--level", "critical", "--item", "actiontrail").lines
    assert {rule["level"] for rule in critical} == {"critical"}
    assert "did you mean 'kms-keys'?" in trailguard("rules", "--item", "kms-kys").err


def test_explain_says_what_matched_and_what_decided(trailguard) -> None:
    done = trailguard("explain", json.dumps(event()))
    assert "MATCHES actiontrail-stopped-or-deleted (critical, live)" in done.out
    assert "✓ eventName is StopLogging" in done.out


def test_explain_says_why_a_rule_did_not_match(trailguard) -> None:
    other = json.dumps(event(serviceName="Ddos"))
    done = trailguard("explain", other, "--rule", "actiontrail-stopped-or-deleted")
    assert "no match actiontrail-stopped-or-deleted" in done.out
    assert "✗ serviceName is Actiontrail (Ddos)" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["explain", "{}"], "not an ActionTrail event"),
        (["explain", "{torn"], "{torn: "),
        (["explain", "nowhere.json"], "nowhere.json"),
        (["explain", '{"eventName": "x"}', "--rule", "root-sign-inn"], "did you mean 'root-sign-in'?"),
        (["replay"], "FILE"),
        (["rplay"], "invalid choice"),
        (["watch", "nowhere.log"], "nowhere.log: no such file"),
        (["rules", "--alerts", "nowhere"], "nowhere"),
    ],
)
def test_wrong_use_is_told_in_plain_words_with_exit_code_2(trailguard, arguments, says) -> None:
    done = trailguard(*arguments)
    assert done.code == 2
    assert says in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["run", "watch", "replay", "check", "explain", "rules"])
def test_every_command_has_help(trailguard, command) -> None:
    done = trailguard(command, "--help")
    assert done.code == 0
    assert len(done.out) > 200


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m shared.cli.main rules | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, cwd=HERE, check=False, timeout=60)
    assert b"Traceback" not in done.stderr
