"""The index leaves out no rule that would match; generated rules and events try to prove the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.config import load_alerts
from shared.detection.condition import build_condition
from shared.detection.engine import Engine
from shared.detection.index import Index
from shared.detection.rule import Rule
from shared.detection.selections import build_selection
from shared.events.actiontrail import ACTIONTRAIL, read_event
from shared.events.event import Event
from shared.events.sources import SOURCES
from tests.judging import rule

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
SHIPPED = [rule for rule in load_alerts().rules if rule.source == "actiontrail"]

NAMES = ("StopLogging", "consolesignin", "ConsoleSignin", "CreateUser", "", "x")
TYPES = ("root-account", "ram-user", "system", "")
CODES = ("NoPermission", "Forbidden.RAM", "", "403")
FIELDS = {
    "eventName": NAMES,
    "userIdentity.type": TYPES,
    "errorCode": CODES,
    "insightDetails.insightType": ("IpInsight", "AkInsight"),
    "acsRegion": ("cn-hangzhou", "x"),
    "eventRW": ("Write", "Read"),
}


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, Any]:
    """One line of a selection."""
    field = draw(st.sampled_from(sorted(FIELDS)))
    value = st.sampled_from([v for v in FIELDS[field] if v])
    kind = draw(
        st.sampled_from(("is", "is", "is", "wild", "contains", "re", "null", "exists", "empty", "all"))
    )
    if kind == "null":
        return field, draw(st.sampled_from((None, [None, "x"])))
    if kind == "exists":
        return f"{field}|exists", draw(st.booleans())
    if kind == "empty":
        return field, ["", draw(value)]
    if kind == "wild":
        return field, [draw(value)[:3] + "*", draw(st.sampled_from(("?*", "*in", "x")))]
    if kind == "all":
        return f"{field}|contains|all", [draw(value)[:2], draw(value)[-2:]]
    values = draw(st.lists(value, min_size=1, max_size=3))
    return field if kind == "is" else f"{field}|{kind}", values


maps = st.lists(lines(), min_size=1, max_size=3).map(dict)
selections = st.one_of(maps, st.lists(maps, min_size=1, max_size=2))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A whole rule with up to three selections, joined in any way."""
    names = ["s", "t", "u"][: draw(st.integers(1, 3))]
    joined = draw(st.sampled_from(names))
    terms = [draw(st.sampled_from(("{}", "{}", "not {}"))).format(name) for name in names]
    for term in terms:
        joined = draw(
            st.sampled_from(("{0} and {1}", "{0} or {1}", "not ({0} or {1})", "({0}) and {1}"))
        ).format(joined, term)
    built = {name: build_selection(draw(selections), ACTIONTRAIL.check_field, {}) for name in names}
    return Rule("generated", joined, joined, "low", "actiontrail", build_condition(joined, built))


def values(options: Sequence[Any]) -> st.SearchStrategy[Any]:
    """A value of a field as some source might send it."""
    plain = st.sampled_from([*options, *[str(option).upper() for option in options]])
    odd = st.sampled_from((None, 403, True, [], {}, ["x"], [None], [["StopLogging"]], {"type": "x"}, "*"))
    return st.one_of(plain, plain, plain, odd, st.lists(plain, max_size=2))


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """An event's record; fields are there or not, nested or flat."""
    record: dict[str, Any] = {"eventName": draw(values(NAMES))}
    for field in ("errorCode", "acsRegion", "eventRW"):
        if draw(st.booleans()):
            record[field] = draw(values(FIELDS[field]))
    for field in ("userIdentity.type", "insightDetails.insightType"):
        outer, inner = field.split(".")
        where = draw(st.sampled_from(("absent", "nested", "flat", "both", "odd")))
        if where in ("nested", "both"):
            record[outer] = {inner: draw(values(FIELDS[field]))}
        if where in ("flat", "both"):
            record[field] = draw(values(FIELDS[field]))
        if where == "odd":
            record[outer] = draw(st.sampled_from((None, "text", [], {}, 5)))
    return record


def event_of(record: dict[str, Any]) -> Event | None:
    try:
        return read_event(record, "generated", NOW)
    except ValueError:
        return None


def linear(all_rules: Sequence[Rule], event: Event) -> list[str]:
    """The findings without any index."""
    return [rule.id for rule in all_rules if rule.matches(event)]


def indexed(all_rules: Sequence[Rule], event: Event) -> list[str]:
    return [finding.rule.id for finding in Engine(all_rules, SOURCES.values()).judge(event).findings]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(rules(), min_size=1, max_size=4), st.lists(records(), min_size=3, max_size=5))
def test_every_generated_rule_is_found_that_would_match(
    some: list[Rule], events: list[dict[str, Any]]
) -> None:
    for event in filter(None, map(event_of, events)):
        assert indexed(some, event) == linear(some, event)


@settings(max_examples=60, deadline=None)
@given(records())
def test_every_shipped_rule_is_found_that_would_match(record: dict[str, Any]) -> None:
    if event := event_of(record):
        assert indexed(SHIPPED, event) == linear(SHIPPED, event)


def test_every_shipped_rule_is_found_on_the_tests_of_all_the_others() -> None:
    engine = Engine(SHIPPED, SOURCES.values())
    tests = [fields for rule in SHIPPED for test in rule.tests for _, fields in test.events]
    assert len(tests) > 100
    for event in filter(None, (event_of(dict(fields)) for fields in tests)):
        assert [f.rule.id for f in engine.judge(event).findings] == linear(SHIPPED, event)


def test_rules_are_told_in_their_own_order() -> None:
    named = [rule(name, {"s": {"eventName": "A"}, "condition": "s"}) for name in ("c", "a", "b")]
    event = read_event({"eventName": "A"}, "x", NOW)
    assert [f.rule.name for f in Engine(named, SOURCES.values()).judge(event).findings] == ["c", "a", "b"]


def test_a_rule_that_names_its_event_is_no_candidate_for_others() -> None:
    index = Index([rule("a", {"s": {"eventName": "A"}, "condition": "s"})], ACTIONTRAIL.indexed)
    assert index.candidates({"eventName": "B"}) == []
    assert not index.judges_everything


def test_a_rule_that_names_nothing_indexed_is_a_candidate_for_all() -> None:
    index = Index([rule("a", {"s": {"acsRegion": "A"}, "condition": "s"})], ACTIONTRAIL.indexed)
    assert len(index.candidates({"eventName": "B"})) == 1
    assert index.judges_everything
