from __future__ import annotations

import pytest

from shared.alerting.channels.slack import MAX_BODY, Slack
from shared.alerting.notice import notice_of
from tests.receivers.server import Answer
from tests.receivers.slack import SlackWebhook, elements_of


@pytest.fixture
def webhook():
    with SlackWebhook() as running:
        yield running


@pytest.fixture
def channel(webhook, with_runbooks):
    return Slack(webhook.hook, with_runbooks)


def test_an_alert_is_a_header_and_rich_text_with_bold_labels_and_a_link(channel, webhook, notice, soon):
    assert channel.send(notice, soon).kind == "sent"
    [message] = webhook.messages
    assert message["text"] == "[CRITICAL] Root signed in without MFA"
    header, rich = message["blocks"]
    assert header["text"]["text"] == "[CRITICAL] Root signed in without MFA"
    assert rich["type"] == "rich_text"
    elements = list(elements_of(message))
    assert {"type": "text", "text": "Who:", "style": {"bold": True}} in elements
    assert {"type": "text", "text": " root\n"} in elements
    assert elements[-1] == {
        "type": "link",
        "url": "https://git.example.com/security/alerts/runbooks/root.md",
        "text": "What to do",
    }


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "action_prohibited"), (404, "channel_not_found"), (410, "channel_is_archived")],
)
def test_what_a_retry_can_not_mend_is_rejected(channel, webhook, notice, soon, status, words):
    webhook.script(Answer(status, words.encode()))
    outcome = channel.send(notice, soon)
    assert (outcome.kind, words in outcome.reason) == ("rejected", True)


def test_blocks_that_are_refused_are_told_once_more_as_one_line(channel, webhook, notice, soon):
    webhook.script(Answer(400, b"invalid_blocks"))
    assert channel.send(notice, soon).kind == "sent"
    assert webhook.messages == [{"text": "[CRITICAL] Root signed in without MFA"}]


def test_a_line_that_is_refused_too_is_rejected(channel, webhook, notice, soon):
    webhook.script(Answer(400, b"invalid_payload"), times=2)
    outcome = channel.send(notice, soon)
    assert (outcome.kind, "invalid_payload" in outcome.reason) == ("rejected", True)


def test_an_http_200_without_ok_is_retried(channel, webhook, notice, soon):
    webhook.script(Answer(200, b'{"ok":false,"error":"channel_not_found"}'))
    assert channel.send(notice, soon).kind == "retry"


def test_the_longest_message_fits(channel, webhook, alert, soon):
    long = dict.fromkeys(("title", "summary", "actor", "action", "resource", "rule"), "告" * 500)
    told = notice_of(type(alert).from_dict({**alert.to_dict(), **long, "reasons": ["告" * 500] * 20}))
    assert channel.send(told, soon).kind == "sent"
    assert MAX_BODY / 2 < len(webhook.requests[0].body) <= MAX_BODY


@pytest.mark.parametrize("url", ["http://hooks.slack.com/services/s3cret", "s3cret"])
def test_an_address_that_would_give_its_secret_away_is_refused_and_not_repeated(in_english, url):
    with pytest.raises(ValueError, match="api_url") as error:
        Slack(url, in_english)
    assert "s3cret" not in str(error.value)
