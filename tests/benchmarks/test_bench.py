"""What the benchmark rests on: the same events each time, of the right kind, and engines that agree."""

from __future__ import annotations

import statistics

import pytest

from tests.benchmarks import rulesets
from tests.benchmarks.contestants import Contestant, Trailguard
from tests.benchmarks.events import generate, raw_events
from tests.benchmarks.panther_peer import source_of
from tests.benchmarks.peers import SigmaRuleMatcher, SigmaSqlite
from tests.benchmarks.report import Bar, rate, table


def test_the_same_seed_makes_the_same_events() -> None:
    assert raw_events(300, seed=3) == raw_events(300, seed=3) != raw_events(300, seed=4)


def test_events_are_as_large_as_those_of_trails() -> None:
    assert 1_100 <= statistics.mean(map(len, raw_events(2_000))) <= 1_300


def test_most_events_are_nothing_to_alert_on() -> None:
    kinds = [made.kind for made in generate(4_000)]
    ordinary = kinds.count("reads") + kinds.count("writes")
    assert 0.96 <= ordinary / len(kinds) <= 0.995
    assert 0.01 <= kinds.count("failed") / len(kinds) <= 0.02


@pytest.mark.parametrize("size", [26, 100])
def test_engines_agree_on_every_match(size: int) -> None:
    detections = rulesets.neutral(size)
    rules = rulesets.load(detections)
    events = raw_events(600)
    engines: list[Contestant] = [
        Trailguard(rules),
        Trailguard(rules, prefilter=False),
        SigmaRuleMatcher(detections),
        SigmaSqlite(detections),
    ]
    found = [engine.round(events).matches for engine in engines]
    assert found[0], "events that no rule matches compare nothing"
    assert found == [found[0]] * len(engines)


@pytest.mark.parametrize("size", [100, 1_000])
def test_passing_over_events_unread_loses_no_match_of_the_shipped_rules(size: int) -> None:
    rules = rulesets.shipped(size)
    assert len(rules) == size
    events = raw_events(2_000, seed=11)
    full = Trailguard(rules, prefilter=False).round(events).matches
    assert full and Trailguard(rules).round(events).matches == full


def test_rules_rendered_for_panther_say_what_sigma_says() -> None:
    detection = {
        "selection": {"eventName": "ConsoleSignin", "errorCode|startswith": ["Invalid", "No"]},
        "service": {"sourceIpAddress|endswith": ".aliyuncs.com"},
        "condition": "selection and not service",
    }
    scope: dict[str, object] = {}
    exec(source_of(detection), scope)
    rule = scope["rule"]
    assert callable(rule)
    event = {"eventName": "consolesignin", "errorCode": "InvalidPassword", "sourceIpAddress": "203.0.113.9"}
    assert rule(event)
    assert not rule({**event, "errorCode": ""})
    assert not rule({**event, "sourceIpAddress": "ecs.aliyuncs.com"})


def test_a_bar_says_whether_it_is_cleared() -> None:
    assert Bar("as fast", 0.71, 0.7).row()[0] == "PASS"
    assert Bar("as fast", 0.69, 0.7).row()[0] == "FAIL"
    assert Bar("growth", 1.3, 1.25, at_least=False).row()[0] == "FAIL"


def test_tables_line_up() -> None:
    assert table(("engine", "events/s"), [("ours", rate(312_412.7)), ("theirs", rate(980.4))]).split(
        "\n"
    ) == [
        "  engine  events/s",
        "  ──────  ────────",
        "  ours     312,400",
        "  theirs       980",
    ]
