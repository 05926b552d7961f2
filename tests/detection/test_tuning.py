"""What a team changes about the shipped rules; a mistake leaves a rule as it was shipped."""

from __future__ import annotations

from datetime import datetime, timezone
from textwrap import dedent

import pytest

from shared.detection.rule import Rule
from shared.detection.tuning import Tuned, tune
from shared.events.actiontrail import read_event
from shared.events.sources import SOURCES
from shared.located import read_yaml
from tests.judging import rule

RULES = [
    rule("trail-stopped", {"s": {"eventName": "StopLogging"}, "condition": "s"}),
    rule("root-sign-in", {"s": {"eventName": "ConsoleSignin"}, "condition": "s"}),
    rule("many-at-once", {"s": {"requestParameters.Amount|gte": 10}, "condition": "s"}),
]


def tuned(text: str) -> Tuned:
    return tune(RULES, read_yaml(dedent(text), "alerts/tuning.yml"), SOURCES.values(), {"robots": ("ci",)})


def only(text: str) -> Rule:
    result = tuned(text)
    assert result.problems == []
    return next(rule for rule in result.rules if rule.name == "trail-stopped")


def fires(rule: Rule, day: str = "2026-03-01", **fields: str) -> bool:
    record = {"eventName": "StopLogging", "eventTime": f"{day}T12:00:00Z", **fields}
    return rule.matches(read_event(record, "x", datetime(2030, 1, 1, tzinfo=timezone.utc)))


def test_nothing_is_changed_by_nothing() -> None:
    assert tuned("").rules == RULES
    assert tuned("# only words\n").rules == RULES


def test_a_rule_can_be_switched_off() -> None:
    assert [rule.name for rule in tuned("trail-stopped: {enabled: false}").rules] == [
        "root-sign-in",
        "many-at-once",
    ]


def test_level_and_mode_are_the_teams_choice() -> None:
    changed = only("trail-stopped: {level: low, mode: shadow}")
    assert (changed.level, changed.mode) == ("low", "shadow")
    assert only("trail-stopped: {level: critical}").mode == "live"


def asks_for(amount: int, changed: Rule) -> bool:
    record = {"eventName": "RunInstances", "requestParameters": {"Amount": amount}}
    return changed.matches(read_event(record, "x", datetime(2030, 1, 1, tzinfo=timezone.utc)))


def test_a_number_that_a_rule_compares_with_is_the_teams_choice() -> None:
    result = tuned("many-at-once: {numbers: {requestParameters.Amount|gte: 3}}")
    assert result.problems == []
    changed = result.rules[-1]
    assert [asks_for(amount, changed) for amount in (2, 3, 10)] == [False, True, True]
    assert [asks_for(amount, RULES[-1]) for amount in (3, 10)] == [False, True]


def test_a_number_that_a_rule_does_not_compare_with_is_told_with_the_nearest() -> None:
    result = tuned("many-at-once: {numbers: {requestParameters.Amount|gt: 3}}")
    assert result.rules == RULES
    (problem,) = map(str, result.problems)
    assert (
        "the rule compares no 'requestParameters.Amount|gt'; did you mean 'requestParameters.Amount|gte'"
        in problem
    )


def test_an_exception_takes_out_what_it_names_and_nothing_else() -> None:
    changed = only("""
        trail-stopped:
          except:
            - when: {userIdentity.userName|expand: '%robots%', sourceIpAddress|cidr: 10.0.0.0/8}
              reason: the pipeline replaces trails
        """)
    robot = {"userIdentity.userName": "ci", "sourceIpAddress": "10.1.2.3"}
    assert not fires(changed, **robot)
    assert fires(changed, **{**robot, "sourceIpAddress": "203.0.113.9"})
    assert fires(changed, **{**robot, "userIdentity.userName": "eve"})


def test_an_exception_may_list_alternatives() -> None:
    changed = only("trail-stopped: {except: [{when: [{acsRegion: a}, {acsRegion: b}], reason: tests}]}")
    assert [fires(changed, acsRegion=region) for region in "abc"] == [False, False, True]


def test_an_exception_ends_with_its_last_day_by_the_events_own_clock() -> None:
    changed = only("trail-stopped: {except: [{when: {acsRegion: a}, reason: move, expires: 2026-03-31}]}")
    days = ("2026-01-01", "2026-03-31", "2026-04-01", "2031-01-01")
    assert [fires(changed, day, acsRegion="a") for day in days] == [False, False, True, True]


MISTAKES: dict[str, tuple[str, str]] = {
    "trail-stoped: {level: low}": ("1", "no rule 'trail-stoped'; did you mean 'trail-stopped'?"),
    "5: {level: low}": ("1", "no rule '5'"),
    "trail-stopped:\n": ("1", "expected a map of keys to values"),
    "trail-stopped: off": ("1", "expected a map of keys to values"),
    "trail-stopped:\n  levle: low": ("2", "unknown key 'levle'; did you mean 'level'?"),
    "trail-stopped:\n  level: lwo": ("2", "'level' can't be 'lwo'"),
    "trail-stopped:\n  mode: silent": ("2", "'mode' can't be 'silent'"),
    "trail-stopped:\n  enabled: perhaps": ("2", "'enabled': input should be a valid boolean"),
    "trail-stopped:\n  except:\n    - when: {acsRegion: a}": ("3", "'except.0.reason' is missing"),
    "trail-stopped:\n  except:\n    - when: {acsRegion: a}\n      reason: ' '": ("4", "'except.0.reason'"),
    "trail-stopped:\n  except:\n    - reason: x": ("3", "'except.0.when' is missing"),
    "trail-stopped:\n  except:\n    - when: {acsRegio: a}\n      reason: x": (
        "3",
        "did you mean 'acsRegion'?",
    ),
    "trail-stopped:\n  except:\n    - when:\n        acsRegion|lik: a\n      reason: x": (
        "4",
        "unknown modifier 'lik'",
    ),
    "trail-stopped:\n  except:\n    - when: {}\n      reason: x": (
        "3",
        "a selection is a map of fields to values",
    ),
    "trail-stopped:\n  except:\n    - {when: {acsRegion: a}, reason: x, expires: soon}": (
        "3",
        "'except.0.expires'",
    ),
    "trail-stopped:\n  except:\n    - {when: {acsRegion: a}, reason: x, until: 2026-01-01}": (
        "3",
        "unknown key 'until'",
    ),
    "trail-stopped:\n  exept: []": ("2", "unknown key 'exept'; did you mean 'except'?"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_and_leaves_the_rule_as_shipped(text: str) -> None:
    line, told = MISTAKES[text]
    result = tuned(
        f"{text}\nroot-sign-in: {{level: low}}\n" if "\n" in text or text.startswith("t") else text
    )
    assert any(str(p).startswith(f"alerts/tuning.yml:{line}: ") and told in p.text for p in result.problems)
    shipped = next(rule for rule in result.rules if rule.name == "trail-stopped")
    assert shipped == RULES[0]
    assert len(result.rules) == len(RULES)
    assert fires(shipped, acsRegion="a")


def test_one_broken_exception_leaves_out_the_whole_entry() -> None:
    result = tuned(
        "trail-stopped: {level: low, except: [{when: {acsRegion: a}, reason: x}, {when: {x: y}, reason: z}]}"
    )
    assert result.rules == RULES
    assert len(result.problems) == 1
