"""What a team changes about shipped rules, without editing them: `alerts/tuning.yml`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import ConfigDict, Field

from shared.detection.condition import build_condition
from shared.detection.duration import Span
from shared.detection.kinds.kind import Kind
from shared.detection.load import build_selections
from shared.detection.numbers import numbers_in, with_numbers
from shared.detection.rule import Exemption, Rule
from shared.detection.schema import Level, Mode, Text
from shared.detection.selections import Lists
from shared.events.source import Source
from shared.located import ConfigError, Document, Problem
from shared.spelling import nearest
from shared.validate import Strict, validate

THRESHOLDS = ("gte", "within", "against", "factor", "after", "learn", "every")


class ExceptBlock(Strict):
    """Events not to hear about: a Sigma selection, why, and until when (inclusive)."""

    when: dict[str, Any] | list[dict[str, Any]]
    reason: Text
    expires: datetime.date | None = None


class RuleTuning(Strict):
    """What to change about one rule. What is not given stays as shipped."""

    model_config = ConfigDict(populate_by_name=True)

    enabled: bool = True
    level: Level | None = None
    mode: Mode | None = None
    gte: int | None = Field(default=None, ge=1, le=1000)
    within: Span | None = None
    against: Span | None = None
    factor: float | None = Field(default=None, gt=1, le=1000)
    after: Span | None = None
    learn: Span | None = None
    every: Span | None = None
    numbers: dict[str, float] = Field(default_factory=dict)
    exceptions: list[ExceptBlock] = Field(default_factory=list, alias="except")


@dataclass(frozen=True)
class Tuned:
    """Rules after tuning, and what was wrong with the file."""

    rules: list[Rule]
    problems: list[Problem]


def tune(rules: Iterable[Rule], document: Document, sources: Iterable[Source], lists: Lists) -> Tuned:
    """The rules as the document changes them, disabled ones left out.

    A mistake in one entry leaves its rule as shipped: rather an alert too many than one too few.
    """
    by_name = {rule.name: rule for rule in rules}
    by_source = {source.name: source for source in sources}
    problems: list[Problem] = []
    for name in document.data or {}:
        try:
            rule = _named(document, name, by_name)
            tuned = _tuned(rule, document, by_source[rule.source], lists)
        except ConfigError as error:
            problems += error.problems
            continue
        if tuned is None:
            del by_name[name]
        else:
            by_name[name] = tuned
    return Tuned(list(by_name.values()), problems)


def _named(document: Document, name: str, rules: Mapping[str, Rule]) -> Rule:
    if name not in rules:
        text = f"no rule '{name}'{nearest(str(name), rules)}"
        raise ConfigError([document.problem((name,), text)])
    return rules[name]


def _tuned(rule: Rule, document: Document, source: Source, lists: Lists) -> Rule | None:
    tuning = validate(document, RuleTuning, (rule.name,))
    if not tuning.enabled:
        return None
    exemptions = [
        Exemption(_exempting(document, rule, number, block, source, lists), block.reason, block.expires)
        for number, block in enumerate(tuning.exceptions)
    ]
    return replace(
        _renumbered(rule, tuning, document, source, lists),
        kind=_retuned(rule, tuning, document),
        level=tuning.level or rule.level,
        mode=tuning.mode or rule.mode,
        exemptions=(*rule.exemptions, *exemptions),
    )


def _retuned(rule: Rule, tuning: RuleTuning, document: Document) -> Kind | None:
    """The rule's kind with the thresholds given; those that it has not, or can't have, are mistakes."""
    given = {name: getattr(tuning, name) for name in THRESHOLDS if getattr(tuning, name) is not None}
    for name in given:
        if rule.kind is None or not hasattr(rule.kind, name):
            has = [threshold for threshold in THRESHOLDS if hasattr(rule.kind, threshold)]
            text = f"the rule has no '{name}'; it has {', '.join(has) or 'no threshold'}"
            raise ConfigError([document.problem((rule.name, name), text)])
    try:
        return cast(Kind, replace(cast(Any, rule.kind), **given)) if given else rule.kind
    except ValueError as error:
        raise ConfigError([document.problem((rule.name,), str(error))]) from None


def _renumbered(rule: Rule, tuning: RuleTuning, document: Document, source: Source, lists: Lists) -> Rule:
    """The rule with the numbers given in place of its own. Raises ConfigError for those that it has not."""
    if not tuning.numbers:
        return rule
    has = sorted(set(numbers_in(rule.detection)))
    for key in tuning.numbers:
        if key not in has:
            text = f"the rule compares no '{key}'{nearest(key, has)}; it has {', '.join(has) or 'no number'}"
            raise ConfigError([document.problem((rule.name, "numbers", key), text)])
    detection = with_numbers(rule.detection, tuning.numbers)
    definitions = {name: value for name, value in detection.items() if name != "condition"}
    built = build_selections(document, (rule.name, "numbers"), definitions, source, lists)
    return replace(
        rule,
        detection=detection,
        node=build_condition(detection["condition"], built),
        steps={name: built[name] for name in rule.steps},
        of=next((built[name] for name, node in rule.steps.items() if node is rule.of), None),
    )


def _exempting(
    document: Document, rule: Rule, number: int, block: ExceptBlock, source: Source, lists: Lists
) -> Any:
    path = (rule.name, "except", number)
    return build_selections(document, path, {"when": block.when}, source, lists)["when"]
