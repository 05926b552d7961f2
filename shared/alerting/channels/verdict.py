"""What a chat's answer means: HTTP 200 says nothing, the code in its body does. A table for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Literal

import requests

from shared.alerting.channels.channel import OUT_OF_TIME, Clock, Outcome
from shared.alerting.channels.faults import describe, reported
from shared.alerting.channels.post import Answer

Kind = Literal["retry", "parked", "rejected", "unfit"]
"""`unfit`: this message is refused, a simpler one might not be."""

_UNKNOWN: tuple[Kind, str] = ("retry", "unknown error")

MAX_RETRY_AFTER = 3600.0  # seconds; nobody can silence an alert for longer


@dataclass(frozen=True)
class Service:
    """How a service answers: the names of the code and of its words, its codes, and the seconds for which a
    robot that was too quick is blocked. A code that is not in the table may pass by itself."""

    name: str
    code: str
    words: str
    codes: Mapping[int, tuple[Kind, str]]
    blocked_for: float

    def kind(self, code: int | None) -> Kind:
        """What `code` means for the message."""
        return "retry" if code is None else self.codes.get(code, _UNKNOWN)[0]

    def judge(self, answer: Answer, secrets: Sequence[str], now: float) -> tuple[int | None, Outcome]:
        """The code, None where there is none, and the outcome. Only a code of 0, a number, is a delivery."""
        if answer.status != 200:
            return None, self._unanswered(answer, now)
        code = answer.number(self.code)
        if code is None:
            told = (
                f"{self.name} answered HTTP 200 without a number as its {self.code}: is a proxy in the way?"
            )
            return None, Outcome.retry(told)
        if code == 0:
            return code, Outcome.sent()
        kind, meaning = self.codes.get(code, _UNKNOWN)
        said = reported(answer.text(self.words), secrets)
        return code, _outcome(kind, f"{self.name} {code}, {meaning}: {said}", now + self.blocked_for)

    def _unanswered(self, answer: Answer, now: float) -> Outcome:
        wait = retry_after(answer.headers.get("Retry-After", ""), now)
        return Outcome.retry(f"{self.name} answered HTTP {answer.status}", wait)


def attempt(
    name: str, exchange: Callable[[float], Answer], deadline: float, timeout: float, now: Clock
) -> Answer | Outcome:
    """The answer, or how the attempt ended without one. `exchange` is given the seconds that are left."""
    left = min(timeout, deadline - now())
    if left <= 0:
        return OUT_OF_TIME
    try:
        return exchange(left)
    except requests.RequestException as error:
        return Outcome.retry(f"{name} could not be reached: {describe(error)}")


def _outcome(kind: Kind, reason: str, until: float) -> Outcome:
    if kind == "parked":
        return Outcome.parked(reason, until)
    return Outcome.rejected(reason) if kind == "rejected" else Outcome.retry(reason)


def retry_after(header: str, now: float) -> float | None:
    """A Retry-After header, in seconds or as a date (RFC 9110, 10.2.3); None when it says nothing usable."""
    try:
        seconds = float(int(header)) if header.isdecimal() else _until(header) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _until(date: str) -> float:
    moment = parsedate_to_datetime(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
