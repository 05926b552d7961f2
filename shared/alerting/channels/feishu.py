"""Feishu (Lark) custom robot: signed cards, judged by the code in the answer's body.

Source: "Custom bot usage guide" (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).
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

MAX_BODY = 20_000  # bytes of the whole JSON
PACE = 0.21  # seconds between two messages: a robot takes five a second
BLOCKED_FOR = 60.0  # seconds; a robot takes 100 messages a minute

SERVICE = Service(
    "Feishu",
    code="code",
    words="msg",
    blocked_for=BLOCKED_FOR,
    codes={
        11232: ("parked", "messages come too fast"),
        9499: ("unfit", "the request is malformed or too long"),
        19002: ("unfit", "a parameter is wrong"),
        19001: ("rejected", "the robot's address is not valid"),
        19021: ("rejected", "the signature does not match, or the clock is an hour off"),
        19022: ("rejected", "this IP address is not allowed"),
        19024: ("rejected", "the robot's keyword is not in the message"),
    },
)
_COLOURS = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue"}
_PRESSED = ("do", "ack", "silence")
_OWN_WORDS = ("when", "account", "rule", "incident", "id")


class Feishu:
    """A Channel to one robot of one group."""

    def __init__(
        self,
        url: str,
        secret: str,
        compose: Compose,
        *,
        user_ids: Sequence[str] = (),
        everyone: bool = False,
        timeout: float = 10.0,
        now: Clock = time.time,
    ) -> None:
        """`url` is the robot's address, itself a secret; `secret` signs, and is empty for a robot secured by
        keyword or IP address. `user_ids` (`ou_…`) are whom to mention. `timeout` is in seconds, per attempt.

        Raises ValueError for a URL that others could read on the way.
        """
        self._url, self._secret = checked(url, "the robot's url"), secret
        self._compose = compose
        self._user_ids, self._everyone = tuple(user_ids), everyone
        self._timeout, self._now = timeout, now
        self._next = 0.0

    def __repr__(self) -> str:
        return "Feishu(url=***)"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. A card that is refused as malformed is sent again, as text in our own words."""
        message = self._compose(notice)
        code, outcome = self._post(fitted(message, self._card, MAX_BODY - _SIGNED), deadline)
        if SERVICE.kind(code) != "unfit":
            return outcome
        code, bare = self._post(self._bare(message), deadline)
        return replace(Outcome.rejected(bare.reason) if SERVICE.kind(code) == "unfit" else bare, posts=2)

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`."""
        return len(self._card(self._compose(notice))) <= MAX_BODY - _SIGNED

    def _post(self, body: bytes, deadline: float) -> tuple[int | None, Outcome]:
        """The code, None when there was none, and the outcome of one attempt."""
        signature = signed(self._secret, self._now())
        proof = encoded(signature)[1:-1]
        whole = b"{" + proof + b", " + body[1:] if proof else body
        time.sleep(max(self._next - time.monotonic(), 0))
        self._next = time.monotonic() + PACE
        exchange = partial(post, self._url, whole)
        answer = attempt(SERVICE.name, exchange, deadline, self._timeout, self._now)
        if isinstance(answer, Outcome):
            return None, answer
        hook = self._url.rpartition("/")[2]
        return SERVICE.judge(answer, (self._url, hook, self._secret, signature.get("sign", "")), self._now())

    def _card(self, message: Message) -> bytes:
        pressed = [button for button in message.buttons if button.key in _PRESSED]
        links = [f"[{b.label}]({b.url})" for b in message.buttons if b.key not in _PRESSED]
        told = [message.body] if message.body else [_fact(fact) for fact in message.facts]
        texts = [*told, *filter(None, [" · ".join(links), self._mention()])]
        elements: list[dict[str, Any]] = [{"tag": "div", "text": _lark(text)} for text in texts]
        if pressed:
            elements.append({"tag": "action", "actions": [_button(b, b is pressed[0]) for b in pressed]})
        header = {
            "title": {
                "tag": "plain_text",
                "content": f"[{unmarked(message.badge)}] {unmarked(message.heading)}",
            },
            "template": _COLOURS.get(message.level, "grey"),
        }
        card = {"config": {"wide_screen_mode": True}, "header": header, "elements": elements}
        return encoded({"msg_type": "interactive", "card": card})

    def _bare(self, message: Message) -> bytes:
        facts = [fact for fact in message.facts if fact.key in _OWN_WORDS]
        lines = [unmarked(message.title), *(f"{fact.label}: {unmarked(fact.text)}" for fact in facts)]
        return encoded({"msg_type": "text", "content": {"text": "\n".join(lines)}})

    def _mention(self) -> str:
        names = [*self._user_ids, *(["all"] if self._everyone else [])]
        return " ".join(f"<at id={name}></at>" for name in names)


_SIGNED = 120  # bytes that timestamp and signature add to a body


def signed(secret: str, now: float) -> dict[str, str]:
    """What signs one attempt, in the body; `now` (Unix seconds) may be an hour old at most.

    Unlike DingTalk's: timestamp and secret are the key, and what they sign is empty.
    """
    if not secret:
        return {}
    timestamp = str(int(now))
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}


def _fact(fact: Fact) -> str:
    lines = [unmarked(line) for line in fact.lines]
    told = lines[0] if len(lines) == 1 else "".join(f"\n• {line}" for line in lines)
    return f"**{fact.label}**: {told}"


def _lark(text: str) -> dict[str, str]:
    return {"tag": "lark_md", "content": text}


def _button(button: Button, is_first: bool) -> dict[str, Any]:
    label = {"tag": "plain_text", "content": button.label}
    return {
        "tag": "button",
        "text": label,
        "type": "primary" if is_first else "default",
        "url": button.url,
    }
