from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.alerting.channels.dingtalk import BLOCKED_FOR, MAX_BODY, DingTalk, signed_query
from shared.alerting.links import Link
from shared.alerting.message import compose
from shared.alerting.notice import notice_of
from tests.receivers.dingtalk import DingTalkRobot
from tests.receivers.server import Answer


class Clock:
    """Unix seconds that a test moves by hand."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def robot():
    with DingTalkRobot() as running:
        yield running


@pytest.fixture
def channel(robot, in_english):
    return DingTalk(robot.token, robot.secret, in_english, base_url=robot.url)


def test_an_alert_arrives_signed_and_readable(channel, robot, alert, soon):
    assert channel.send(notice_of(alert), soon).kind == "sent"
    [message] = robot.messages
    assert message["msgtype"] == "markdown"
    assert message["markdown"]["title"] == "［CRITICAL］ Root signed in without MFA"
    lines = message["markdown"]["text"].split("\n\n")
    assert lines[0] == "### ［CRITICAL］ Root signed in without MFA"
    assert "**Who**: root" in lines
    assert "**From**: 203.0.113.9" in lines
    assert "• mfaChecked is false" in lines
    assert f"**Alert ID**: {alert.id}" in lines


def test_a_runbook_link_becomes_the_button_of_a_card(robot, with_runbooks, alert, soon):
    assert (
        DingTalk(robot.token, robot.secret, with_runbooks, base_url=robot.url)
        .send(notice_of(alert), soon)
        .kind
        == "sent"
    )
    card = robot.messages[0]["actionCard"]
    assert card["singleTitle"] == "What to do"
    assert card["singleURL"] == "https://git.example.com/security/alerts/runbooks/root.md"


def test_whom_it_mentions_is_named_in_the_text_and_in_at(robot, in_english, alert, soon):
    people = {"mobiles": ["13800000001", "13800000002"], "everyone": True}
    DingTalk(robot.token, robot.secret, in_english, base_url=robot.url, **people).send(notice_of(alert), soon)
    assert robot.messages[0]["at"] == {"atMobiles": ["13800000001", "13800000002"], "isAtAll": True}
    assert robot.texts()[0].endswith("\n\n@13800000001 @13800000002 @所有人")


def test_hostile_text_becomes_no_link_image_heading_or_mention(channel, robot, hostile, soon):
    assert channel.send(notice_of(hostile), soon).kind == "sent"
    text = robot.texts()[0]
    assert robot.messages[0]["at"] == {"atMobiles": [], "isAtAll": False}
    assert not set(text.replace("**", "").replace("### ", "", 1)) & set("[]()<>`*_#!~|\\@&\x1b\u202e")
    assert "://" not in text
    assert {line[:2] for line in text.split("\n\n")} == {"##", "**", "• "}


def test_the_signature_is_fresh_at_each_attempt(robot, in_english, alert):
    clock = Clock(1_800_000_000.0)
    robot.clock = clock
    channel = DingTalk(robot.token, robot.secret, in_english, base_url=robot.url, now=clock)
    for _ in range(3):
        assert channel.send(notice_of(alert), clock.now + 10).kind == "sent"
        clock.now += 2 * 3600
    queries = [parse_qs(urlsplit(request.path).query) for request in robot.requests]
    assert [len(query["timestamp"]) for query in queries] == [1, 1, 1]
    assert len({query["sign"][0] for query in queries}) == 3


def test_a_robot_without_a_secret_is_called_without_a_signature():
    assert signed_query("t", "", 1.0) == {"access_token": "t"}


def test_a_wrong_secret_is_rejected_with_the_real_reason(robot, in_english, alert, soon):
    outcome = DingTalk(robot.token, "SECwrong", in_english, base_url=robot.url).send(notice_of(alert), soon)
    assert outcome.kind == "rejected"
    assert "310000" in outcome.reason
    assert "sign not match" in outcome.reason


def test_a_clock_that_is_two_hours_off_is_rejected_with_the_real_reason(robot, in_english, alert):
    late = Clock(time.time() - 2 * 3600)
    outcome = DingTalk(robot.token, robot.secret, in_english, base_url=robot.url, now=late).send(
        notice_of(alert), late.now + 9
    )
    assert (outcome.kind, "invalid timestamp" in outcome.reason) == ("rejected", True)


def test_a_wrong_token_is_rejected(robot, in_english, alert, soon):
    outcome = DingTalk("other", robot.secret, in_english, base_url=robot.url).send(notice_of(alert), soon)
    assert outcome.kind == "rejected"
    assert "400101, the access token does not exist" in outcome.reason


def test_the_twenty_first_message_of_a_minute_parks_the_robot_for_ten(robot, in_english, alert):
    clock = Clock(1_800_000_000.0)
    robot.clock = clock
    channel = DingTalk(robot.token, robot.secret, in_english, base_url=robot.url, now=clock)
    outcomes = [channel.send(notice_of(alert), clock.now + 10) for _ in range(21)]
    assert [outcome.kind for outcome in outcomes] == ["sent"] * 20 + ["parked"]
    assert outcomes[-1].until == clock.now + BLOCKED_FOR
    clock.now += BLOCKED_FOR - 1
    assert channel.send(notice_of(alert), clock.now + 10).kind == "parked"


def test_a_parked_robot_takes_messages_again_after_ten_minutes(robot, in_english, alert):
    clock = Clock(1_800_000_000.0)
    robot.clock = clock
    channel = DingTalk(robot.token, robot.secret, in_english, base_url=robot.url, now=clock)
    parked = [channel.send(notice_of(alert), clock.now + 10) for _ in range(21)][-1]
    clock.now = parked.until
    assert channel.send(notice_of(alert), clock.now + 10).kind == "sent"


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        (-1, "retry"),
        (999999, "retry"),
        (130101, "parked"),
        (410100, "parked"),
        (90030, "parked"),
        (310000, "rejected"),
        (400013, "rejected"),
        (400101, "rejected"),
        (400102, "rejected"),
        (400105, "rejected"),
        (400106, "rejected"),
        (300001, "rejected"),
        (40035, "rejected"),
        (43004, "rejected"),
    ],
)
def test_an_errcode_in_an_http_200_is_never_a_delivery(channel, robot, alert, soon, errcode, kind):
    robot.answer_with(errcode, "scripted words")
    outcome = channel.send(notice_of(alert), soon)
    assert outcome.kind == kind
    assert str(errcode) in outcome.reason
    assert "scripted words" in outcome.reason
    assert len(robot.requests) == 1


@pytest.mark.parametrize("errcode", [430101, 430102, 430103, 430104, 460101, 101002])
def test_what_the_content_check_refuses_is_told_once_more_in_our_own_words(
    robot, with_runbooks, hostile, soon, errcode
):
    robot.answer_with(errcode)
    outcome = DingTalk(robot.token, robot.secret, with_runbooks, base_url=robot.url).send(
        notice_of(hostile), soon
    )
    assert outcome.kind == "sent"
    assert len(robot.requests) == 2
    [message] = robot.messages
    assert message["msgtype"] == "text"
    text = message["text"]["content"]
    assert "Root signed in without MFA" in text
    assert hostile.id in text
    assert not any(word in text for word in ("evil", "http", "script", "Resolved"))


def test_a_message_that_the_content_check_refuses_twice_is_rejected(channel, robot, alert, soon):
    robot.answer_with(430104, "内容不合规", times=2)
    outcome = channel.send(notice_of(alert), soon)
    assert outcome.kind == "rejected"
    assert "内容不合规" in outcome.reason
    assert len(robot.requests) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>proxy login</html>",
        b"[]",
        b"null",
        b"7",
        b'{"errmsg":"ok"}',
        b'{"errcode":"0","errmsg":"ok"}',
        b'{"errcode":false}',
        b'{"errcode":0.0}',
        b'{"errcode":null}',
        b"\xff\xfe",
        b"[" * 4000,
        b'{"errcode":0' + b" " * 100_000 + b"}",
    ],
)
def test_an_http_200_that_does_not_say_errcode_0_is_retried(channel, robot, alert, soon, body):
    robot.script(Answer(body=body))
    outcome = channel.send(notice_of(alert), soon)
    assert outcome.kind == "retry"
    assert "errcode" in outcome.reason


@pytest.mark.parametrize("status", [302, 403, 429, 500, 502, 503])
def test_any_other_http_status_is_retried(channel, robot, alert, soon, status):
    robot.script(Answer(status, b'{"errcode":0}', headers={"Location": robot.url + "/elsewhere"}))
    outcome = channel.send(notice_of(alert), soon)
    assert (outcome.kind, str(status) in outcome.reason) == ("retry", True)
    assert len(robot.requests) == 1


def test_a_robot_that_is_down_is_retried(in_english, alert, soon):
    with DingTalkRobot() as robot:
        channel = DingTalk(robot.token, robot.secret, in_english, base_url=robot.url)
    outcome = channel.send(notice_of(alert), soon)
    assert (outcome.kind, "refused" in outcome.reason) == ("retry", True)


@pytest.mark.parametrize(
    "answer", [Answer(delay=30), Answer(body=b" " * 3000, drip=0.05)], ids=["silent", "drips"]
)
def test_a_slow_robot_is_given_up_at_the_deadline(channel, robot, alert, answer):
    robot.script(answer)
    started = time.monotonic()
    outcome = channel.send(notice_of(alert), time.time() + 0.5)
    assert outcome.kind == "retry"
    assert time.monotonic() - started < 2


def test_after_the_deadline_nothing_is_sent(channel, robot, alert):
    assert channel.send(notice_of(alert), time.time() - 1).kind == "retry"
    assert robot.requests == []


def test_no_secret_is_ever_in_an_outcome_or_a_repr(channel, robot, alert, soon):
    robot.answer_with(310000, f"bad access_token={robot.token} secret {robot.secret}")
    told = [channel.send(notice_of(alert), soon).reason]
    robot.script(Answer(status=500, body=robot.token.encode()))
    told.append(channel.send(notice_of(alert), soon).reason)
    robot.__exit__()
    told += [channel.send(notice_of(alert), soon).reason, repr(channel)]
    assert "***" in told[0]
    assert not any(secret in text for text in told for secret in (robot.token, robot.secret, "sign="))


def test_a_robot_that_echoes_the_signature_does_not_get_it_logged(channel, robot, alert, soon):
    robot.usual = lambda request: Answer(
        body=json.dumps({"errcode": 310000, "errmsg": request.path + " " + signature(request)}).encode()
    )
    outcome = channel.send(notice_of(alert), soon)
    assert outcome.kind == "rejected"
    assert signature(robot.requests[0]) not in outcome.reason
    assert urlsplit(robot.requests[0].path).query.partition("sign=")[2] not in outcome.reason


def signature(request) -> str:
    return parse_qs(urlsplit(request.path).query)["sign"][0]


def long_alert(alert, text):
    names = (
        "summary",
        "actor",
        "action",
        "address",
        "region",
        "resource",
        "account_id",
        "rule",
        "origin",
        "id",
    )
    return replace(alert, **dict.fromkeys(names, text), title=text, reasons=(text,) * 8, runbook="")


@pytest.mark.parametrize("character", ["告", "😀", '"', "警a"])
def test_the_longest_message_fits_into_20000_bytes(robot, alert, soon, character):
    chinese = partial(compose, language="zh", timezone=ZoneInfo("Asia/Shanghai"))
    channel = DingTalk(robot.token, robot.secret, chinese, base_url=robot.url, mobiles=["13800000001"])
    assert channel.send(notice_of(long_alert(alert, character * 500)), soon).kind == "sent"
    assert len(robot.requests) == 1
    assert len(robot.requests[0].body) <= MAX_BODY
    assert robot.texts()[0].endswith("@13800000001")


def test_what_is_too_long_is_cut_between_characters_and_nothing_is_left_out(robot, alert, in_english, soon):
    channel = DingTalk(robot.token, robot.secret, in_english, base_url=robot.url)
    long = notice_of(long_alert(alert, "😀" * 500))
    assert channel.send(long, soon).kind == "sent"
    text = robot.texts()[0]
    assert "�" not in text
    assert MAX_BODY * 0.7 < len(robot.requests[0].body) <= MAX_BODY
    assert all(f"**{fact.label}**: " in text for fact in in_english(long).facts)
    assert not channel.fits(long)
    assert channel.fits(notice_of(alert))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from('告😀"a\\\n\ud800é'), min_size=200, max_size=600))
def test_any_text_fits(alert, in_english, text):
    channel = DingTalk("token", "SECx", in_english, mobiles=["13800000001"])
    body = channel._rich(in_english(notice_of(long_alert(alert, text))))
    assert len(body) <= MAX_BODY
    assert json.loads(body)["at"]["atMobiles"] == ["13800000001"]


def with_links(*keys):
    found = tuple(Link(key, f"https://trailguard.example.com/{key}") for key in keys)
    return partial(compose, language="en", timezone=ZoneInfo("UTC"), links=lambda notice: found)


def test_several_buttons_stand_one_below_the_other_and_the_other_links_in_the_text(robot, alert, soon):
    compose_it = with_links("do", "ack", "silence", "query", "event")
    DingTalk(robot.token, robot.secret, compose_it, base_url=robot.url).send(notice_of(alert), soon)
    card = robot.messages[0]["actionCard"]
    assert [button["title"] for button in card["btns"]] == ["What to do", "Acknowledge", "Silence"]
    assert card["btns"][1]["actionURL"] == "https://trailguard.example.com/ack"
    assert "[Search the log](https://trailguard.example.com/query)" in card["text"]
