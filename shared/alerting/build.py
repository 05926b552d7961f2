"""From findings, failures and unreadable records to alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from shared.alerting.alert import Alert, alert_id
from shared.alerting.troubles import alert_of_loss
from shared.detection import summary
from shared.detection.confirm import Answer, Confirm
from shared.detection.memory import Forgotten, Settled, Told
from shared.detection.nodes import Reason
from shared.detection.rule import Finding, Rule
from shared.events.event import Event, Subject
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
    return alert_of_loss(told) if isinstance(told, Forgotten) else _alert_of_decision(told)


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
    lasting = replace(told, status=decision.status, finding=finding)
    return _over(lasting, settled) if decision.status == "resolved" else lasting


def _over(alert: Alert, settled: Settled) -> Alert:
    """What ended, and how long it lasted: the event that ends it, of a thing that is gone, tells nothing
    else."""
    what = ", ".join(part for part in settled.group if part)
    age = settled.decision.words.get("age", "?")
    return replace(alert, summary=f"Over after {age}: {what}", summary_zh=f"已恢复，持续 {age}：{what}")


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
        title_zh=rule.title_zh,
        summary_zh=summary.render(rule.summary_zh, event, subject, words),
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
        title_zh=rule.title_zh,
        summary_zh=summary.fill(rule.summary_zh, words),
        event_ids=(),
        tags=rule.tags,
        item=rule.item,
        mode=rule.mode,
        resource=", ".join(settled.group),
        runbook=rule.runbook,
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
