"""Our own words, in the languages of the teams that read them. Nothing here comes from an event."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]
Words = dict[Language, str]

# Facts are told in this order; a fact without a value is left out.
LABELS: dict[str, Words] = {
    "status": {"en": "Status", "zh": "状态"},
    "incidents": {"en": "Incidents", "zh": "事件列表"},
    "what": {"en": "What happened", "zh": "事件"},
    "checked": {"en": "Checked just now", "zh": "实时核查"},
    "who": {"en": "Who", "zh": "操作者"},
    "from": {"en": "From", "zh": "来源地址"},
    "when": {"en": "When", "zh": "时间"},
    "action": {"en": "Action", "zh": "操作"},
    "on": {"en": "On what", "zh": "对象"},
    "region": {"en": "Region", "zh": "地域"},
    "account": {"en": "Account", "zh": "云账号"},
    "rule": {"en": "Rule", "zh": "规则"},
    "why": {"en": "Why it matched", "zh": "命中原因"},
    "also": {"en": "Also in this incident", "zh": "同一事件的其他告警"},
    "do": {"en": "What to do", "zh": "处置手册"},
    "incident": {"en": "Incident", "zh": "事件编号"},
    "id": {"en": "Alert ID", "zh": "告警编号"},
    "source": {"en": "Read from", "zh": "日志出处"},
}

BADGES: dict[str, Words] = {
    "critical": {"en": "CRITICAL", "zh": "严重"},
    "high": {"en": "HIGH", "zh": "高危"},
    "medium": {"en": "MEDIUM", "zh": "中危"},
    "low": {"en": "LOW", "zh": "低危"},
    "informational": {"en": "INFO", "zh": "提示"},
}

STAMPS: dict[str, Words] = {
    "resolved": {"en": "RESOLVED", "zh": "已恢复"},
    "drill": {"en": "DRILL", "zh": "演练"},
}
"""What stands in the place of the level where an alert is of another kind."""

LINKS: dict[str, Words] = {
    "do": {"en": "What to do", "zh": "处置手册"},
    "ack": {"en": "Acknowledge", "zh": "确认"},
    "silence": {"en": "Silence", "zh": "静默"},
    "query": {"en": "Search the log", "zh": "查询日志"},
    "event": {"en": "Event page", "zh": "操作审计"},
}

SENTENCES: dict[str, Words] = {
    "update": {"en": "{count} alerts so far, {new} new", "zh": "累计 {count} 条告警，新增 {new} 条"},
    "several": {"en": "{count} alerts", "zh": "共 {count} 条告警"},
    "span": {"en": "First {first}, last {last}", "zh": "首次 {first}，最近 {last}"},
    "repeat": {"en": "Still open: nobody has acknowledged it", "zh": "仍未处理：无人确认"},
    "escalation": {"en": "Escalated: nobody has acknowledged it", "zh": "已升级：无人确认"},
    "digest": {"en": "{incidents} incidents, {count} alerts", "zh": "{incidents} 个事件，{count} 条告警"},
    "folded": {
        "en": "Told together, because too many messages came at once",
        "zh": "消息过多，合并通知",
    },
    "resolved": {"en": "This is no longer so", "zh": "该问题已不存在"},
    "drill": {
        "en": "A drill: nothing has happened. One message stands for all of its alerts",
        "zh": "这是一次演练，没有发生任何事件。一条消息代表全部告警",
    },
    "acknowledged": {"en": "Acknowledged by {person}", "zh": "{person} 已确认"},
    "closed": {"en": "Closed by {person}", "zh": "{person} 已关闭"},
    "silenced": {
        "en": "Silenced by {person} until {until} ({what}): {reason}",
        "zh": "{person} 已静默至 {until}（{what}）：{reason}",
    },
    "more": {"en": "… and {more} more", "zh": "…… 另有 {more} 条"},
    "more incidents": {"en": "… and {more} more incidents", "zh": "…… 另有 {more} 个事件"},
}


def sentence(name: str, language: Language, **values: object) -> str:
    """One of SENTENCES, filled in."""
    return SENTENCES[name][language].format(**values)
