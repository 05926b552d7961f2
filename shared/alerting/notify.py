"""The telling side, whole: alerts from the outbox, to each channel that should hear of them, once.

shadow → routed → taken on → sent → recorded. One channel's failure never stops or hides another's.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from shared.alerting.alert import LEVELS, Alert
from shared.alerting.channels.channel import OUT_OF_TIME, Outcome
from shared.alerting.deliveries import Deliveries, Delivery
from shared.alerting.receivers import Target, Targets
from shared.alerting.routes import Routing
from shared.state.store import StoreUnavailable

log = logging.getLogger(__name__)


class UntoldError(Exception):
    """Alerts could be neither told nor remembered: whoever handed them over must do so again."""


@dataclass
class Report:
    """What became of the alerts: deliveries by outcome, and alerts that are for nobody, by reason."""

    outcomes: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, int]:
        """For logs and for the function's answer."""
        return {**self.outcomes, **self.untold}


class Notifier:
    """Tells alerts by the routing, through the targets, with the deliveries as its memory."""

    def __init__(
        self,
        routing: Routing,
        targets: Targets,
        deliveries: Deliveries,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._routing = routing
        self._targets = targets
        self._deliveries = deliveries
        self._now = now
        self._by_name = {t.name: t for listed in targets.by_receiver.values() for t in listed}

    def tell(self, alerts: Iterable[Alert], deadline: float) -> Report:
        """Tell new alerts, the gravest first; `deadline` is in Unix seconds.

        What fails, or finds no time, stays pending for `flush`. Raises UntoldError when an alert could be
        neither told nor remembered.
        """
        report = Report()
        wanted = [(t, a) for a in sorted(alerts, key=_gravity) for t in self._targets_of(a, report)]
        try:
            taken = self._deliveries.begin([(t.name, a) for t, a in wanted], self._now())
        except StoreUnavailable as error:
            log.error("the state store is unavailable, alerts may be told twice: %s", error)
            self._tell_unremembered(wanted, report, deadline)
            return report
        report.outcomes["already"] += len(wanted) - len(taken)
        self._send_all(taken, report, deadline)
        return report

    def flush(self, deadline: float) -> Report:
        """Try again what is pending and due. Raises StoreUnavailable."""
        report = Report()
        self._send_all(self._deliveries.due(self._now()), report, deadline)
        return report

    def _targets_of(self, alert: Alert, report: Report) -> list[Target]:
        if alert.mode == "shadow":
            report.untold["shadow"] += 1
            return []
        receivers = self._routing.receivers_of(alert)
        found = self._targets.of(receivers)
        if not found:
            report.untold["no channel"] += 1
            log.warning("alert %s (%s) is for %s: no channel there", alert.id, alert.rule, receivers)
        return found

    def _send_all(self, deliveries: Iterable[Delivery], report: Report, deadline: float) -> None:
        for delivery in sorted(deliveries, key=lambda d: _gravity(d.alert)):
            outcome = self._send(delivery.target, delivery.alert, deadline)
            report.outcomes[outcome.kind] += 1
            if outcome is OUT_OF_TIME:
                continue
            try:
                self._deliveries.record(delivery, outcome, self._now())
            except StoreUnavailable as error:
                log.error("delivery %s was %s, unrecorded: %s", delivery.key, outcome.kind, error)

    def _tell_unremembered(self, wanted: list[tuple[Target, Alert]], report: Report, deadline: float) -> None:
        """Without a memory: everything is sent, rather twice than never, and what fails is handed back."""
        for target, alert in wanted:
            report.outcomes[self._send(target.name, alert, deadline).kind] += 1
        failed = sum(count for kind, count in report.outcomes.items() if kind != "sent")
        if failed:
            raise UntoldError(f"{failed} deliveries failed and the state store is unavailable")

    def _send(self, target_name: str, alert: Alert, deadline: float) -> Outcome:
        target = self._by_name.get(target_name)
        if target is None:
            return Outcome.rejected(f"{target_name} is no longer configured in routes.yml")
        if self._now().timestamp() >= deadline:
            return OUT_OF_TIME
        outcome = _guarded(target, alert, deadline)
        level = logging.INFO if outcome.kind == "sent" else logging.WARNING
        log.log(level, "%s %s %s: %s %s", alert.level, alert.rule, target_name, outcome.kind, outcome.reason)
        return outcome


def _guarded(target: Target, alert: Alert, deadline: float) -> Outcome:
    """The channel's own outcome; a channel that breaks is that channel's failure alone."""
    try:
        return target.channel.send(alert, deadline)
    except Exception as error:  # one broken channel must not silence the others
        log.exception("channel %s broke", target.name)
        return Outcome.retry(f"the channel broke: {type(error).__name__}")


def _gravity(alert: Alert) -> tuple[int, datetime]:
    rank = LEVELS.index(alert.level) if alert.level in LEVELS else len(LEVELS)
    return -rank, alert.time
