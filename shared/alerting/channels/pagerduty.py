"""PagerDuty Events API v2: an incident of ours is an alert there, opened and closed by its id.

Source: "Events API v2 overview" and "Send an alert event" (developer.pagerduty.com).
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from shared.alerting.channels.channel import Clock, Compose, Outcome
from shared.alerting.channels.faults import reported
from shared.alerting.channels.post import Answer, checked, encoded, post
from shared.alerting.channels.verdict import attempt, retry_after
from shared.alerting.message import Message
from shared.alerting.neutralise import capped, plain
from shared.alerting.notice import Notice

MAX_SUMMARY = 1024  # characters
MAX_KEY = 255

SEVERITIES = {
    "critical": "critical",
    "high": "error",
    "medium": "warning",
    "low": "info",
    "informational": "info",
}
_ACTIONS = {"open": "trigger", "acknowledged": "acknowledge", "closed": "resolve"}
_REJECTED = {
    400: "the event is malformed or the routing key is not valid",
    401: "the routing key is not valid",
    403: "the routing key may not be used",
    404: "no such address",
    413: "the event is too large",
}


class PagerDuty:
    """A Channel to one integration of one service."""

    def __init__(
        self,
        routing_key: str,
        compose: Compose,
        *,
        url: str = "https://events.pagerduty.com/v2/enqueue",
        timeout: float = 10.0,
        now: Clock = time.time,
    ) -> None:
        """`routing_key` is the integration's. `timeout` is in seconds, per attempt.

        Raises ValueError for a URL that others could read on the way.
        """
        self._routing_key = routing_key
        self._compose = compose
        self._url = checked(url, "url")
        self._timeout, self._now = timeout, now

    def __repr__(self) -> str:
        return "PagerDuty(routing_key=***)"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. A repetition is dropped over there, by the incident's id."""
        body = encoded({"routing_key": self._routing_key, **event(notice, self._compose(notice))})
        answer = attempt("PagerDuty", partial(post, self._url, body), deadline, self._timeout, self._now)
        return answer if isinstance(answer, Outcome) else self._judged(answer)

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`. An event may have 512 kB."""
        return True

    def _judged(self, answer: Answer) -> Outcome:
        """Only HTTP 202 with the status `success` in its body is a delivery."""
        if answer.status == 202 and answer.text("status") == "success":
            return Outcome.sent()
        said = reported(answer.body.decode(errors="replace"), (self._routing_key,))
        if answer.status in _REJECTED:
            return Outcome.rejected(
                f"PagerDuty answered HTTP {answer.status}, {_REJECTED[answer.status]}: {said}"
            )
        wait = retry_after(answer.headers.get("Retry-After", ""), self._now())
        return Outcome.retry(f"PagerDuty answered HTTP {answer.status}: {said}", wait)


def event(notice: Notice, message: Message) -> dict[str, Any]:
    """The event without its key. An alert that is acknowledged or closed stays so: what comes later is added
    to it, or opens it anew."""
    ends = notice.kind in ("note", "end") or notice.alert.status == "resolved"
    action = _ACTIONS[notice.state] if ends else "trigger"
    told: dict[str, Any] = {
        "event_action": action,
        "dedup_key": capped(notice.incident or notice.id, MAX_KEY),
        "client": "Trailguard",
    }
    if action != "trigger":
        return told
    links = [{"href": button.url, "text": button.label} for button in message.buttons]
    return {**told, "payload": _payload(notice, message), "links": links}


def _payload(notice: Notice, message: Message) -> dict[str, Any]:
    alert = notice.alert
    return {
        "summary": capped(plain(message.title), MAX_SUMMARY),
        "source": plain(alert.account_id) or "Trailguard",
        "severity": "info" if alert.mode == "drill" else SEVERITIES.get(message.level, "critical"),
        "timestamp": alert.time.isoformat(),
        "component": capped(plain(alert.resource), MAX_SUMMARY),
        "group": capped(plain(alert.rule), MAX_SUMMARY),
        "class": capped(plain(alert.action), MAX_SUMMARY),
        "custom_details": {fact.label: fact.text for fact in message.facts},
    }
