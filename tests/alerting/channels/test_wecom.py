from __future__ import annotations

import pytest

from shared.alerting.channels.wecom import BLOCKED_FOR, MAX_CONTENT, WeCom
from shared.alerting.notice import Entry, Notice, notice_of
from tests.receivers.wecom import WeComRobot


@pytest.fixture
def robot():
    with WeComRobot() as running:
        yield running


@pytest.fixture
def channel(robot, with_runbooks):
    return WeCom(robot.key, with_runbooks, base_url=robot.url)


def test_an_alert_is_markdown_with_a_coloured_title_and_a_link(channel, robot, notice, soon):
    assert channel.send(notice, soon).kind == "sent"
    lines = robot.texts()[0].splitlines()
    assert lines[0] == '### <font color="warning">［CRITICAL］ Root signed in without MFA</font>'
    assert "**Who**: root" in lines
    assert "> • mfaChecked is false" in lines
    assert lines[-1] == "[What to do](https://git.example.com/security/alerts/runbooks/root.md)"


@pytest.mark.parametrize("character", ["告", "😀", '"'])
def test_the_longest_message_fits_into_4096_bytes(channel, robot, alert, soon, character):
    long = dict.fromkeys(("title", "summary", "actor", "action", "resource", "rule"), character * 500)
    told = notice_of(type(alert).from_dict({**alert.to_dict(), **long, "reasons": [character * 500] * 20}))
    assert channel.send(told, soon).kind == "sent"
    assert MAX_CONTENT / 2 < len(robot.texts()[0].encode()) <= MAX_CONTENT


def test_a_digest_that_fits_one_message_says_so(channel, alert):
    def digest(number: int) -> Notice:
        entries = tuple(Entry(str(n), "high", f"Key {n}", "bob", "user/bob", 1) for n in range(number))
        return Notice("d", "digest", "", (alert,), number, number, alert.time, alert.time, "", entries)

    assert channel.fits(digest(10))
    assert not channel.fits(digest(300))


def test_a_wrong_key_is_rejected(robot, in_english, notice, soon):
    outcome = WeCom("other", in_english, base_url=robot.url).send(notice, soon)
    assert (outcome.kind, "93000" in outcome.reason) == ("rejected", True)


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [(-1, "retry"), (45009, "parked"), (93004, "rejected"), (93008, "rejected"), (1, "retry")],
)
def test_an_errcode_in_an_http_200_is_never_a_delivery(channel, robot, notice, soon, errcode, kind):
    robot.answer_with(errcode, "scripted words")
    outcome = channel.send(notice, soon)
    assert (outcome.kind, f"WeCom {errcode}" in outcome.reason) == (kind, True)
    assert "scripted words" in outcome.reason


def test_a_robot_that_is_too_quick_waits_a_minute(robot, in_english, notice):
    robot.answer_with(45009)
    channel = WeCom(robot.key, in_english, base_url=robot.url, now=lambda: 1_800_000_000.0)
    assert channel.send(notice, 2e9).until == 1_800_000_000.0 + BLOCKED_FOR


def test_markdown_that_is_refused_is_told_once_more_as_short_text(channel, robot, notice, soon):
    robot.answer_with(40058)
    assert channel.send(notice, soon).kind == "sent"
    [message] = robot.messages
    assert message["msgtype"] == "text"
    assert notice.alert.id[:20] in message["text"]["content"]


def test_people_are_mentioned_when_the_settings_say_so(robot, in_english, notice, soon):
    WeCom(robot.key, in_english, base_url=robot.url, user_ids=["ann"]).send(notice, soon)
    assert robot.texts()[0].endswith("\n<@ann>")
