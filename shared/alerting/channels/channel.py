"""The port between deciding to tell someone and telling them: a Channel sends, and says how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.alerting.message import Message
from shared.alerting.notice import Notice

Clock = Callable[[], float]  # Unix time in seconds, as `time.time`
Compose = Callable[[Notice], Message]  # `message.compose` with the team's language and time zone filled in


@dataclass(frozen=True)
class Outcome:
    """How one attempt went. `reason` is for a person and holds no secret; it is empty only when sent whole.

    `sent`: the other side took it; a `reason` names the recipients it refused.
    `retry`: may work later, not before `retry_after` seconds if that is given.
    `parked`: throttled; nothing will work before `until`, in Unix seconds.
    `rejected`: the same attempt can never work; someone has to mend the settings.
    `posts` are the messages that it took: two, where a first one was refused and a simpler one sent.
    """

    kind: Literal["sent", "retry", "parked", "rejected"]
    reason: str = ""
    retry_after: float | None = None
    until: float | None = None
    posts: int = 1

    @classmethod
    def sent(cls, reason: str = "") -> Outcome:
        """It is there."""
        return cls("sent", reason)

    @classmethod
    def retry(cls, reason: str, retry_after: float | None = None) -> Outcome:
        """It is not there, and may be tried again, at best after so many seconds."""
        return cls("retry", reason, retry_after=retry_after)

    @classmethod
    def parked(cls, reason: str, until: float) -> Outcome:
        """It must not be tried again before `until` (Unix time)."""
        return cls("parked", reason, until=until)

    @classmethod
    def rejected(cls, reason: str) -> Outcome:
        """It will never be taken as it is."""
        return cls("rejected", reason)


OUT_OF_TIME = Outcome.retry("no time left before the deadline")


class Channel(Protocol):
    """A place where notices are told."""

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """Tell `notice`, giving up at `deadline` (Unix seconds). Never raises for what the other side does.

        An attempt that times out may still have arrived: delivery is at least once, and the ids of notice,
        incident or alert are in every message so that a reader, or a program, can see the repetition.
        """

    def fits(self, notice: Notice) -> bool:
        """Whether one message tells all of it. What does not fit is cut when it is sent; a digest can be
        split instead (`digest.split`)."""
