"""WeCom (企业微信) group robot: markdown of 4,096 bytes at most, judged by the errcode in the answer's body.

Source: "Group robot configuration" (developer.work.weixin.qq.com/document/path/91770), and its table of error
codes (path/90313).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from shared.alerting.channels.channel import Clock, Compose, Outcome
from shared.alerting.channels.post import checked, encoded, post
from shared.alerting.channels.verdict import Service, attempt
from shared.alerting.message import Fact, Message, fitted
from shared.alerting.neutralise import unmarked
from shared.alerting.notice import Notice

MAX_CONTENT = 4096  # bytes of the markdown
BLOCKED_FOR = 60.0  # seconds; a robot takes 20 messages a minute

SERVICE = Service(
    "WeCom",
    code="errcode",
    words="errmsg",
    blocked_for=BLOCKED_FOR,
    codes={
        -1: ("retry", "the system is busy"),
        45009: ("parked", "more than 20 messages a minute"),
        40058: ("unfit", "the message is too long or malformed"),
        45002: ("unfit", "the message is too long"),
        93000: ("rejected", "the robot's key is not valid"),
        93004: ("rejected", "the robot is disabled"),
        93008: ("rejected", "the robot is not in the group"),
        40008: ("rejected", "the message type is not supported"),
    },
)
_COLOURS = {"critical": "warning", "high": "warning", "medium": "comment"}  # the only ones that WeCom knows
_OWN_WORDS = ("when", "account", "rule", "incident", "id")


class WeCom:
    """A Channel to one robot of one group."""

    def __init__(
        self,
        key: str,
        compose: Compose,
        *,
        user_ids: Sequence[str] = (),
        base_url: str = "https://qyapi.weixin.qq.com",
        timeout: float = 10.0,
        now: Clock = time.time,
    ) -> None:
        """`key` is the last part of the robot's address, and its only secret. `user_ids` are whom to mention.
        `timeout` is in seconds, per attempt. Raises ValueError for a `base_url` that others could read."""
        self._key = key
        self._compose = compose
        self._user_ids = tuple(user_ids)
        self._url = checked(base_url, "base_url").rstrip("/") + "/cgi-bin/webhook/send"
        self._timeout, self._now = timeout, now

    def __repr__(self) -> str:
        return "WeCom(key=***)"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. Markdown that is refused is sent once more, as text in our own words."""
        message = self._compose(notice)
        rich = fitted(message, self._markdown, MAX_CONTENT).decode()
        code, outcome = self._post({"msgtype": "markdown", "markdown": {"content": rich}}, deadline)
        if SERVICE.kind(code) != "unfit":
            return outcome
        code, bare = self._post({"msgtype": "text", "text": {"content": _bare(message)}}, deadline)
        return replace(Outcome.rejected(bare.reason) if SERVICE.kind(code) == "unfit" else bare, posts=2)

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`."""
        return len(self._markdown(self._compose(notice))) <= MAX_CONTENT

    def _post(self, payload: dict[str, object], deadline: float) -> tuple[int | None, Outcome]:
        """The errcode, None when there was none, and the outcome of one attempt."""
        exchange = partial(post, self._url, encoded(payload), query={"key": self._key})
        answer = attempt(SERVICE.name, exchange, deadline, self._timeout, self._now)
        return (
            (None, answer)
            if isinstance(answer, Outcome)
            else SERVICE.judge(answer, (self._key,), self._now())
        )

    def _markdown(self, message: Message) -> bytes:
        colour = _COLOURS.get(message.level, "info")
        title = f'### <font color="{colour}">{unmarked(message.title)}</font>'
        told = [message.body] if message.body else map(_fact, message.facts)
        links = [f"[{button.label}]({button.url})" for button in message.buttons]
        mentions = [f"<@{name}>" for name in self._user_ids]
        ends = [" · ".join(links), " ".join(mentions)]
        return "\n".join([title, *told, *filter(None, ends)]).encode("utf-8", "replace")


def _fact(fact: Fact) -> str:
    lines = [unmarked(line) for line in fact.lines]
    told = lines[0] if len(lines) == 1 else "".join(f"\n> • {line}" for line in lines) + "\n"
    return f"**{fact.label}**: {told}"


def _bare(message: Message) -> str:
    """Well below the 2,048 bytes that a text may have."""
    facts = [fact.shortened(0.25) for fact in message.facts if fact.key in _OWN_WORDS]
    lines = [unmarked(message.title), *(f"{fact.label}: {unmarked(fact.text)}" for fact in facts)]
    return "\n".join(lines)
