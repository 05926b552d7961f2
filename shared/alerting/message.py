"""An alert in the words of a message: what a woken person needs, in order, in the team's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone as fixed_zone
from datetime import tzinfo
from typing import Literal
from urllib.parse import quote

from shared.alerting.alert import Alert
from shared.alerting.neutralise import capped, plain

Language = Literal["en", "zh"]

MAX_LINE = 256
MAX_REASONS = 8
MAX_LINK = 512

# Facts are told in this order; a fact without a value is left out.
LABELS: dict[str, dict[Language, str]] = {
    "what": {"en": "What happened", "zh": "事件"},
    "who": {"en": "Who", "zh": "操作者"},
    "from": {"en": "From", "zh": "来源地址"},
    "when": {"en": "When", "zh": "时间"},
    "action": {"en": "Action", "zh": "操作"},
    "on": {"en": "On what", "zh": "对象"},
    "region": {"en": "Region", "zh": "地域"},
    "account": {"en": "Account", "zh": "云账号"},
    "rule": {"en": "Rule", "zh": "规则"},
    "why": {"en": "Why it matched", "zh": "命中原因"},
    "do": {"en": "What to do", "zh": "处置手册"},
    "id": {"en": "Alert ID", "zh": "告警编号"},
    "source": {"en": "Read from", "zh": "日志出处"},
}

BADGES: dict[str, dict[Language, str]] = {
    "critical": {"en": "CRITICAL", "zh": "严重"},
    "high": {"en": "HIGH", "zh": "高危"},
    "medium": {"en": "MEDIUM", "zh": "中危"},
    "low": {"en": "LOW", "zh": "低危"},
    "informational": {"en": "INFO", "zh": "提示"},
}


@dataclass(frozen=True)
class Fact:
    """One labelled answer. `key` is its name in LABELS; `lines` are never empty."""

    key: str
    label: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole answer on one line."""
        return "; ".join(self.lines)


@dataclass(frozen=True)
class Message:
    """What a channel renders. Every string but `link` is one clean, capped line of untrusted text.

    `link` is the runbook's address, safe to emit as a link, or empty. A channel still neutralises
    the rest for its own markup.
    """

    level: str
    badge: str
    name: str
    facts: tuple[Fact, ...]
    link: str = ""

    @property
    def title(self) -> str:
        """`[CRITICAL] Root signed in without MFA`."""
        return f"[{self.badge}] {self.name}"

    def label(self, key: str) -> str:
        """The label of the fact named `key`, or an empty string when this message has no such fact."""
        return next((fact.label for fact in self.facts if fact.key == key), "")


def compose(alert: Alert, language: Language, timezone: tzinfo, runbook_base_url: str = "") -> Message:
    """The message that tells `alert`. Pure.

    `timezone` is the reader's: times are told in it and in UTC. `runbook_base_url` is where the
    `alerts/` folder can be read, for instance its address in a code host; without it the runbook's
    path is told instead of a link.
    """
    answers = _answers(alert, timezone)
    lines = {key: _lines(values) for key, values in answers.items()}
    return Message(
        level=_line(alert.level),
        badge=BADGES.get(alert.level, {}).get(language) or _line(alert.level.upper()),
        name=_line(alert.title),
        facts=tuple(Fact(key, words[language], lines[key]) for key, words in LABELS.items() if lines[key]),
        link=_link(runbook_base_url, alert.runbook),
    )


def _answers(alert: Alert, timezone: tzinfo) -> dict[str, tuple[str, ...]]:
    return {
        "what": (alert.summary,),
        "who": (alert.actor,),
        "from": (alert.address,),
        "when": (_when(alert, timezone),),
        "action": (alert.action,),
        "on": (alert.resource,),
        "region": (alert.region,),
        "account": (alert.account_id,),
        "rule": (alert.rule,),
        "why": alert.reasons,
        "do": (f"alerts/{alert.runbook}" if alert.runbook else "",),
        "id": (alert.id,),
        "source": (f"{alert.source} {alert.origin}",),
    }


def _when(alert: Alert, timezone: tzinfo) -> str:
    utc = alert.time.astimezone(fixed_zone.utc)
    local = alert.time.astimezone(timezone)
    told = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return told if not local.utcoffset() else f"{local.isoformat(' ', 'seconds')} ({told})"


def _lines(values: tuple[str, ...]) -> tuple[str, ...]:
    kept = [line for line in map(_line, values[:MAX_REASONS]) if line]
    left_out = len(values) - MAX_REASONS
    return (*kept, f"… +{left_out}") if left_out > 0 else tuple(kept)


def _line(text: str) -> str:
    return capped(plain(text), MAX_LINE)


def _link(base_url: str, runbook: str) -> str:
    """The runbook's address; empty when there is none, or it is too long or climbs out of its folder."""
    if not base_url or not runbook or ".." in runbook:
        return ""
    link = f"{base_url.rstrip('/')}/{quote(runbook.lstrip('/'), safe='/#', errors='replace')}"
    return link if len(link) <= MAX_LINK else ""
