"""Alerts about Trailguard itself: what it can't read, judge, remember or deliver."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.alerting.alert import Alert, alert_id
from shared.alerting.deliveries import Delivery
from shared.detection.memory import Forgotten
from shared.detection.rule import RuleFailure
from shared.events.event import Event, Quarantined

MOST_IDS = 20

TITLES = {
    "memory-corrupt": ("A rule has lost its memory", "一条规则丢失了记忆"),
    "memory-unavailable": ("Rules that remember are degraded", "有状态规则已降级"),
    "rule-failure": ("A rule failed and did not judge", "一条规则出错，未作判断"),
    "unreadable-records": ("Records could not be read", "有记录无法读取"),
    "undeliverable": ("An alert could not be delivered", "一条告警无法送达"),
    "broken-config": ("A file in alerts/ is broken", "alerts/ 中的文件有误"),
}
"""By the name that each has in the place of a rule's: English, Chinese."""


def alert_of_loss(forgotten: Forgotten) -> Alert:
    """Something remembered can't be read: told once an hour for each rule."""
    rule, what = forgotten.rule, ", ".join(forgotten.group) or "itself"
    return _trouble(
        "memory-corrupt",
        "high",
        forgotten.time,
        alert_id(forgotten.account_id, "memory-corrupt", (rule.id,), _hour(forgotten.time)),
        f"What {rule.name} remembered of {what} can't be read. It begins anew there.",
        f"规则 {rule.name} 对 {what} 的记忆无法读取，将重新开始。",
        account_id=forgotten.account_id,
        resource=f"rule {rule.name}",
        runbook="runbooks/memory-corrupt.md",
    )


def alert_of_degradation(events: Sequence[Event], error: str, account_id: str) -> Alert:
    """The rules that remember can't: told once an hour. Their events are kept and judged later."""
    newest = max(event.time for event in events)
    return _trouble(
        "memory-unavailable",
        "high",
        newest,
        alert_id(account_id, "memory-unavailable", (), _hour(newest)),
        f"{len(events)} event(s) wait to be counted: {error}. Rules without memory go on alerting.",
        f"{len(events)} 个事件等待计数：{error}。无状态规则继续告警。",
        account_id=account_id,
        event_ids=tuple(event.id for event in events[:MOST_IDS]),
        runbook="runbooks/memory-unavailable.md",
    )


def alert_of_failure(failure: RuleFailure) -> Alert:
    """A rule that raises is blind, and that is told: once an hour for each rule and kind of error."""
    rule, event, error = failure.rule, failure.event, failure.error
    kind = type(error).__name__
    return _trouble(
        "rule-failure",
        "high",
        event.time,
        alert_id(event.account_id, "rule-failure", (rule.id, kind), _hour(event.time)),
        f"The rule {rule.name} raised {kind}: {error}. The event was kept; other rules went on.",
        f"规则 {rule.name} 抛出 {kind}：{error}。事件已保留，其他规则继续运行。",
        account_id=event.account_id,
        event_ids=(event.id,),
        resource=f"rule {rule.name}",
        runbook="runbooks/rule-failure.md",
        origin=event.origin,
    )


def alert_of_quarantine(records: Sequence[Quarantined], account_id: str) -> Alert:
    """Records that could not be read, told together and once an hour: nobody judged what they say."""
    first = records[0]
    return _trouble(
        "unreadable-records",
        "medium",
        first.received,
        alert_id(account_id, "unreadable-records", (), _hour(first.received)),
        f"{len(records)} record(s), and perhaps more since, were not judged: {first.reason}",
        f"{len(records)} 条记录（之后可能更多）未被判断：{first.reason}",
        account_id=account_id,
        resource=first.origin,
        runbook="runbooks/unreadable-records.md",
        origin=first.origin,
    )


def alert_of_undeliverable(delivery: Delivery, now: datetime) -> Alert:
    """A notice that a channel did not take for a day: told by whoever else there is."""
    alert, target, reason = delivery.notice.alert, delivery.target, delivery.reason
    return _trouble(
        "undeliverable",
        "high",
        now,
        alert_id(alert.account_id, "undeliverable", (target,), delivery.notice.id),
        f"{target} did not take '{alert.title}' in {delivery.attempts} attempts: {reason}",
        f"{target} 在 {delivery.attempts} 次尝试后仍未接收“{alert.title_in('zh')}”：{reason}",
        account_id=alert.account_id,
        event_ids=alert.event_ids,
        resource=f"channel {target}",
        runbook="runbooks/undeliverable.md",
    )


def alert_of_problem(text: str, now: datetime) -> Alert:
    """A mistake in `alerts/` that reached the running function: what it names is not in force. Told daily."""
    return _trouble(
        "broken-config",
        "high",
        now,
        alert_id("", "broken-config", (text,), f"{now:%Y-%m-%d}"),
        f"Left out, and so not watching: {text}",
        f"已被忽略，因此未在监控：{text}",
        runbook="runbooks/broken-config.md",
    )


def _hour(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H}"


def _trouble(
    name: str, level: str, time: datetime, id: str, summary: str, summary_zh: str, **more: Any
) -> Alert:
    title, title_zh = TITLES[name]
    told = {"account_id": "", "event_ids": (), **more}
    return Alert(
        id=id,
        rule=name,
        title=title,
        level=level,
        source="trailguard",
        time=time,
        summary=summary,
        item="trailguard",
        title_zh=title_zh,
        summary_zh=summary_zh,
        **told,
    )
