"""Trying again within one call: most faults of a network pass in a second, and the next minute is far."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alerting.channels.channel import OUT_OF_TIME, Outcome

SLOW = timedelta(seconds=5)
"""An attempt that fails after so long is not made again at once: the channel hangs."""


@dataclass(frozen=True)
class Patience:
    """`pauses` are the longest ones between attempts, in seconds: each is cut by chance (full jitter), so
    that several workers do not come back together. `now` is the clock that attempts are measured by."""

    pauses: tuple[float, ...] = ()
    now: Callable[[], datetime] = datetime.now
    sleep: Callable[[float], None] = time.sleep

    def attempted(self, attempt: Callable[[], Outcome], give_up: float) -> Outcome:
        """The outcome, after as many attempts as help and begin before `give_up` (Unix seconds)."""
        began = self.now()
        outcome, posts = attempt(), 0
        for longest in self.pauses:
            pause = random.uniform(0, longest)
            if not self._may_pass(outcome, began) or self.now().timestamp() + pause >= give_up:
                break
            self.sleep(pause)
            posts += outcome.posts
            began = self.now()
            outcome = attempt()
        return replace(outcome, posts=posts + outcome.posts) if posts else outcome

    def _may_pass(self, outcome: Outcome, began: datetime) -> bool:
        """Whether the attempt, begun then, failed fast and by something that may be over in a moment."""
        is_passing = outcome.kind == "retry" and outcome != OUT_OF_TIME and outcome.retry_after is None
        return is_passing and self.now() - began < SLOW


IMPATIENT = Patience()
AT_ONCE = (0.5, 1.0, 2.0)
"""The pauses of the functions: seldom more than three seconds of their minute in all."""
