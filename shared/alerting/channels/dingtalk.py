"""DingTalk custom robot: signed markdown messages, judged by the errcode in the answer's body.

Source: "Custom robot access" (open.dingtalk.com/document/robots/custom-robot-access).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests

from shared.alerting.alert import Alert
from shared.alerting.channels.channel import OUT_OF_TIME, Clock, Compose, Outcome
from shared.alerting.channels.faults import describe, reported
from shared.alerting.message import Fact, Message
from shared.alerting.neutralise import dingtalk

MAX_BODY = 20_000  # bytes of the whole JSON; above it the robot answers 460101
BLOCKED_FOR = 600.0  # seconds a robot stays blocked after more than 20 messages in a minute
MAX_ANSWER = 4096

_TRANSIENT = {-1: "the system is busy"}
_THROTTLED = {
    130101: "more than 20 messages a minute",
    410100: "messages come too fast",
    90030: "the robot is over its limit",
}
_UNFIT = {
    430101: "content check: unsafe link",
    430102: "content check: text",
    430103: "content check: image",
    430104: "content check",
    460101: "the message is too long",
    101002: "the message is too long",
}
_PERMANENT = {
    310000: "refused by the robot's security settings: signature, keyword or IP address",
    400013: "the group was dissolved",
    400101: "the access token does not exist",
    400102: "the robot is disabled",
    400105: "the message type is not supported",
    400106: "the robot is not in the group",
    300001: "wrong kind of robot",
    40035: "the JSON is missing",
    43004: "wrong Content-Type",
}
_MEANINGS = {**_TRANSIENT, **_THROTTLED, **_UNFIT, **_PERMANENT}
# A message that the content check ate is told again in these facts: none holds an attacker's words.
_OWN_WORDS = ("when", "account", "rule", "id")


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

        `mobiles` are the phone numbers to mention. `timeout` is in seconds, per attempt; `requests`
        counts it anew at each piece of the answer's headers, so DingTalk is trusted not to drip those.
        """
        self._token, self._secret = token, secret
        self._compose = compose
        self._mobiles, self._everyone = tuple(mobiles), everyone
        self._url = base_url.rstrip("/") + "/robot/send"
        self._timeout, self._now = timeout, now

    def __repr__(self) -> str:
        return "DingTalk(token=***)"

    def send(self, alert: Alert, deadline: float) -> Outcome:
        """See `Channel.send`. What the content check refuses is sent once more, as text in our own words."""
        message = self._compose(alert)
        code, outcome = self._post(self._rich(message), deadline)
        if code not in _UNFIT:
            return outcome
        bare_code, bare = self._post(self._bare(message), deadline)
        return Outcome.rejected(bare.reason) if bare_code in _UNFIT else bare

    def _post(self, body: bytes, deadline: float) -> tuple[int | None, Outcome]:
        """The errcode, None when there was none, and the outcome of one attempt."""
        left = min(self._timeout, deadline - self._now())
        if left <= 0:
            return None, OUT_OF_TIME
        query = signed_query(self._token, self._secret, self._now())
        try:
            status, answer = self._exchange(query, body, left)
        except requests.RequestException as error:
            return None, Outcome.retry(f"DingTalk could not be reached: {describe(error)}")
        if status != 200:
            return None, Outcome.retry(f"DingTalk answered HTTP {status}")
        return self._judged(answer, (self._token, self._secret, query.get("sign", "")))

    def _exchange(self, query: Mapping[str, str], body: bytes, left: float) -> tuple[int, bytes]:
        give_up = time.monotonic() + left
        headers = {"Content-Type": "application/json; charset=utf-8"}
        with requests.post(
            self._url,
            params=query,
            data=body,
            headers=headers,
            timeout=left,
            allow_redirects=False,
            stream=True,
        ) as response:
            answer = b""
            for byte in response.iter_content(1):  # a larger chunk would wait for a slow sender to fill it
                answer += byte
                if len(answer) >= MAX_ANSWER or time.monotonic() >= give_up:
                    break
            return response.status_code, answer

    def _judged(self, answer: bytes, secrets: Sequence[str]) -> tuple[int | None, Outcome]:
        """HTTP 200 says nothing: only errcode 0, a number, is a delivery."""
        try:
            told = json.loads(answer)
            code, words = told["errcode"], told.get("errmsg", "")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None, Outcome.retry(
                "DingTalk answered HTTP 200 without an errcode: is a proxy in the way?"
            )
        if type(code) is not int:
            return None, Outcome.retry("DingTalk answered HTTP 200 with an errcode that is not a number")
        if code == 0:
            return code, Outcome.sent()
        meaning = _MEANINGS.get(code, "unknown error")
        return code, self._outcome(code, f"DingTalk {code}, {meaning}: {reported(str(words), secrets)}")

    def _outcome(self, code: int, reason: str) -> Outcome:
        if code in _THROTTLED:
            return Outcome.parked(reason, until=self._now() + BLOCKED_FOR)
        if code in _PERMANENT:
            return Outcome.rejected(reason)
        return Outcome.retry(reason)

    def _rich(self, message: Message) -> bytes:
        """A markdown message, or a card with a button when there is a runbook to open."""
        title, text = dingtalk(message.title), _markdown(message)

        def payload(text: str) -> dict[str, Any]:
            if not message.link:
                return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
            button = {"singleTitle": dingtalk(message.label("do")), "singleURL": message.link}
            return {"msgtype": "actionCard", "actionCard": {"title": title, "text": text, **button}}

        return self._fitted(payload, text)

    def _bare(self, message: Message) -> bytes:
        facts = [fact for fact in message.facts if fact.key in _OWN_WORDS]
        text = "\n".join([dingtalk(message.title), *map(_labelled, facts)])
        return self._fitted(lambda text: {"msgtype": "text", "text": {"content": text}}, text)

    def _fitted(self, payload: Callable[[str], dict[str, Any]], text: str) -> bytes:
        """The JSON of `payload(text + mention)`, with `text` cut between characters to fit MAX_BODY."""
        mention = self._mention()
        at = {"atMobiles": self._mobiles, "isAtAll": self._everyone}
        body = _encoded({**payload(text + mention), "at": at})
        if len(body) <= MAX_BODY:
            return body
        room = len(text.encode()) - (len(body) - MAX_BODY) - len("…".encode())
        kept = text.encode()[: max(room, 0)].decode(errors="ignore") + "…"
        return _encoded({**payload(kept + mention), "at": at})

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


def _markdown(message: Message) -> str:
    """No line begins with event text, so that none becomes a list, a rule or a heading."""
    return "\n\n".join([f"### {dingtalk(message.title)}", *map(_bold, message.facts)])


def _bold(fact: Fact) -> str:
    lines = [dingtalk(line) for line in fact.lines]
    told = lines[0] if len(lines) == 1 else "".join(f"\n\n• {line}" for line in lines)
    return f"**{fact.label}**: {told}"


def _labelled(fact: Fact) -> str:
    return f"{fact.label}: {dingtalk(fact.text)}"


def _encoded(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()  # \uXXXX would double the size of Chinese text
