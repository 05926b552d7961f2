from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from shared.alerting.alert import Alert
from shared.alerting.links import MAX_LINK, Link, runbook_links
from shared.alerting.message import MAX_LINE, MAX_LINES, compose, fitted
from shared.alerting.notice import Entry, Notice, notice_of
from shared.alerting.wording import BADGES, LABELS, LINKS, SENTENCES

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


def message_of(alert: Alert = ROOT_SIGN_IN, language="en", zone=SHANGHAI, base=""):
    return compose(notice_of(alert), language, zone, runbook_links(base))


def told(alert: Alert = ROOT_SIGN_IN, language="en", zone=SHANGHAI, base="") -> dict[str, str]:
    return facts_of(message_of(alert, language, zone, base))


def facts_of(message) -> dict[str, str]:
    return {fact.key: fact.text for fact in message.facts}


def link_of(alert: Alert, base: str) -> str:
    return next((button.url for button in message_of(alert, base=base).buttons), "")


def test_a_message_answers_what_a_woken_person_asks():
    assert message_of().title == "[CRITICAL] Root signed in without MFA"
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
    looked_at = replace(ROOT_SIGN_IN, confirmation="confirmed: it has no MFA device")
    keys = [fact.key for fact in compose(an_update(alerts=(looked_at, ROOT_SIGN_IN)), "en", UTC).facts]
    assert keys == [key for key in LABELS if key in keys]
    assert set(LABELS) - set(keys) == {"incidents"}


def test_what_a_look_at_the_live_account_has_shown_is_told_next_to_what_happened():
    looked_at = replace(ROOT_SIGN_IN, confirmation="unconfirmed: ram:GetUserMFAInfo failed: NoPermission")
    keys = list(told(looked_at))
    assert keys[:2] == ["what", "checked"]
    assert told(looked_at)["checked"] == "unconfirmed: ram:GetUserMFAInfo failed: NoPermission"


def test_a_chinese_team_reads_chinese_labels():
    message = message_of(language="zh")
    assert message.title == "[严重] Root signed in without MFA"
    assert [fact.label for fact in message.facts][:4] == ["事件", "操作者", "来源地址", "时间"]


@pytest.mark.parametrize("table", [LABELS, BADGES, LINKS, SENTENCES])
def test_every_word_exists_in_both_languages(table):
    assert all(words["en"] and words["zh"] for words in table.values())


def test_a_reader_in_utc_sees_the_time_once():
    assert told(zone=UTC)["when"] == "2026-11-02 18:30:05 UTC"


def test_an_empty_fact_is_left_out():
    bare = replace(ROOT_SIGN_IN, actor="", address=" \u200b", reasons=(), runbook="", region="")
    assert {"who", "from", "why", "do", "region"}.isdisjoint(told(bare))


def test_the_runbook_becomes_a_button_where_the_team_can_read_it():
    message = message_of(base=RUNBOOKS + "/")
    assert [(b.label, b.url) for b in message.buttons] == [("What to do", RUNBOOKS + "/runbooks/root.md")]
    assert "do" not in facts_of(message)


def test_the_runbook_link_keeps_its_section():
    alert = replace(ROOT_SIGN_IN, runbook="runbooks/root.md#first minutes")
    assert link_of(alert, RUNBOOKS) == RUNBOOKS + "/runbooks/root.md#first%20minutes"


@pytest.mark.parametrize("runbook", ["../../evil", "r" * MAX_LINK, ""])
def test_a_runbook_that_leads_astray_gets_no_link(runbook):
    assert link_of(replace(ROOT_SIGN_IN, runbook=runbook), RUNBOOKS) == ""


def test_a_runbook_can_not_leave_the_base_address():
    alert = replace(ROOT_SIGN_IN, runbook="javascript:alert(1)?x=\r\n[a](b)")
    link = link_of(alert, RUNBOOKS)
    assert link.startswith(RUNBOOKS + "/")
    assert not set(link) & set(' \r\n()[]<>"?')


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x/a b", "https://x/)[", "https://x/|y", "https://x/>", "ftp://x/"]
)
def test_a_link_that_could_end_a_channels_markup_is_left_out(url):
    assert compose(notice_of(ROOT_SIGN_IN), "en", UTC, lambda notice: (Link("ack", url),)).buttons == ()


# What the notice tells beyond its alert


def an_update(**changes) -> Notice:
    other = replace(ROOT_SIGN_IN, id="f" * 32, level="high", title="Key made", actor="bob", resource="key")
    usual = {
        "id": "1a2b3c-2",
        "kind": "update",
        "incident": "1a2b3c",
        "alerts": (ROOT_SIGN_IN, other, other),
        "count": 12,
        "new": 5,
        "first": ROOT_SIGN_IN.time,
        "last": ROOT_SIGN_IN.time + timedelta(minutes=9),
    }
    return Notice(**{**usual, **changes})


def test_an_update_says_how_many_and_since_when():
    message = compose(an_update(), "en", SHANGHAI)
    assert message.title == "[CRITICAL] Root signed in without MFA (×12)"
    assert facts_of(message)["status"] == "12 alerts so far, 5 new; First 11-03 02:30:05, last 11-03 02:39:05"
    assert facts_of(message)["incident"] == "1a2b3c"


