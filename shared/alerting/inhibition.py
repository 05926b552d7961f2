"""Inhibition: while one alert stands, others that it explains are not told. Alertmanager's `inhibit_rules`.

https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule. Alerts here are events and never end
by themselves: one counts as standing for `lasts` after it came. One that says that something is over is no
source, and is not held back: see `desk.Taking`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shared.alerting.duration import Span
from shared.alerting.matchers import Labels, Matcher, check_label, equal_to, like, matchers_in
from shared.state.store import StateStore, Write
from shared.validate import Strict

Side = Literal["source", "both"]
"""Whether an alert is a source alone, or a target of the same rule as well."""

Matchers = Annotated[list[Matcher], BeforeValidator(matchers_in)]


class InhibitRule(Strict):
    """Alerts that match the target are not told while one stands that matches the source, `equal` in both."""

    name: str = ""
    source_matchers: Matchers = Field(default_factory=list)
    source_match: Annotated[list[Matcher], BeforeValidator(equal_to)] = Field(default_factory=list)
    source_match_re: Annotated[list[Matcher], BeforeValidator(like)] = Field(default_factory=list)
    target_matchers: Matchers = Field(default_factory=list)
    target_match: Annotated[list[Matcher], BeforeValidator(equal_to)] = Field(default_factory=list)
    target_match_re: Annotated[list[Matcher], BeforeValidator(like)] = Field(default_factory=list)
    equal: list[str] = Field(default_factory=list)
    lasts: Span = 3600

    @field_validator("equal")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        for name in names:
            check_label(name)
        return names

    @model_validator(mode="after")
    def _joined(self) -> InhibitRule:
        """The older spellings become `matchers`, of which either side needs one."""
        self.source_matchers = [*self.source_match, *self.source_match_re, *self.source_matchers]
        self.target_matchers = [*self.target_match, *self.target_match_re, *self.target_matchers]
        if not self.source_matchers or not self.target_matchers:
            raise ValueError("it needs source_matchers and target_matchers")
        return self

    def is_source(self, labels: Labels) -> bool:
        """Whether an alert with these labels can hold others back."""
        return all(matcher.matches(labels) for matcher in self.source_matchers)

    def is_target(self, labels: Labels) -> bool:
        """Whether an alert with these labels can be held back."""
        return all(matcher.matches(labels) for matcher in self.target_matchers)

    def key(self, number: int, labels: Labels, side: Side) -> str:
        """Where it is kept that a source stands, for alerts with equal labels."""
        same = "\0".join(labels.get(name, "") for name in self.equal)
        digest = hashlib.sha256(same.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        return f"inhibits/{number}/{side}/{digest}"

    def source_key(self, number: int, labels: Labels) -> str:
        """Where a source is noted."""
        return self.key(number, labels, "both" if self.is_target(labels) else "source")

    def holding_keys(self, number: int, labels: Labels) -> list[str]:
        """Where the sources are noted that hold a target back. A source that is a target itself holds back
        none that is the same: two alike would silence each other."""
        sides: tuple[Side, ...] = ("source",) if self.is_source(labels) else ("source", "both")
        return [self.key(number, labels, side) for side in sides]


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
                yield rule, rule.source_key(number, labels)

    def _targets(self, labels: Labels) -> Iterator[tuple[str, str]]:
        for number, rule in enumerate(self._rules):
            if rule.is_target(labels):
                for key in rule.holding_keys(number, labels):
                    yield rule.name or f"inhibit_rules[{number}]", key
