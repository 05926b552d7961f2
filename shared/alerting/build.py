"""From findings, failures and unreadable records to alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from shared.alerting.alert import Alert, alert_id
from shared.alerting.deliveries import Delivery
from shared.detection import summary
from shared.detection.confirm import Answer, Confirm
from shared.detection.memory import Forgotten, Settled, Told
from shared.detection.nodes import Reason
from shared.detection.rule import Finding, Rule, RuleFailure
from shared.events.event import Event, Quarantined, Subject
from shared.events.source import Source
from shared.events.sources import SOURCES
from shared.events.text import text_of, texts_of

MOST_REASONS = 12
MOST_FOUND = 80


def alert_of(finding: Finding, source: Source) -> Alert:
    """The alert of a rule that holds. Its id depends on the account, the rule, the group and the event."""
    rule, event = finding.rule, finding.event
    subject = source.subject(event)
    group = tuple(summary.value_of(name, event, subject) for name in rule.dedupe)
    alert = alert_id(event.account_id, rule.id, group, event.id)
    return _alert(rule, event, subject, alert, (event.id,), summary.NO_WORDS)


def alert_of_told(told: Told) -> Alert:
    """The alert of a rule that remembers. Its id depends on the account, the rule, the group and the anchor
    of the decision, whichever event of the batch completed it."""
    return _alert_of_loss(told) if isinstance(told, Forgotten) else _alert_of_decision(told)


def _alert_of_decision(settled: Settled) -> Alert:
    rule, decision = settled.rule, settled.decision
    alert = alert_id(settled.account_id, rule.id, settled.group, decision.anchor)
    if settled.event is None:
        return _alert_of_absence(settled, alert)
    ids = decision.event_ids or (settled.event.id,)
    subject = SOURCES[settled.event.source].subject(settled.event)
    told = _alert(rule, settled.event, subject, alert, ids, decision.words)
    if decision.status == "happened":
        return told
    finding = alert_id(settled.account_id, rule.id, settled.group, "finding")
    summary_ = _over(settled) if decision.status == "resolved" else told.summary
    return replace(told, status=decision.status, finding=finding, summary=summary_)


def _over(settled: Settled) -> str:
    """What ended, and how long it lasted: the event that ends it, of a thing that is gone, tells nothing
    else."""
    what = ", ".join(part for part in settled.group if part)
    return f"Over after {settled.decision.words.get('age', '?')}: {what}"


def _alert(
    rule: Rule,
    event: Event,
    subject: Subject,
    alert: str,
    event_ids: tuple[str, ...],
    words: Mapping[str, str],
) -> Alert:
    return Alert(
        id=alert,
        rule=rule.name,
        title=rule.title,
        level=rule.level,
        source=event.source,
        account_id=event.account_id,
        time=event.time,
        summary=summary.render(rule.summary, event, subject, words),
        event_ids=event_ids,
        tags=rule.tags,
        item=rule.item,
        mode=rule.mode,
        actor=subject.actor,
        action=subject.action,
        address=subject.address,
        region=subject.region,
        resource=subject.resource,
        reasons=told_reasons(rule.reasons(event)),
        runbook=rule.runbook,
        origin=event.origin,
    )


def confirmed(alert: Alert, confirm: Confirm, answer: Answer) -> Alert:
    """The alert with what a look at the live account has shown, and of the level that follows from that."""
    level = confirm.level(answer.outcome) or alert.level
    return replace(alert, level=level, confirmation=f"{answer.outcome}: {answer.text}")


def _alert_of_absence(settled: Settled, alert: str) -> Alert:
    """Nothing came: there is no event to tell of, only the group and the silence."""
    rule, decision = settled.rule, settled.decision
    words = {**dict(zip(rule.kind.by if rule.kind else (), settled.group, strict=False)), **decision.words}
    return Alert(
        id=alert,
        rule=rule.name,
        title=rule.title,
        level=rule.level,
        source=rule.source,
        account_id=settled.account_id,
        time=datetime.fromtimestamp(decision.sighting.time, timezone.utc),
        summary=summary.fill(rule.summary, words),
        event_ids=(),
        tags=rule.tags,
        item=rule.item,
        mode=rule.mode,
        resource=", ".join(settled.group),
        runbook=rule.runbook,
    )


def _alert_of_loss(forgotten: Forgotten) -> Alert:
    """Something remembered can't be read: told once an hour for each rule."""
    rule, group = forgotten.rule, ", ".join(forgotten.group)
    hour = f"{forgotten.time:%Y-%m-%dT%H}"
    return Alert(
        id=alert_id(forgotten.account_id, "memory-corrupt", (rule.id,), hour),
        rule="memory-corrupt",
        title="A rule has lost its memory",
        level="high",
        source="trailguard",
        account_id=forgotten.account_id,
        time=forgotten.time,
        summary=f"What {rule.name} remembered of {group or 'itself'} can't be read. It begins anew there.",
        event_ids=(),
        item="trailguard",
        resource=f"rule {rule.name}",
        runbook="runbooks/memory-corrupt.md",
    )