def test_an_update_names_the_other_alerts_alike_ones_once():
    assert facts_of(compose(an_update(), "en", UTC))["also"] == "[HIGH] 2× Key made — bob — key; … and 9 more"


def test_the_subject_stays_the_same_while_the_count_grows():
    assert compose(an_update(), "en", UTC).subject == message_of().subject


@pytest.mark.parametrize(
    ("kind", "language", "words"),
    [
        ("repeat", "en", "Still open: nobody has acknowledged it"),
        ("escalation", "en", "Escalated: nobody has acknowledged it"),
        ("repeat", "zh", "仍未处理：无人确认"),
        ("escalation", "zh", "已升级：无人确认"),
    ],
)
def test_a_reminder_says_why_it_comes(kind, language, words):
    message = compose(an_update(kind=kind, note="still open"), language, UTC)
    assert facts_of(message)["status"].startswith(words)


def test_a_note_is_told_first():
    message = compose(an_update(kind="note", note="Acknowledged by ann."), "en", UTC)
    assert (message.facts[0].key, message.facts[0].text) == ("status", "Acknowledged by ann.")


def a_digest(*entries: Entry) -> Notice:
    return an_update(kind="digest", id="digest-1", incident="", entries=entries, count=57)


def test_a_digest_has_a_line_for_each_incident_and_the_gravest_badge():
    entries = [
        Entry("1", "high", "Key made", "bob", "user/bob", 3),
        Entry("2", "critical", "Root signed in", "root", "", 1),
    ]
    message = compose(a_digest(*entries), "en", UTC)
    assert message.title == "[CRITICAL] 2 incidents, 57 alerts"
    assert facts_of(message)["incidents"].split("; ") == [
        "[HIGH] 3× Key made — bob — user/bob",
        "[CRITICAL] Root signed in — root",
    ]


def many_entries(number: int) -> list[Entry]:
    return [Entry(str(n), "high", f"Key {n} made", "bob", "user/bob", 1) for n in range(number)]


def rendered(message) -> bytes:
    return "\n".join(line for fact in message.facts for line in fact.lines).encode()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_digest_that_is_too_long_is_cut_between_incidents_and_says_how_many_are_missing(language):
    message = compose(a_digest(*many_entries(500)), language, UTC)
    lines = fitted(message, rendered, 4000).decode().splitlines()
    kept = [line for line in lines if "Key" in line]
    assert all(line.endswith(" — bob — user/bob") for line in kept)
    assert len(kept) > 50
    assert any(str(500 - len(kept)) in line for line in lines)


def test_what_fits_is_not_cut():
    message = compose(an_update(), "en", UTC)
    assert fitted(message, rendered, 10_000) == rendered(message)


@pytest.mark.parametrize("limit", [4096, 2048, 1024])
def test_the_longest_message_is_cut_to_any_length(limit):
    message = compose(notice_of(hostile_alert()), "zh", SHANGHAI)
    body = fitted(message, rendered, limit)
    assert limit / 2 < len(body) <= limit
    body.decode()


HOSTILE = "x\r\n\x1b[31m\u202e\u200b\ud800😀" * 1000


def hostile_alert() -> Alert:
    told = ROOT_SIGN_IN.to_dict()
    texts = {name: HOSTILE for name, value in told.items() if isinstance(value, str) and name != "time"}
    return Alert.from_dict({**told, **texts, "reasons": [HOSTILE] * 100, "tags": [HOSTILE]})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_field_of_a_hostile_alert_is_capped_and_one_clean_line(language):
    message = message_of(hostile_alert(), language, base=RUNBOOKS)
    lines = [
        message.level,
        message.badge,
        message.name,
        *(line for fact in message.facts for line in fact.lines),
    ]
    assert all(len(line) <= MAX_LINE and line.isprintable() for line in lines)
    assert all(len(button.url) <= MAX_LINK for button in message.buttons)
    assert [len(fact.lines) for fact in message.facts if fact.key == "why"] == [MAX_LINES + 1]


def test_a_cut_value_and_left_out_reasons_say_so():
    alert = replace(ROOT_SIGN_IN, actor="a" * 300, reasons=tuple(f"reason {n}" for n in range(20)))
    assert told(alert)["who"] == "a" * (MAX_LINE - 1) + "…"
    assert told(alert)["why"].endswith("reason 7; … +12")


def test_an_unknown_level_is_shown_as_it_is():
    assert message_of(replace(ROOT_SIGN_IN, level="urgent")).title.startswith("[URGENT] ")


def test_what_the_event_has_not_is_told_only_where_nothing_else_is():
    held = ("eventName is StopLogging", "not (facts.outcome is failure)")
    assert told(replace(ROOT_SIGN_IN, reasons=held))["why"] == "eventName is StopLogging"
    assert told(replace(ROOT_SIGN_IN, reasons=held[1:]))["why"] == "not (facts.outcome is failure)"
