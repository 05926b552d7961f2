"""The Alert: what the detecting side hands to the telling side, and its deterministic id."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

LEVELS = ("informational", "low", "medium", "high", "critical")


@dataclass(frozen=True)
class Alert:
    """One judgement, ready to be routed and told. `time` is the deciding event's own, in UTC.

    `reasons` are the conditions that matched, one a line, in plain words. `runbook` is a path under
    `alerts/`. `mode` is `live`, or `shadow`: recorded and never told. `status` is `happened`, or for what
    lasts `standing` and, once it is over, `resolved`; then `finding` is what both have in common.
    `confirmation` is what a look at the live account has shown; empty where the rule asks for none.
    """

    id: str
    rule: str
    title: str
    level: str
    source: str
    account_id: str
    time: datetime
    summary: str
    event_ids: tuple[str, ...]
    tags: tuple[str, ...] = ()
    item: str = ""
    mode: str = "live"
    actor: str = ""
    action: str = ""
    address: str = ""
    region: str = ""
    resource: str = ""
    reasons: tuple[str, ...] = ()
    runbook: str = ""
    origin: str = ""
    status: str = "happened"
    finding: str = ""
    confirmation: str = ""
    title_zh: str = ""
    summary_zh: str = ""

    def title_in(self, language: str) -> str:
        """The title in a team's language; in English where there is no other."""
        return (self.title_zh if language == "zh" else "") or self.title

    def summary_in(self, language: str) -> str:
        """The summary in a team's language; in English where there is no other."""
        return (self.summary_zh if language == "zh" else "") or self.summary

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; `time` as RFC 3339 with Z."""
        return {**asdict(self), "time": self.time.isoformat().replace("+00:00", "Z")}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Alert:
        """The inverse of `to_dict`. Unknown keys are dropped, so that old readers take new alerts.

        Raises KeyError, TypeError or ValueError when a required key is missing or malformed.
        """
        known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        lists = {name: tuple(known.get(name, ())) for name in ("event_ids", "tags", "reasons")}
        time = datetime.fromisoformat(known["time"].replace("Z", "+00:00"))
        return cls(**{**known, **lists, "time": time})


def alert_id(account_id: str, rule_id: str, group: tuple[str, ...], deciding_event: str) -> str:
    """32 hex digits that depend on nothing else, so a repeated batch gives the same alert again."""
    parts = [account_id, rule_id, *group, deciding_event]
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()[:32]