def alert_of_degradation(events: Sequence[Event], error: str, account_id: str) -> Alert:
    """The rules that remember can't: told once an hour. Their events are kept and judged later."""
    newest = max(event.time for event in events)
    return Alert(
        id=alert_id(account_id, "memory-unavailable", (), f"{newest:%Y-%m-%dT%H}"),
        rule="memory-unavailable",
        title="Rules that remember are degraded",
        level="high",
        source="trailguard",
        account_id=account_id,
        time=newest,
        summary=f"{len(events)} event(s) wait to be counted: {error}. Rules without memory go on alerting.",
        event_ids=tuple(event.id for event in events[:20]),
        item="trailguard",
        runbook="runbooks/memory-unavailable.md",
    )


def alert_of_failure(failure: RuleFailure) -> Alert:
    """A rule that raises is blind, and that is told: once an hour for each rule and kind of error."""
    rule, event, error = failure.rule, failure.event, failure.error
    kind = type(error).__name__
    hour = event.time.strftime("%Y-%m-%dT%H")
    return Alert(
        id=alert_id(event.account_id, "rule-failure", (rule.id, kind), hour),
        rule="rule-failure",
        title="A rule failed and did not judge",
        level="high",
        source="trailguard",
        account_id=event.account_id,
        time=event.time,
        summary=f"The rule {rule.name} raised {kind}: {error}. The event was kept; other rules went on.",
        event_ids=(event.id,),
        item="trailguard",
        resource=f"rule {rule.name}",
        runbook="runbooks/rule-failure.md",
        origin=event.origin,
    )


def alert_of_quarantine(records: Sequence[Quarantined], account_id: str) -> Alert:
    """Records that could not be read, told together and once an hour: nobody judged what they say."""
    first = records[0]
    hour = first.received.strftime("%Y-%m-%dT%H")
    return Alert(
        id=alert_id(account_id, "unreadable-records", (), hour),
        rule="unreadable-records",
        title="Records could not be read",
        level="medium",
        source="trailguard",
        account_id=account_id,
        time=first.received,
        summary=f"{len(records)} record(s), and perhaps more since, were not judged: {first.reason}",
        event_ids=(),
        item="trailguard",
        resource=first.origin,
        runbook="runbooks/unreadable-records.md",
        origin=first.origin,
    )


def alert_of_undeliverable(delivery: Delivery, now: datetime) -> Alert:
    """A notice that a channel did not take for a day: told by whoever else there is."""
    alert = delivery.notice.alert
    return Alert(
        id=alert_id(alert.account_id, "undeliverable", (delivery.target,), delivery.notice.id),
        rule="undeliverable",
        title="An alert could not be delivered",
        level="high",
        source="trailguard",
        account_id=alert.account_id,
        time=now,
        summary=f"{delivery.target} did not take '{alert.title}' in {delivery.attempts} attempts: "
        f"{delivery.reason}",
        event_ids=alert.event_ids,
        item="trailguard",
        resource=f"channel {delivery.target}",
        runbook="runbooks/undeliverable.md",
    )


def alert_of_problem(text: str, now: datetime) -> Alert:
    """A mistake in `alerts/` that reached the running function: what it names is not in force. Told daily."""
    return Alert(
        id=alert_id("", "broken-config", (text,), f"{now:%Y-%m-%d}"),
        rule="broken-config",
        title="A file in alerts/ is broken",
        level="high",
        source="trailguard",
        account_id="",
        time=now,
        summary=f"Left out, and so not watching: {text}",
        event_ids=(),
        item="trailguard",
        runbook="runbooks/broken-config.md",
    )


def told_reasons(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Those that held, each once; what was there before what was not."""
    held = sorted((reason for reason in reasons if reason.held), key=lambda reason: reason.negated)
    return tuple(dict.fromkeys(map(reason_text, held)))[:MOST_REASONS]


def reason_text(reason: Reason) -> str:
    """One condition, and what the event had where that says more: `eventName is StopLogging`,
    `userAgent contains curl (curl/8.4.0)`, `not (facts.outcome is failure)`."""
    found = _found(reason.found)
    if reason.negated:
        return reason.text if not found or reason.field else f"{reason.text}: {found}"
    if reason.held and reason.field and found and not isinstance(reason.found, list):
        return f"{reason.field} is {found}"
    return reason.text if not found or reason.text.endswith(f" is {found}") else f"{reason.text} ({found})"


def _found(value: Any) -> str:
    """A value as a person writes it, in MOST_FOUND characters."""
    if value is None:
        return ""
    text = ", ".join(texts_of(value)) if isinstance(value, list) else text_of(value)
    return text if len(text) <= MOST_FOUND else text[: MOST_FOUND - 1] + "…"
