from __future__ import annotations

import json
import time

import pytest

from shared.alerting.channels.apprise import BEST_EFFORT, Apprise
from shared.alerting.notice import notice_of
from tests.receivers.server import Answer, Receiver, Request

pytest.importorskip("apprise", reason="the extra `apprise` is not installed")


class JsonEndpoint(Receiver):
    """What Apprise's json:// posts to."""

    def usual(self, request: Request) -> Answer:
        return Answer(200)

    @property
    def address(self) -> str:
        return f"json://user:apprise-secret@127.0.0.1:{self.port}/"


@pytest.fixture
def endpoint():
    with JsonEndpoint() as running:
        yield running


@pytest.fixture
def channel(endpoint, with_runbooks):
    return Apprise(endpoint.address, with_runbooks)


def test_an_alert_arrives_and_the_outcome_says_what_that_is_worth(channel, endpoint, notice, soon):
    outcome = channel.send(notice, soon)
    assert (outcome.kind, outcome.reason) == ("sent", BEST_EFFORT)
    body = json.loads(endpoint.requests[0].body)
    assert "Root signed in without MFA" in body["title"]
    assert "Who: root" in body["message"]
    assert "What to do: https://git.example.com/security/alerts/runbooks/root.md" in body["message"]


def test_a_refusal_is_retried(channel, endpoint, notice, soon):
    endpoint.script(Answer(500), times=9)
    assert channel.send(notice, soon).kind == "retry"


def test_a_slow_service_is_given_up_at_the_deadline(channel, endpoint, notice):
    endpoint.script(Answer(delay=20))
    started = time.monotonic()
    outcome = channel.send(notice, time.time() + 0.5)
    assert (outcome.kind, outcome.reason) == ("retry", "Apprise: no answer in time")
    assert time.monotonic() - started < 2


def test_after_the_deadline_nothing_is_sent(channel, endpoint, notice):
    assert channel.send(notice, time.time() - 1).kind == "retry"
    assert endpoint.requests == []


def test_a_plugin_that_breaks_is_retried_without_its_words(channel, notice, soon, endpoint):
    def broken(**_: object) -> bool:
        raise RuntimeError("json://user:apprise-secret@127.0.0.1 is wrong")

    channel._service.notify = broken
    outcome = channel.send(notice, soon)
    assert (outcome.kind, outcome.reason) == ("retry", "Apprise broke: RuntimeError")


def test_an_unknown_url_is_refused_and_not_repeated(in_english):
    with pytest.raises(ValueError, match="knows no service") as error:
        Apprise("nosuch://apprise-secret", in_english)
    assert "apprise-secret" not in str(error.value)


def test_hostile_text_holds_no_markup(channel, endpoint, hostile, soon):
    channel.send(notice_of(hostile), soon)
    message = json.loads(endpoint.requests[0].body)["message"]
    told = message.replace("https://git.example.com", "")
    assert not set(told) & set("<>@[]*`")
    assert "https://" not in told
