"""What holds of every chat: down, slow, lying, or told with a secret in its mouth."""

from __future__ import annotations

import time
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from shared.alerting.links import Link
from shared.alerting.message import compose
from shared.alerting.notice import Entry, Notice, notice_of
from tests.receivers.chats import CHATS
from tests.receivers.server import Answer


@pytest.fixture(params=CHATS, ids=repr)
def chat(request):
    return request.param


@pytest.fixture
def receiver(chat):
    with chat.receiver() as running:
        yield running


@pytest.fixture
def channel(chat, receiver, in_english):
    return chat.channel(receiver, in_english)


def test_an_alert_arrives(channel, receiver, notice, soon):
    assert (channel.send(notice, soon).kind, len(receiver.requests)) == ("sent", 1)
    assert notice.alert.id.encode() in receiver.requests[0].body


@pytest.mark.parametrize("kind", ["update", "repeat", "escalation", "note", "digest"])
def test_every_kind_of_notice_is_taken(channel, receiver, alert, soon, kind):
    entries = (Entry("1", "high", "Key made", "bob", "user/bob", 3),) if kind == "digest" else ()
    told = Notice("n-2", kind, "n", (alert, alert), 12, 5, alert.time, alert.time, "Closed by ann.", entries)
    assert channel.send(told, soon).kind == "sent"


@pytest.mark.parametrize("status", [301, 302, 429, 500, 502, 503])
def test_a_status_that_may_pass_is_retried(channel, receiver, notice, soon, status):
    receiver.script(Answer(status, b"ok", headers={"Location": receiver.url + "/elsewhere"}))
    outcome = channel.send(notice, soon)
    assert (outcome.kind, str(status) in outcome.reason) == ("retry", True)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(channel, receiver, notice, soon, status):
    receiver.script(Answer(status, headers={"Retry-After": "77"}))
    assert channel.send(notice, soon).retry_after == 77


@pytest.mark.parametrize(
    "body", [b"", b"<html>proxy login</html>", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 4000, b"OK?"]
)
def test_an_http_200_that_does_not_say_so_is_no_delivery(channel, receiver, notice, soon, body):
    receiver.script(Answer(200, body))
    assert channel.send(notice, soon).kind == "retry"


def test_a_chat_that_is_down_is_retried(chat, in_english, notice, soon):
    with chat.receiver() as receiver:
        channel = chat.channel(receiver, in_english)
    outcome = channel.send(notice, soon)
    assert (outcome.kind, "refused" in outcome.reason) == ("retry", True)


@pytest.mark.parametrize(
    "answer", [Answer(delay=30), Answer(body=b" " * 3000, drip=0.05)], ids=["silent", "drips"]
)
def test_a_slow_chat_is_given_up_at_the_deadline(channel, receiver, notice, answer):
    receiver.script(answer)
    started = time.monotonic()
    assert channel.send(notice, time.time() + 0.4).kind == "retry"
    assert time.monotonic() - started < 2


def test_after_the_deadline_nothing_is_sent(channel, receiver, notice):
    assert channel.send(notice, time.time() - 1).kind == "retry"
    assert receiver.requests == []


def test_no_secret_is_ever_in_an_outcome_or_a_repr(chat, channel, receiver, notice, soon):
    secrets = chat.secrets(receiver)
    echo = " ".join([*secrets, receiver.url]).encode()
    told = [repr(channel)]
    for status in (200, 400, 403, 500):
        receiver.script(Answer(status, echo), times=2)
        told.append(channel.send(notice, soon).reason)
        receiver._script.clear()
    receiver.__exit__()
    told.append(channel.send(notice, soon).reason)
    assert all(told)
    assert not any(secret in text for text in told for secret in secrets)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_digest_of_thousands_is_cut_and_still_taken(chat, receiver, alert, soon, language):
    channel = chat.channel(receiver, partial(compose, language=language, timezone=ZoneInfo("UTC")))
    entries = tuple(Entry(str(n), "high", f"密钥 {n}", "bob", "user/bob", 1) for n in range(2000))
    digest = Notice("d", "digest", "", (alert,), 2000, 2000, alert.time, alert.time, "", entries)
    assert channel.send(digest, soon).kind == "sent"
    assert len(receiver.requests) == 1


def test_links_are_kept_however_long_the_rest(chat, receiver, alert, soon):
    def links(notice):
        return (Link("do", "https://example.com/do"), Link("ack", "https://example.com/ack?t=1"))

    channel = chat.channel(receiver, partial(compose, language="zh", timezone=ZoneInfo("UTC"), links=links))
    long = type(alert).from_dict({**alert.to_dict(), "summary": "长" * 9000, "reasons": ["长" * 900] * 40})
    assert channel.send(notice_of(long), soon).kind == "sent"
    assert b"https://example.com/ack?t=1" in receiver.requests[0].body
