from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from shared.alerting.alert import Alert
from shared.alerting.message import BADGES, LABELS, MAX_LINE, MAX_LINK, MAX_REASONS, compose

UTC = timezone.utc
SHANGHAI = ZoneInfo("Asia/Shanghai")
RUNBOOKS = "https://git.example.com/security/alerts"

ROOT_SIGN_IN = Alert(
    id="0123456789abcdef0123456789abcdef",
    rule="actiontrail-root-sign-in-without-mfa",
    title="Root signed in without MFA",
    level="critical",
    source="actiontrail",
    account_id="1234567890123456",
    time=datetime(2026, 11, 2, 18, 30, 5, tzinfo=UTC),
    summary="The root user signed in to the console without a second factor",
    event_ids=("event-1",),
    actor="root",
    action="ConsoleSignin",
    address="203.0.113.9",
    region="cn-hangzhou",
    resource="console",
    reasons=("userIdentity.type is root-account", "additionalEventData.mfaChecked is false"),
    runbook="runbooks/root.md",
    origin="trail-project/actiontrail/0@MTc",
)


def told(alert: Alert = ROOT_SIGN_IN, language="en", zone=SHANGHAI, base="") -> dict[str, str]:
    return {fact.key: fact.text for fact in compose(alert, language, zone, base).facts}


def test_a_message_answers_what_a_woken_person_asks():
    assert compose(ROOT_SIGN_IN, "en", SHANGHAI).title == "[CRITICAL] Root signed in without MFA"
    assert told() == {
        "what": "The root user signed in to the console without a second factor",
        "who": "root",
        "from": "203.0.113.9",
        "when": "2026-11-03 02:30:05+08:00 (2026-11-02 18:30:05 UTC)",
        "action": "ConsoleSignin",
        "on": "console",
        "region": "cn-hangzhou",
        "account": "1234567890123456",
        "rule": "actiontrail-root-sign-in-without-mfa",
        "why": "userIdentity.type is root-account; additionalEventData.mfaChecked is false",
        "do": "alerts/runbooks/root.md",
        "id": "0123456789abcdef0123456789abcdef",
        "source": "actiontrail trail-project/actiontrail/0@MTc",
    }


def test_facts_are_told_in_one_order_whatever_the_alert():
    keys = [fact.key for fact in compose(ROOT_SIGN_IN, "en", UTC).facts]
    assert keys == list(LABELS)


def test_a_chinese_team_reads_chinese_labels():
    message = compose(ROOT_SIGN_IN, "zh", SHANGHAI)
    assert message.title == "[严重] Root signed in without MFA"
    assert [fact.label for fact in message.facts][:4] == ["事件", "操作者", "来源地址", "时间"]


@pytest.mark.parametrize("table", [LABELS, BADGES])
def test_every_word_exists_in_both_languages(table):
    assert all(words["en"] and words["zh"] for words in table.values())


def test_a_reader_in_utc_sees_the_time_once():
    assert told(zone=UTC)["when"] == "2026-11-02 18:30:05 UTC"


def test_an_empty_fact_is_left_out():
    bare = replace(ROOT_SIGN_IN, actor="", address=" \u200b", reasons=(), runbook="", region="")
    assert {"who", "from", "why", "do", "region"}.isdisjoint(told(bare))


def test_the_runbook_becomes_a_link_where_the_team_can_read_it():
    message = compose(ROOT_SIGN_IN, "en", UTC, RUNBOOKS + "/")
    assert message.link == RUNBOOKS + "/runbooks/root.md"


def test_the_runbook_link_keeps_its_section():
    alert = replace(ROOT_SIGN_IN, runbook="runbooks/root.md#first minutes")
    assert compose(alert, "en", UTC, RUNBOOKS).link == RUNBOOKS + "/runbooks/root.md#first%20minutes"


@pytest.mark.parametrize("runbook", ["../../evil", "r" * MAX_LINK, ""])
def test_a_runbook_that_leads_astray_gets_no_link(runbook):
    assert compose(replace(ROOT_SIGN_IN, runbook=runbook), "en", UTC, RUNBOOKS).link == ""


def test_a_runbook_can_not_leave_the_base_address():
    alert = replace(ROOT_SIGN_IN, runbook="javascript:alert(1)?x=\r\n[a](b)")
    link = compose(alert, "en", UTC, RUNBOOKS).link
    assert link.startswith(RUNBOOKS + "/")
    assert not set(link) & set(' \r\n()[]<>"?')


HOSTILE = "x\r\n\x1b[31m\u202e\u200b\ud800😀" * 1000


def hostile_alert() -> Alert:
    told = ROOT_SIGN_IN.to_dict()
    texts = {name: HOSTILE for name, value in told.items() if isinstance(value, str) and name != "time"}
    return Alert.from_dict({**told, **texts, "reasons": [HOSTILE] * 100, "tags": [HOSTILE]})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_field_of_a_hostile_alert_is_capped_and_one_clean_line(language):
    message = compose(hostile_alert(), language, SHANGHAI, RUNBOOKS)
    lines = [
        message.level,
        message.badge,
        message.name,
        *(line for fact in message.facts for line in fact.lines),
    ]
    assert all(len(line) <= MAX_LINE and line.isprintable() for line in lines)
    assert len(message.link) <= MAX_LINK
    assert [len(fact.lines) for fact in message.facts if fact.key == "why"] == [MAX_REASONS + 1]


def test_a_cut_value_and_left_out_reasons_say_so():
    alert = replace(ROOT_SIGN_IN, actor="a" * 300, reasons=tuple(f"reason {n}" for n in range(20)))
    assert told(alert)["who"] == "a" * (MAX_LINE - 1) + "…"
    assert told(alert)["why"].endswith("reason 7; … +12")


def test_an_unknown_level_is_shown_as_it_is():
    assert compose(replace(ROOT_SIGN_IN, level="urgent"), "en", UTC).title.startswith("[URGENT] ")


def test_a_message_without_a_fact_has_no_label_for_it():
    message = compose(replace(ROOT_SIGN_IN, runbook=""), "en", UTC)
    assert (message.label("do"), message.label("who")) == ("", "Who")
