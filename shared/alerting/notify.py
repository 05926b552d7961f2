"""The telling side, whole: alerts from the outbox, to each channel that should hear of them, once.

shadow → routed → silenced → inhibited → grouped → muted or due → handed over → sent → recorded.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from shared.alerting.alert import Alert
from shared.alerting.deliveries import Deliveries, Delivery
from shared.alerting.desk import Desk, Taking
from shared.alerting.drills import Drills, Routed, notice_of_drill
from shared.alerting.incident import Incident
from shared.alerting.inhibition import Inhibitor
from shared.alerting.matchers import labels_of
from shared.alerting.notice import Notice, notice_of
from shared.alerting.patience import IMPATIENT, Patience
from shared.alerting.receivers import Targets
from shared.alerting.routes import Routing
from shared.alerting.sender import Sender, Sent, guarded
from shared.alerting.silences import Silence, Silences, silenced_by
from shared.alerting.troubles import alert_of_undeliverable
from shared.state.store import StateStore, StoreUnavailable

log = logging.getLogger(__name__)

FALL_BACK_AFTER = 3
"""Failed attempts after which a channel that only asks to be tried again counts as down."""


class UntoldError(Exception):
    """Alerts could be neither told nor remembered: whoever handed them over must do so again."""


@dataclass
class Report:
    """What became of the alerts: deliveries by outcome, and alerts that are told to nobody, by reason."""

    outcomes: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, int]:
        """For logs and for the function's answer; what did not happen is left out."""
        return {name: count for name, count in (self.outcomes + self.untold).items() if count}


