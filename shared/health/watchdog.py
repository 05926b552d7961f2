"""The watchdog: what Trailguard is blind to is told by a channel of its own, too, past the notifier."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alerting.alert import Alert, alert_id
from shared.alerting.channels.channel import Outcome
from shared.alerting.notice import MOST_ALERTS, Notice, notice_of
from shared.alerting.outbox import Outbox
from shared.alerting.receivers import Target, Targets
from shared.alerting.routes import Routing
from shared.alerting.sender import guarded
from shared.cloud.sls import SlsError
from shared.health.check import Finding
from shared.state.store import StateStore, StoreUnavailable, Write

log = logging.getLogger(__name__)

AGAIN_AFTER = timedelta(hours=6)
"""A link that stays broken is told of again after so long."""

NOTE = "Told by the watchdog itself, past outbox and notifier"
PREFIX = "watchdog/"


class UntoldError(Exception):
    """Nobody could be told of what Trailguard is blind to: the self-check fails, and no switch is called."""


@dataclass(frozen=True)
class Watchdog:
    """`targets` are those told directly; `noted` is this instance's own memory, for a store that is down."""

    store: StateStore
    outbox: Outbox
    targets: Sequence[Target]
    noted: dict[str, datetime]
    account_id: str
    now: Callable[[], datetime]

    def tell(self, findings: Iterable[Finding], deadline: float) -> int:
        """How many findings are told now; those that were told lately are not. Raises UntoldError."""
        due = self._due([finding for finding in findings if finding.is_blind])
        if not due:
            return 0
        alerts = [alert_of_blindness(finding, self.account_id, self.now()) for finding in due]
        is_written = self._write(alerts)
        outcomes = [guarded(target, notice_of_blindness(alerts), deadline) for target in self.targets]
        if not any(outcome.kind == "sent" for outcome in outcomes):
            raise UntoldError(_untold(due, outcomes, is_written))
        self._note(due)
        return len(due)

    def _due(self, blind: Sequence[Finding]) -> list[Finding]:
        """Those that were not told within AGAIN_AFTER, by what the store or this instance remembers."""
        told = {**self.noted, **self._stored(blind)}
        now = self.now()
        return [each for each in blind if each.link not in told or now - told[each.link] >= AGAIN_AFTER]

    def _stored(self, blind: Sequence[Finding]) -> dict[str, datetime]:
        try:
            stored = self.store.load(PREFIX + finding.link for finding in blind)
        except StoreUnavailable as error:
            log.warning("what was told lately is known to this instance alone: %s", error)
            return {}
        told = {key.removeprefix(PREFIX): each.value for key, each in stored.items() if each.value}
        return {link: datetime.fromisoformat(value.decode()) for link, value in told.items()}

    def _note(self, told: Sequence[Finding]) -> None:
        now = self.now()
        self.noted.update((finding.link, now) for finding in told)
        keys = [PREFIX + finding.link for finding in told]
        body, until = now.isoformat().encode(), now + 2 * AGAIN_AFTER
        try:
            versions = self.store.load(keys)
            self.store.save(Write(key, body, versions[key].version, until) for key in keys)
        except StoreUnavailable as error:
            log.warning("noted by this instance alone: %s", error)

    def _write(self, alerts: Sequence[Alert]) -> bool:
        try:
            self.outbox.write(alerts, ())
        except SlsError as error:
            log.error("the outbox does not take what Trailguard is blind to: %s", error)
            return False
        return True


def receiver_of(routing: Routing, targets: Targets) -> str:
    """Who is told directly: `global: {watchdog: …}`, or where it has no channel the first that has."""
    named = routing.global_.watchdog
    with_channel = [name for name, built in targets.by_receiver.items() if built]
    return named if named in with_channel else next(iter(with_channel), "")


def alert_of_blindness(finding: Finding, account_id: str, now: datetime) -> Alert:
    """A link that is broken, or can't be looked at."""
    is_broken = finding.status == "broken"
    return Alert(
        id=alert_id(account_id, "blind", (finding.link,), now.isoformat()),
        rule="blind",
        title="Watchdog: Trailguard is blind" if is_broken else "Watchdog: Trailguard may be blind",
        level="high",
        source="trailguard",
        account_id=account_id,
        time=now,
        summary=f"{finding.link}: {finding.what}",
        event_ids=(),
        item="trailguard",
        reasons=(f"to mend it: {finding.mend}",) if finding.mend else (),
        resource=f"link {finding.link}",
        runbook="runbooks/blind.md",
        origin="self-check",
    )


def notice_of_blindness(alerts: Sequence[Alert]) -> Notice:
    """One message for all that is told now."""
    first = notice_of(alerts[0])
    count = len(alerts)
    return replace(
        first,
        id=f"watchdog-{first.id}",
        alerts=tuple(alerts[:MOST_ALERTS]),
        count=count,
        new=count,
        note=NOTE,
    )


def _untold(due: Sequence[Finding], outcomes: Sequence[Outcome], is_written: bool) -> str:
    links = ", ".join(finding.link for finding in due)
    why = "; ".join(outcome.reason for outcome in outcomes) or "no receiver has a channel"
    return f"blind: {links}; told {'in the outbox alone' if is_written else 'to nobody'}: {why}"
