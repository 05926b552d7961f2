"""DingTalk custom robot: signed markdown messages, judged by the errcode in the answer's body.

Source: "Custom robot access" (open.dingtalk.com/document/robots/custom-robot-access).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from shared.alerting.channels.channel import Clock, Compose, Outcome
from shared.alerting.channels.post import checked, encoded, post
from shared.alerting.channels.verdict import Service, attempt
from shared.alerting.message import Button, Fact, Message, fitted
from shared.alerting.neutralise import unmarked
from shared.alerting.notice import Notice

MAX_BODY = 20_000  # bytes of the whole JSON; above it the robot answers 460101
BLOCKED_FOR = 600.0  # seconds a robot stays blocked after more than 20 messages in a minute

SERVICE = Service(
    "DingTalk",
    code="errcode",
    words="errmsg",
    blocked_for=BLOCKED_FOR,
    codes={
        -1: ("retry", "the system is busy"),
        130101: ("parked", "more than 20 messages a minute"),
        410100: ("parked", "messages come too fast"),
        90030: ("parked", "the robot is over its limit"),
        430101: ("unfit", "content check: unsafe link"),
        430102: ("unfit", "content check: text"),
        430103: ("unfit", "content check: image"),
        430104: ("unfit", "content check"),
        460101: ("unfit", "the message is too long"),
        101002: ("unfit", "the message is too long"),
        310000: ("rejected", "refused by the robot's security settings: signature, keyword or IP address"),
        400013: ("rejected", "the group was dissolved"),
        400101: ("rejected", "the access token does not exist"),
        400102: ("rejected", "the robot is disabled"),
        400105: ("rejected", "the message type is not supported"),
        400106: ("rejected", "the robot is not in the group"),
        300001: ("rejected", "wrong kind of robot"),
        40035: ("rejected", "the JSON is missing"),
        43004: ("rejected", "wrong Content-Type"),
    },
)
_CARD_BUTTONS = ("do", "ack", "silence")  # the other links stand in the text
# A message that the content check ate is told again in these facts: none holds an attacker's words.
_OWN_WORDS = ("when", "account", "rule", "incident", "id")


class DingTalk:
    """A Channel to one robot of one group."""

    def __init__(
        self,
        token: str,
        secret: str,
        compose: Compose,
        *,
        mobiles: Sequence[str] = (),
        everyone: bool = False,
        base_url: str = "https://oapi.dingtalk.com",
        timeout: float = 10.0,
        now: Clock = time.time,
    ) -> None:
        """`secret` is the whole `SEC…` string; empty for a robot secured by keyword or IP address.

        `mobiles` are the phone numbers to mention. `timeout` is in seconds, per attempt.

        Raises ValueError for a `base_url` that others could read on the way.
        """
        self._token, self._secret = token, secret
        self._compose = compose
        self._mobiles, self._everyone = tuple(mobiles), everyone
        self._url = checked(base_url, "base_url").rstrip("/") + "/robot/send"
        self._timeout, self._now = timeout, now

    def __repr__(self) -> str:
        return "DingTalk(token=***)"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. What the content check refuses is sent once more, as text in our own words."""
        message = self._compose(notice)
        code, outcome = self._post(self._rich(message), deadline)
        if SERVICE.kind(code) != "unfit":
            return outcome
        code, bare = self._post(self._bare(message), deadline)
        return replace(Outcome.rejected(bare.reason) if SERVICE.kind(code) == "unfit" else bare, posts=2)

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`."""
        return len(self._card(self._compose(notice))) <= MAX_BODY

    def _post(self, body: bytes, deadline: float) -> tuple[int | None, Outcome]:
        """The errcode, None when there was none, and the outcome of one attempt."""
        query = signed_query(self._token, self._secret, self._now())
        exchange = partial(post, self._url, body, query=query)
        answer = attempt(SERVICE.name, exchange, deadline, self._timeout, self._now)
        if isinstance(answer, Outcome):
            return None, answer
        return SERVICE.judge(answer, (self._token, self._secret, query.get("sign", "")), self._now())

    def _rich(self, message: Message) -> bytes:
        return fitted(message, self._card, MAX_BODY)

    def _card(self, message: Message) -> bytes:
        """A markdown message, or a card where there are buttons to press."""
        buttons = [button for button in message.buttons if button.key in _CARD_BUTTONS]
        content = {"title": unmarked(message.title), "text": _markdown(message) + self._mention()}
        if not buttons:
            return self._encoded({"msgtype": "markdown", "markdown": content})
        return self._encoded({"msgtype": "actionCard", "actionCard": {**content, **_pressed(buttons)}})

    def _bare(self, message: Message) -> bytes:
        facts = [fact for fact in message.facts if fact.key in _OWN_WORDS]
        text = "\n".join([unmarked(message.title), *map(_labelled, facts)]) + self._mention()
        return self._encoded({"msgtype": "text", "text": {"content": text}})

    def _encoded(self, payload: dict[str, Any]) -> bytes:
        return encoded({**payload, "at": {"atMobiles": self._mobiles, "isAtAll": self._everyone}})

    def _mention(self) -> str:
        """A markdown message mentions only whom both its text and its `at` name."""
        names = [f"@{mobile}" for mobile in self._mobiles] + ["@所有人"] * self._everyone
        return "\n\n" + " ".join(names) if names else ""


def signed_query(token: str, secret: str, now: float) -> dict[str, str]:
    """The query of one attempt: the signature covers `now` (Unix seconds), which may be an hour old at most.

    HTTP clients quote the values once; quoting them here as well gives "sign not match".
    """
    if not secret:
        return {"access_token": token}
    timestamp = str(round(now * 1000))
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return {"access_token": token, "timestamp": timestamp, "sign": base64.b64encode(digest).decode()}


def _pressed(buttons: Sequence[Button]) -> dict[str, Any]:
    """One button fills the card's width; several stand one below the other."""
    if len(buttons) == 1:
        return {"singleTitle": buttons[0].label, "singleURL": buttons[0].url}
    return {
        "btnOrientation": "0",
        "btns": [{"title": button.label, "actionURL": button.url} for button in buttons],
    }


def _markdown(message: Message) -> str:
    """No line begins with event text, so that none becomes a list, a rule or a heading."""
    links = [f"[{b.label}]({b.url})" for b in message.buttons if b.key not in _CARD_BUTTONS]
    told = [message.body] if message.body else map(_bold, message.facts)
    return "\n\n".join([f"### {unmarked(message.title)}", *told, *filter(None, [" · ".join(links)])])


def _bold(fact: Fact) -> str:
    lines = [unmarked(line) for line in fact.lines]
    told = lines[0] if len(lines) == 1 else "".join(f"\n\n• {line}" for line in lines)
    return f"**{fact.label}**: {told}"


def _labelled(fact: Fact) -> str:
    return f"{fact.label}: {unmarked(fact.text)}"
