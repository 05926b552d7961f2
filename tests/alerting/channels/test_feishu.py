from __future__ import annotations

import json

import pytest

from shared.alerting.channels.feishu import BLOCKED_FOR, Feishu, signed
from tests.receivers.feishu import FeishuRobot


@pytest.fixture
def robot():
    with FeishuRobot() as running:
        yield running


@pytest.fixture
def channel(robot, with_runbooks):
    return Feishu(robot.hook, robot.secret, with_runbooks)


def test_an_alert_is_a_card_with_a_coloured_header_and_a_button(channel, robot, notice, soon):
    assert channel.send(notice, soon).kind == "sent"
    card = robot.messages[0]["card"]
    assert card["header"] == {
        "title": {"tag": "plain_text", "content": "[CRITICAL] Root signed in without MFA"},
        "template": "red",
    }
    texts = [part["text"]["content"] for part in card["elements"] if part["tag"] == "div"]
    assert "**Who**: root" in texts
    [button] = card["elements"][-1]["actions"]
    assert (button["text"]["content"], button["type"]) == ("What to do", "primary")
    assert button["url"] == "https://git.example.com/security/alerts/runbooks/root.md"


def test_the_signature_is_in_the_body_and_fresh_at_each_attempt(robot, in_english, notice):
    times = iter([1_800_000_000.0] * 3 + [1_800_007_200.0] * 3)
    robot.clock = lambda: float(json.loads(robot.requests[-1].body)["timestamp"])
    channel = Feishu(robot.hook, robot.secret, in_english, now=lambda: next(times))
    assert [channel.send(notice, 2e9).kind for _ in range(2)] == ["sent", "sent"]
    assert len({json.loads(request.body)["sign"] for request in robot.requests}) == 2


def test_a_robot_without_a_secret_gets_no_signature():
    assert signed("", 1.0) == {}


def test_the_known_answer_of_the_signature():
    """Independently: printf '' | openssl dgst -sha256 -hmac $'1599360473\\ndemo' -binary | base64"""
    assert signed("demo", 1599360473.5) == {
        "timestamp": "1599360473",
        "sign": "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=",
    }


def test_a_wrong_secret_is_rejected_with_the_real_reason(robot, in_english, notice, soon):
    outcome = Feishu(robot.hook, "other", in_english).send(notice, soon)
    assert (outcome.kind, "19021" in outcome.reason) == ("rejected", True)


def test_a_wrong_address_is_rejected(robot, in_english, notice, soon):
    outcome = Feishu(robot.hook[:-3], robot.secret, in_english).send(notice, soon)
    assert (outcome.kind, "19001" in outcome.reason) == ("rejected", True)


@pytest.mark.parametrize(
    ("code", "kind"), [(19022, "rejected"), (19024, "rejected"), (11232, "parked"), (99999, "retry")]
)
def test_a_code_in_an_http_200_is_never_a_delivery(channel, robot, notice, soon, code, kind):
    robot.answer_with(code, "scripted words")
    outcome = channel.send(notice, soon)
    assert (outcome.kind, f"Feishu {code}" in outcome.reason) == (kind, True)


def test_a_robot_that_is_too_quick_waits_a_minute(robot, in_english, notice):
    robot.answer_with(11232)
    outcome = Feishu(robot.hook, robot.secret, in_english, now=lambda: 1_800_000_000.0).send(notice, 2e9)
    assert outcome.until == 1_800_000_000.0 + BLOCKED_FOR


def test_a_card_that_is_refused_is_told_once_more_as_text(channel, robot, notice, soon):
    robot.answer_with(9499)
    assert channel.send(notice, soon).kind == "sent"
    [message] = robot.messages
    assert message["msg_type"] == "text"
    assert notice.alert.id in message["content"]["text"]


def test_a_card_that_is_refused_twice_is_rejected(channel, robot, notice, soon):
    robot.answer_with(9499, times=2)
    assert channel.send(notice, soon).kind == "rejected"
    assert len(robot.requests) == 2


def test_people_are_mentioned_when_the_settings_say_so(robot, in_english, notice, soon):
    Feishu(robot.hook, robot.secret, in_english, user_ids=["ou_1"], everyone=True).send(notice, soon)
    assert "<at id=ou_1></at> <at id=all></at>" in robot.texts()[0]


@pytest.mark.parametrize(
    "url", ["http://open.feishu.cn/open-apis/bot/v2/hook/s3cret", "s3cret", "ftp://s3cret"]
)
def test_an_address_that_would_give_its_secret_away_is_refused_and_not_repeated(in_english, url):
    with pytest.raises(ValueError, match="url") as error:
        Feishu(url, "", in_english)
    assert "s3cret" not in str(error.value)
