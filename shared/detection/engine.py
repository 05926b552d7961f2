"""Judging: events in, findings out. Pure; a rule that raises never silences the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.detection.index import Index
from shared.detection.rule import Finding, Rule, RuleFailure
from shared.events.event import Event
from shared.events.source import Source


@dataclass(frozen=True)
class Verdict:
    """What the rules say of one event."""

    findings: tuple[Finding, ...] = ()
    failures: tuple[RuleFailure, ...] = ()


class Engine:
    """The enabled rules of some sources, indexed."""

    def __init__(self, rules: Iterable[Rule], sources: Iterable[Source]) -> None:
        self.sources = {source.name: source for source in sources}
        by_source: dict[str, list[Rule]] = {name: [] for name in self.sources}
        for rule in rules:
            by_source[rule.source].append(rule)
        self.indexes = {s.name: Index(by_source[s.name], s.indexed) for s in self.sources.values()}

    def judge(self, event: Event, candidates: Iterable[Rule] | None = None) -> Verdict:
        """Every rule of the event's source that holds, in the order of the rules.

        `candidates` are all that could hold, where the caller knows them already.
        """
        findings: list[Finding] = []
        failures: list[RuleFailure] = []
        if candidates is None:
            candidates = self.indexes[event.source].candidates(event.fields)
        for rule in candidates:
            try:
                if rule.concerns(event):
                    findings.append(Finding(rule, event))
            except Exception as error:  # noqa: BLE001 - whatever it is, it becomes an alert of its own
                failures.append(RuleFailure(rule, event, error))
        return Verdict(tuple(findings), tuple(failures))
