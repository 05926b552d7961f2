"""A look at the live account after a match: is the bucket public now, is the port open, has the user MFA.

Read-only, within a budget of time for each batch, and what was looked at is remembered for a while. Whatever
keeps it from seeing leaves the match *unconfirmed*, with the reason: it never holds an alert back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.audits.collector import MISUNDERSTOOD, Account, Inquiry, Unanswered
from shared.audits.look_ups import LOOK_UPS, LookUp
from shared.detection.confirm import Answer
from shared.events.event import Event
from shared.events.text import text_of

log = logging.getLogger(__name__)

BUDGET = 8.0
"""Seconds that the looks of one batch may take together."""

FRESH = 30.0
"""Seconds that what was seen holds good: a change made of twenty calls is looked at once."""


@dataclass
class Confirmer:
    """The Look of one batch. `clock` is in seconds and only goes forward."""

    account: Account
    region: str
    now: datetime
    account_id: str = ""
    clock: Callable[[], float] = time.monotonic
    budget: float = BUDGET
    look_ups: Mapping[str, LookUp] = field(default_factory=lambda: LOOK_UPS)
    _seen: dict[tuple[str, str, str], tuple[float, Answer]] = field(default_factory=dict)
    _spent: float = 0.0

    def __call__(self, look: str, event: Event) -> Answer:
        """See detection.confirm.Look."""
        look_up = self.look_ups[look]
        what = look_up.named_by(event)
        if not what:
            return Answer("unconfirmed", "the event does not say which one it was")
        region = text_of(event.fields.get("acsRegion")) or self.region
        known = self._seen.get((look, region, what))
        if known and self.clock() - known[0] < FRESH:
            return known[1]
        return self._looked(look, look_up, region, what)

    def _looked(self, look: str, look_up: LookUp, region: str, what: str) -> Answer:
        if self._spent >= self.budget:
            return Answer("unconfirmed", "no time was left to look at the live account")
        begun = self.clock()
        answer = _answer(look_up, self._inquiry(look_up, region), what)
        self._spent += self.clock() - begun
        if answer.outcome != "unconfirmed":
            self._seen[look, region, what] = (begun, answer)
        return answer

    def _inquiry(self, look_up: LookUp, region: str) -> Inquiry:
        return Inquiry(look_up.apis, region, self.now, self.account_id, self.account)


def permissions() -> list[str]:
    """What the look-ups need to be allowed to do, each RAM action once, sorted."""
    return sorted({api.permission for look_up in LOOK_UPS.values() for api in look_up.apis})


def _answer(look_up: LookUp, ask: Inquiry, what: str) -> Answer:
    """What the look shows of `what`; whatever fails leaves it unconfirmed."""
    try:
        return look_up.look(ask, what)
    except Unanswered as error:
        return Answer("unconfirmed", f"{error.api} failed: {error.error}")
    except MISUNDERSTOOD as error:
        return Answer("unconfirmed", f"the answer was not understood ({type(error).__name__})")
    except Exception as error:  # an alert goes out whatever the look does
        log.exception("a look-up failed")
        return Answer("unconfirmed", f"the look-up failed ({type(error).__name__})")
