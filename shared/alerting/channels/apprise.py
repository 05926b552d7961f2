"""Any other service, through Apprise (github.com/caronc/apprise): best effort.

Apprise says yes or no, for some services by the HTTP status alone: a message that the service refuses in its
answer's body counts as sent. So it is for services that Trailguard has no channel of its own for. Where a
name leads is not looked at, as `webhook_configs` does: only an address of the metadata service is refused.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from shared.alerting.channels.address import is_forbidden
from shared.alerting.channels.channel import OUT_OF_TIME, Clock, Compose, Outcome
from shared.alerting.message import Message
from shared.alerting.neutralise import unmarked
from shared.alerting.notice import Notice

BEST_EFFORT = "best effort: Apprise can't see every refusal"


class Apprise:
    """A Channel to one Apprise URL."""

    def __init__(self, url: str, compose: Compose, *, timeout: float = 20.0, now: Clock = time.time) -> None:
        """`url` (`discord://…`) is a secret. `timeout` is in seconds, per attempt.

        Raises ValueError when Apprise is not installed, or does not know such a URL; it quotes nothing of it.
        """
        self._service = _service(url)
        self._compose = compose
        self._timeout, self._now = timeout, now

    def __repr__(self) -> str:
        return "Apprise(url=***)"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. An attempt that is late goes on in the background, and may still arrive."""
        left = min(self._timeout, deadline - self._now())
        if left <= 0:
            return OUT_OF_TIME
        message, outcomes = self._compose(notice), list[Outcome]()
        worker = threading.Thread(target=self._tell, args=(message, outcomes), daemon=True)
        worker.start()
        worker.join(left)
        return outcomes[0] if outcomes else Outcome.retry("Apprise: no answer in time")

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`. Apprise cuts or splits by itself."""
        return True

    def _tell(self, message: Message, outcomes: list[Outcome]) -> None:
        """Which markup the service reads is not known here, so the text holds none."""
        lines = [f"{fact.label}: {unmarked(fact.text)}" for fact in message.facts]
        links = [f"{button.label}: {button.url}" for button in message.buttons]
        body = "\n".join([*lines, *links])
        try:
            told = self._service.notify(body=body, title=unmarked(message.title))
        except Exception as error:  # noqa: BLE001 - any plugin's; its text may quote the URL
            outcomes.append(Outcome.retry(f"Apprise broke: {type(error).__name__}"))
        else:
            outcomes.append(Outcome.sent(BEST_EFFORT) if told else Outcome.retry("Apprise could not tell it"))


def _service(url: str) -> Any:
    try:
        import apprise
    except ImportError:
        raise ValueError("Apprise is not installed: pip install 'trailguard[apprise]'") from None
    if is_forbidden(url):
        raise ValueError("the url leads to the metadata service")
    service = apprise.Apprise()
    if not service.add(url):
        raise ValueError("Apprise knows no service for this url")
    return service
