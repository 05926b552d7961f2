"""The weekly word on what still stands: findings that were told once and not resolved since. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.alerting.alert import LEVELS, Alert, alert_id
from shared.alerting.wording import BADGES
from shared.detection.kinds.standing import age
from shared.detection.rule import Rule

STANDING = "standing-findings"
"""What stands in the place of a rule's name."""

MOST_NAMED = 12
"""Findings that the digest names, the gravest and oldest first."""


@dataclass(frozen=True)
class StandingFinding:
    """What a rule has found, of which group, and since when it stands (Unix seconds)."""

    rule: Rule
    account_id: str
    group: tuple[str, ...]
    since: float


def alert_of_standing(findings: Sequence[StandingFinding], now: datetime) -> Alert | None:
    """One alert for all of them, once a week; None where nothing stands."""
    live = [finding for finding in findings if finding.rule.mode == "live"]
    if not live:
        return None
    first = min(live, key=_urgency)
    week = f"{now:%G-W%V}"
    return Alert(
        id=alert_id(first.account_id, STANDING, (), week),
        rule=STANDING,
        title="Findings that still stand",
        level="medium",
        source="trailguard",
        account_id=first.account_id,
        time=now,
        summary=f"{len(live)} finding(s) of the audits have not been resolved: {_counted(live)}",
        event_ids=(),
        item="trailguard",
        reasons=tuple(_named(live, now)),
        runbook="runbooks/standing-findings.md",
        title_zh="仍未解决的审计发现",
        summary_zh=f"{len(live)} 项审计发现尚未解决：{_counted_zh(live)}",
    )


def _urgency(finding: StandingFinding) -> tuple[int, float]:
    return -LEVELS.index(finding.rule.level), finding.since


def _counted(findings: Iterable[StandingFinding]) -> str:
    """`2 critical, 14 high`."""
    return ", ".join(f"{count} {level}" for level, count in _by_level(findings))


def _counted_zh(findings: Iterable[StandingFinding]) -> str:
    """`严重 2 项，高危 14 项`."""
    return "，".join(f"{BADGES[level]['zh']} {count} 项" for level, count in _by_level(findings))


def _by_level(findings: Iterable[StandingFinding]) -> list[tuple[str, int]]:
    """How many there are of each level that there is, the gravest first."""
    counts = Counter(finding.rule.level for finding in findings)
    return [(level, counts[level]) for level in reversed(LEVELS) if counts[level]]


def _named(findings: Sequence[StandingFinding], now: datetime) -> Iterable[str]:
    """`[high] RAM user without MFA: bob, for 12d`."""
    ordered = sorted(findings, key=_urgency)
    for finding in ordered[:MOST_NAMED]:
        what = ", ".join(part for part in finding.group if part)
        for_long = age(now.timestamp() - finding.since)
        yield f"[{finding.rule.level}] {finding.rule.title}: {what}, for {for_long}"
    if len(ordered) > MOST_NAMED:
        yield f"and {len(ordered) - MOST_NAMED} more: trailguard audit lists all"
