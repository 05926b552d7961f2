"""Slack incoming webhook: blocks of rich text, which Slack does not search for markup, mentions or links.

Source: "Sending messages using incoming webhooks" and "Rich text block" (docs.slack.dev).
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

from shared.alerting.channels.channel import Clock, Compose, Outcome
from shared.alerting.channels.faults import reported
from shared.alerting.channels.post import Answer, checked, encoded, post
from shared.alerting.channels.verdict import attempt, retry_after
from shared.alerting.message import Button, Fact, Message, fitted
from shared.alerting.neutralise import capped, unmarked, unmentioned
from shared.alerting.notice import Notice

MAX_BODY = 12_000  # bytes of the whole JSON: Slack names no limit for rich text; of plain text it takes more
MAX_HEADER = 150  # characters

# The answers that a retry does not change, by HTTP status; the words in the body say more.
_REJECTED = {
    403: "the app may not post there",
    404: "no such webhook or channel",
    410: "the channel is archived",
}
_UNFIT = 400  # invalid_payload, invalid_blocks: plain text may still pass


class Slack:
    """A Channel to one Slack channel."""

    def __init__(
        self,
        url: str,
        compose: Compose,
        *,
        timeout: float = 10.0,
        now: Clock = time.time,
    ) -> None:
        """`url` is the webhook's address, and a secret. `timeout` is in seconds, per attempt.

        Raises ValueError for a URL that others could read on the way.
        """
        self._url = checked(url, "api_url")
        self._compose = compose
        self._timeout, self._now = timeout, now

    def __repr__(self) -> str:
        return "Slack(url=***)"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. Blocks that Slack refuses are sent once more as one line of text."""
        message = self._compose(notice)
        status, outcome = self._post(fitted(message, _blocks, MAX_BODY), deadline)
        if status != _UNFIT:
            return outcome
        status, bare = self._post(encoded({"text": _line(message)}), deadline)
        return replace(Outcome.rejected(bare.reason) if status == _UNFIT else bare, posts=2)

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`."""
        return len(_blocks(self._compose(notice))) <= MAX_BODY

    def _post(self, body: bytes, deadline: float) -> tuple[int | None, Outcome]:
        """The HTTP status, None when there was none, and the outcome of one attempt."""
        answer = attempt("Slack", partial(post, self._url, body), deadline, self._timeout, self._now)
        return (None, answer) if isinstance(answer, Outcome) else (answer.status, self._judged(answer))

    def _judged(self, answer: Answer) -> Outcome:
        """Only the word `ok` in an HTTP 200 is a delivery."""
        said = reported(answer.body.decode(errors="replace"), self._secrets())
        if answer.status == 200 and answer.body.strip() == b"ok":
            return Outcome.sent()
        reason = f"Slack answered HTTP {answer.status}: {said}"
        if answer.status in _REJECTED:
            return Outcome.rejected(
                f"Slack answered HTTP {answer.status}, {_REJECTED[answer.status]}: {said}"
            )
        return Outcome.retry(reason, retry_after(answer.headers.get("Retry-After", ""), self._now()))

    def _secrets(self) -> tuple[str, ...]:
        return (self._url, *self._url.partition("/services/")[2].split("/"))


def _blocks(message: Message) -> bytes:
    """`text` is what a notification shows, and is read as markup: it holds the title alone."""
    header = {"type": "plain_text", "text": capped(_line(message), MAX_HEADER), "emoji": False}
    elements = [_plain(message.body)] if message.body else [_fact(fact) for fact in message.facts]
    if message.buttons:
        elements.append(_links(message.buttons))
    blocks = [{"type": "header", "text": header}, {"type": "rich_text", "elements": elements}]
    return encoded({"text": _line(message), "blocks": blocks, "unfurl_links": False, "unfurl_media": False})


def _line(message: Message) -> str:
    return f"[{unmentioned(message.badge)}] {unmarked(message.heading)}"


def _fact(fact: Fact) -> dict[str, Any]:
    lines = [unmentioned(line) for line in fact.lines]
    told = f" {lines[0]}" if len(lines) == 1 else "".join(f"\n• {line}" for line in lines)
    label = {"type": "text", "text": f"{fact.label}:", "style": {"bold": True}}
    return _section([label, {"type": "text", "text": f"{told}\n"}])


def _plain(text: str) -> dict[str, Any]:
    return _section([{"type": "text", "text": f"{text}\n"}])


def _links(buttons: tuple[Button, ...]) -> dict[str, Any]:
    """Links rather than buttons: a button without an app behind it shows a warning when it is pressed."""
    parts: list[dict[str, Any]] = []
    for button in buttons:
        parts += [{"type": "text", "text": " · "}] if parts else []
        parts.append({"type": "link", "url": button.url, "text": button.label})
    return _section(parts)


def _section(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": elements}
