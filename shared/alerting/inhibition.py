"""Inhibition: while one alert stands, others that it explains are not told. Alertmanager's `inhibit_rules`.

https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule. Alerts here are events and never end
by themselves: one counts as standing for `lasts` after it came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, field_validator

from shared.alerting.matchers import LABELS, Labels, Matcher, parse_matcher
from shared.detection.duration import Span
from shared.spelling import nearest
from shared.state.store import StateStore, Write
from shared.validate import Strict


class InhibitRule(Strict):
    """Alerts that match the target are not told while one stands that matches the source, `equal` in both."""

    name: str = ""
    source_matchers: list[Matcher]
    target_matchers: list[Matcher]
    equal: list[str] = Field(default_factory=list)
    lasts: Span = 3600

    @field_validator("source_matchers", "target_matchers", mode="before")
    @classmethod
    def _parsed(cls, texts: Any) -> Any:
        return [parse_matcher(text) if isinstance(text, str) else text for text in texts]

    @field_validator("equal")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in LABELS:
                raise ValueError(f"alerts have no label '{name}'{nearest(name, LABELS)}")
        return names

    def is_source(self, labels: Labels) -> bool:
        """Whether an alert with these labels silences others."""
        return all(matcher.matches(labels) for matcher in self.source_matchers)

    def is_target(self, labels: Labels) -> bool:
        """Whether an alert with these labels can be held back; what is a source, too, never is."""
        return all(matcher.matches(labels) for matcher in self.target_matchers) and not self.is_source(labels)

    def key(self, number: int, labels: Labels) -> str:
        """Where it is kept that a source stands, for alerts with equal labels."""
        same = "\0".join(labels.get(name, "") for name in self.equal)
        digest = hashlib.sha256(same.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        return f"inhibits/{number}/{digest}"


class Inhibitor:
    """The inhibit rules, and which of their sources stand. Raises StoreUnavailable."""

    def __init__(self, rules: Sequence[InhibitRule], store: StateStore) -> None:
        self._rules = rules
        self._store = store

    def note(self, alerts: Iterable[Labels], now: datetime) -> None:
        """Remember the sources among these alerts."""
        keys = {key: rule.lasts for labels in alerts for rule, key in self._sources(labels)}
        found = self._store.load(keys)
        self._store.save(
            Write(key, b"1", found[key].version, now + timedelta(seconds=lasts))
            for key, lasts in keys.items()
        )

    def inhibited(self, alerts: Sequence[Labels]) -> list[str]:
        """For each alert the name of the rule that holds it back, or an empty text."""
        wanted = [list(self._targets(labels)) for labels in alerts]
        found = self._store.load({key for targets in wanted for _, key in targets})
        return [
            next((name for name, key in targets if found[key].value is not None), "") for targets in wanted
        ]

    def _sources(self, labels: Labels) -> Iterator[tuple[InhibitRule, str]]:
        for number, rule in enumerate(self._rules):
            if rule.is_source(labels):
                yield rule, rule.key(number, labels)

    def _targets(self, labels: Labels) -> Iterator[tuple[str, str]]:
        for number, rule in enumerate(self._rules):
            if rule.is_target(labels):
                yield rule.name or f"inhibit_rules[{number}]", rule.key(number, labels)