class Notifier:
    """Tells alerts by the routing, through the targets, with the store as its memory."""

    def __init__(
        self,
        routing: Routing,
        targets: Targets,
        store: StateStore,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        patience: Patience = IMPATIENT,
    ) -> None:
        """`patience` is for channels that fail: how often they are tried again within one call."""
        self._routing = routing
        self._targets = targets
        self._now = now
        self.desk = Desk(store, routing)
        self.silences = Silences(store)
        self.deliveries = Deliveries(store)
        self.drills = Drills(store)
        self._inhibitor = Inhibitor(routing.inhibit_rules, store)
        self._sender = Sender(targets.every(), store, self.deliveries, now, patience)

    def tell(self, alerts: Iterable[Alert], deadline: float) -> Report:
        """Tell new alerts, the gravest first; `deadline` is in Unix seconds.

        What fails, or finds no time, stays pending for `flush`. Raises UntoldError when an alert could be
        neither told nor remembered.
        """
        report = Report()
        alerts = list(alerts)
        takings = list(self._routed((alert for alert in alerts if alert.mode != "drill"), report))
        self._drill([alert for alert in alerts if alert.mode == "drill"], report, deadline)
        try:
            silences = self.silences.all()
            heard = self._audible(takings, silences, report)
            incidents = self.desk.take(heard, self._now(), silences)
            self._hand_over(incidents, report, deadline)
        except StoreUnavailable as error:
            log.error("the state store is unavailable, alerts may be told twice: %s", error)
            self._tell_unremembered(takings, report, deadline)
        return report

    def flush(self, deadline: float) -> Report:
        """Once a minute: updates, reminders and escalations that are due, and failed deliveries again.

        Raises StoreUnavailable.
        """
        report = Report()
        self._hand_over(self.desk.review(self._now()), report, deadline)
        self._send(self.deliveries.due(self._now()), report, deadline)
        return report

    def _routed(self, alerts: Iterable[Alert], report: Report) -> Iterable[Taking]:
        for alert in alerts:
            if alert.mode == "shadow":
                report.untold["shadow"] += 1
                continue
            takers = [t for t in self._routing.takers(alert) if self._targets.of([t.receiver])]
            if not takers:
                report.untold["no channel"] += 1
                log.warning("alert %s (%s): no channel is configured for it", alert.id, alert.rule)
            for taker in takers:
                yield Taking(taker, alert)

    def _drill(self, alerts: Sequence[Alert], report: Report, deadline: float) -> None:
        """Write receipts for a drill's alerts, and tell each channel once that there is a drill."""
        if not alerts:
            return
        routed = [self._routed_drill(alert) for alert in alerts]
        wanted = [(name, notice_of_drill(each.alert)) for each in routed for name in each.told_channels]
        report.untold["drill"] += len(alerts)
        try:
            self.drills.note(routed, self._now())
            self._send(self.deliveries.begin(dict(wanted).items(), self._now()), report, deadline)
        except StoreUnavailable as error:
            log.error("a drill's alerts came and can't be noted: %s", error)

    def _routed_drill(self, alert: Alert) -> Routed:
        receivers = list(dict.fromkeys(taker.receiver for taker in self._routing.takers(alert)))
        return Routed(alert, receivers, [target.name for target in self._targets.of(receivers)])

    def _audible(
        self, takings: Sequence[Taking], silences: Sequence[Silence], report: Report
    ) -> list[Taking]:
        """Those that neither a silence nor an inhibit rule holds back, and what is over."""
        now = self._now()
        labels = [labels_of(taking.alert) for taking in takings]
        self._inhibitor.note([labels_of(t.alert) for t in takings if t.alert.status != "resolved"], now)
        heard = []
        for taking, label, rule in zip(takings, labels, self._inhibitor.inhibited(labels), strict=True):
            silence = silenced_by(label, silences, now)
            if silence is None and not rule:
                heard.append(taking)
                continue
            if taking.alert.status == "resolved":
                heard.append(replace(taking, is_held=True))
            why = f"silence {silence.id} by {silence.author}" if silence else f"inhibited by {rule}"
            report.untold["silenced" if silence else "inhibited"] += 1
            log.info(
                "alert %s (%s) is not told to %s: %s",
                taking.alert.id,
                taking.alert.rule,
                taking.taker.receiver,
                why,
            )
        return heard

    def _hand_over(self, incidents: Sequence[Incident], report: Report, deadline: float) -> None:
        """Put the incidents' outgoing notices on record as deliveries, then send them."""
        wanted = [
            (target.name, notice)
            for incident in incidents
            for notice in incident.outgoing
            for target in self._targets.of(self._receivers_of(incident, notice))
            if notice.kind != "end" or target.hears_ends
        ]
        begun = self.deliveries.begin(self._without_idle_repeats(wanted), self._now())
        self.desk.handed_over(incidents, self._now())
        self._send(begun, report, deadline)

    def _without_idle_repeats(self, wanted: list[tuple[str, Notice]]) -> list[tuple[str, Notice]]:
        """A channel that has not taken the incident's last notice yet is not reminded of it."""
        if not any(notice.kind == "repeat" for _, notice in wanted):
            return wanted
        waiting = {(d.target, d.notice.incident) for d in self.deliveries.pending()}
        return [(t, n) for t, n in wanted if n.kind != "repeat" or (t, n.incident) not in waiting]

    def _receivers_of(self, incident: Incident, notice: Notice) -> list[str]:
        """Its own; whom it was escalated to hears of that, of who is on it, and of its end."""
        taker = self.desk.taker_of(incident, self._now())
        above = taker.options.escalate_to or taker.receiver
        if notice.kind == "escalation":
            return [above]
        is_answer = notice.kind == "note" or notice.state == "closed"
        return list(dict.fromkeys([taker.receiver, *([above] if incident.escalated and is_answer else [])]))

    def _send(self, deliveries: Iterable[Delivery], report: Report, deadline: float) -> None:
        sent = self._sender.send(deliveries, deadline)
        report.outcomes += sent.outcomes
        begun = self.deliveries.begin(self._fallbacks(sent), self._now())
        if begun:
            report.outcomes += self._sender.send(begun, deadline).outcomes
        self._tell_of_dead(sent.dead, report, deadline)

    def _fallbacks(self, sent: Sent) -> Iterable[tuple[str, Notice]]:
        """What failed, for the fallback of its receiver; the first channel is tried again all the same."""
        for delivery, outcome in sent.failed:
            is_down = outcome.kind in ("parked", "rejected") or delivery.attempts + 1 >= FALL_BACK_AFTER
            fallback = self._routing.fallback_of(delivery.target.split("/")[0])
            if is_down and fallback:
                note = f"{delivery.target} could not be told: {outcome.reason}"
                for target in self._targets.of([fallback]):
                    yield target.name, replace(delivery.notice, note=note)

    def _tell_of_dead(self, dead: Sequence[Delivery], report: Report, deadline: float) -> None:
        """What was given up is an alert of its own, unless it was such an alert itself."""
        lost = [d for d in dead if d.notice.alert.rule != "undeliverable"]
        if lost:
            told = self.tell([alert_of_undeliverable(d, self._now()) for d in lost], deadline)
            report.outcomes += told.outcomes

    def _tell_unremembered(self, takings: Sequence[Taking], report: Report, deadline: float) -> None:
        """Without a memory everything is sent, rather twice than never, and what fails is handed back."""
        outcomes = [
            guarded(target, notice_of(taking.alert), deadline)
            for taking in takings
            for target in self._targets.of([taking.taker.receiver])
        ]
        report.outcomes += Counter(outcome.kind for outcome in outcomes)
        failed = sum(outcome.kind != "sent" for outcome in outcomes)
        if failed:
            raise UntoldError(f"{failed} deliveries failed and the state store is unavailable")
