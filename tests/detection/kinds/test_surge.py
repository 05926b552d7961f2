"""Surges on a time line of steps: what is usual, what is told, and what stays the same however it comes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.detection.kinds.bottom_k import HEX
from shared.detection.kinds.kind import LATENESS, MALFORMED
from shared.detection.kinds.surge import MOST_COPIES, Surge
from shared.detection.sightings import match_of
from shared.detection.state_schema import StateBlock
from shared.detection.tuning import tune
from shared.events.sources import SOURCES
from shared.located import read_yaml
from tests.detection.kinds.steps import DAY, ERRORS, STEP, past, step, told_at
from tests.detection.kinds.timeline import START, Told
from tests.judging import RECEIVED, rule


@pytest.mark.parametrize(
    ("counts", "surges"),
    [
        ((5, 5, 5, 5, 19), []),
        ((5, 5, 5, 5, 20), [4]),
        ((20, 0, 0, 0, 20), [4]),  # the average counts, however it comes about
        ((1, 1, 1, 1, 9), []),  # nine times the usual, and yet few
        ((1, 0, 0, 0, 10), [4]),
        ((5, 5, 5, 50), []),  # it has not known the host for four steps
        ((50, 5, 5, 5, 50), []),
        ((50, 0, 0, 0, 0, 10), [5]),  # long enough ago to be no longer usual
        ((5, 5, 5, 5, 5, 5, 5, 5, 25), [8]),
    ],
)
def test_a_surge_is_a_multiple_of_what_was_usual(counts: tuple[int, ...], surges: list[int]) -> None:
    assert told_at(ERRORS, past(*counts)) == surges


def test_it_is_told_with_the_event_that_is_one_too_many() -> None:
    told = Told(ERRORS)
    told.each(sighting for quiet in past(5, 5, 5, 5) for sighting in quiet)
    assert told.each(step(4, 40)[:19]) == []
    (decision,) = told.batch(step(4, 40)[19])
    assert decision.sighting == step(4, 40)[19]
    assert decision.event_ids == ("4/19",)


def test_a_summary_can_tell_how_many_where_how_few_are_usual() -> None:
    told = Told(ERRORS)
    told.each(sighting for quiet in past(5, 2, 5, 5) for sighting in quiet)
    (decision,) = told.batch(*step(4, 25))
    assert decision.words == {"count": "25", "usual": "4.2", "factor": "4", "span": "5m", "against": "20m"}


def test_of_many_it_says_about_how_many() -> None:
    told = Told(ERRORS)
    told.each(sighting for quiet in past(60, 60, 60, 60) for sighting in quiet)
    (decision,) = told.batch(*step(4, 5000))
    about, number = decision.words["count"].split()
    assert about == "about"
    assert 3500 < int(number) < 6500
    assert number.strip("0") == number.rstrip("0")[:2]
    assert decision.words["usual"] == "60"


def test_a_surge_that_goes_on_is_told_once() -> None:
    assert told_at(ERRORS, past(5, 5, 5, 5, 30, 200, 900)) == [4]


def test_what_lasts_becomes_usual() -> None:
    assert told_at(ERRORS, past(5, 5, 5, 5, *(50,) * 30)) == [4]


def test_a_new_surge_after_it_has_fallen_is_told_again() -> None:
    assert told_at(ERRORS, past(1, 1, 1, 1, 20, 1, 40)) == [4, 6]


def test_a_quiet_time_counts_as_zero_and_not_as_unknown() -> None:
    assert told_at(ERRORS, [step(0, 1), step(2000, 10)]) == [2000]


def test_a_group_that_was_silent_for_too_long_is_forgotten() -> None:
    week = replace(ERRORS, remember=7 * DAY)
    assert week.merge(None, step(0, 1)).keep_until == START + STEP + 7 * DAY


def test_an_event_that_comes_twice_counts_once() -> None:
    usual, loud = past(5, 5, 5, 5), step(4, 19)
    assert told_at(ERRORS, [*usual, loud, loud, *usual, loud[3:9]]) == []


def test_a_late_event_still_counts_for_its_step() -> None:
    late = step(4, 20)
    quiet = [step(number, 1) for number in range(5, 6 + LATENESS // STEP)]
    assert told_at(ERRORS, [*past(5, 5, 5, 5), late[:19], *quiet[:-1], late[19:]]) == [4]
    assert told_at(ERRORS, [*past(5, 5, 5, 5), late[:19], *quiet, late[19:]]) == []


def test_a_step_that_joins_a_surge_late_is_no_second_one() -> None:
    usual = past(5, 5, 5, 5)
    assert told_at(ERRORS, [*usual, step(5, 90), step(4, 20)]) == [5]
    assert told_at(ERRORS, [*usual, step(4, 19), step(5, 90), step(4, 20)]) == [5]


def test_nor_if_what_it_joins_is_closed_by_then() -> None:
    first_open = step(4 + 1 + LATENESS // STEP, 1)
    assert told_at(ERRORS, [*past(5, 5, 5, 5, 50), first_open, step(5, 99)]) == [4]


def test_what_was_told_before_all_had_come_is_not_told_again() -> None:
    """Half of what is usual came late: an alert too many, but one."""
    late = [step(number, 20, first=5) for number in range(4)]
    assert told_at(ERRORS, [*past(5, 5, 5, 5), step(4, 30), *late, step(4, 90), step(4, 120)]) == [4]


def test_a_late_event_may_show_that_the_group_was_known() -> None:
    assert told_at(ERRORS, [step(1, 5), step(4, 20)]) == []
    assert told_at(ERRORS, [step(1, 5), step(4, 20), step(0, 1)]) == [4]


def test_an_event_from_the_future_makes_deaf_until_then() -> None:
    """Which is why shared/events/dated.py keeps such events out."""
    assert told_at(ERRORS, [*past(5, 5, 5, 5), step(9000, 1), step(4, 50)]) == []
    assert told_at(ERRORS, [*past(5, 5, 5, 5), step(9000, 1), step(9001, 50)]) == [9001]


def test_an_event_counts_for_as_many_as_it_says() -> None:
    usual = [step(number, 1, weight=5) for number in range(4)]
    assert told_at(ERRORS, [*usual, step(4, 1, weight=19)]) == []
    assert told_at(ERRORS, [*usual, step(4, 1, weight=20)]) == [4]
    assert told_at(ERRORS, [*usual, step(4, 2, weight=10), step(4, 2, weight=10)]) == [4]


def test_an_event_that_boasts_is_not_believed() -> None:
    told = Told(ERRORS)
    for quiet in past(5, 5, 5, 5):
        told.batch(*quiet)
    (decision,) = told.batch(*step(4, 1, weight=999_999))
    assert int(decision.words["count"].split()[1]) < 1.4 * MOST_COPIES


def test_a_rule_names_the_field_that_weighs() -> None:
    block = {"by": [], "within": "5m", "against": "1h", "factor": 2, "gte": 9, "weight": "requestId"}
    weighing = rule("weighing", {"a": {"eventName": "A"}, "condition": "a"}, state={"surge": block})
    source = SOURCES["actiontrail"]
    match = match_of(
        weighing, source.read({"eventName": "A", "eventId": "1", "requestId": "7"}, "x", RECEIVED), source
    )
    assert match is not None
    assert match.sighting.weight == 7


def test_steps_of_another_length_begin_anew() -> None:
    value = ERRORS.merge(None, [s for quiet in past(5, 5, 5, 5) for s in quiet]).value
    double = replace(ERRORS, within=2 * STEP)
    assert double.merge(value, step(4, 50)).decisions == ()
    assert double.merge(value, step(4, 50)).value == double.merge(None, step(4, 50)).value


def test_a_longer_past_is_learned_before_it_is_compared_with() -> None:
    """What went before was not kept, and would count as silence."""
    usual = [step(number, 30) for number in range(200)]
    told = Told(ERRORS)
    for batch in usual:
        told.batch(*batch)
    told.kind = replace(ERRORS, against=200 * STEP, factor=2.0)
    told.each([])
    for number in range(200, 400):
        assert told.batch(*step(number, 30)) == []
    assert told.batch(*step(400, 60))


def test_a_factor_that_is_lowered_holds_for_the_open_steps() -> None:
    value = ERRORS.merge(None, [s for each in past(5, 5, 5, 5, 15) for s in each]).value
    assert replace(ERRORS, factor=3.0).merge(value, step(-999, 1)).decisions[0].words["count"] == "15"


CORRUPT: list[dict[str, Any]] = [
    {"within": 0},
    {"within": "x"},
    {"since": None},
    {"since": 10**30},
    {"start": "soon"},
    {"start": float("inf")},
    {"closed": []},
    {"closed": {"5907888": "many"}},
    {"closed": {"5907888": -1}},
    {"closed": {"then": 1}},
    {"closed": {"9" * 30: 1}},
    {"open": {}},
    {"open": None},
    {"open": {"5907888": ""}},
    {"open": {"5907888": "a" * (HEX - 1)}},
    {"open": {"5907888": ["a" * HEX]}},
    {"open": {str(10**40): "a" * HEX}},
    {"told": 5},
    {"told": ["x"]},
    {"told": [10**30]},
]


@pytest.mark.parametrize("broken", CORRUPT, ids=lambda broken: json.dumps(broken)[:40])
def test_a_corrupt_value_is_told_as_such(broken: dict[str, Any]) -> None:
    value = {**ERRORS.merge(None, step(0, 3)).value, **broken}
    for read in (ERRORS.describe, lambda v: Surge.merge(ERRORS, v, step(1, 1))):
        with pytest.raises(MALFORMED):
            read(value)
            if broken == {"within": 0}:  # of another length: not corrupt to a merge, which begins anew
                raise ValueError


@pytest.mark.parametrize("gone", ["within", "since", "start", "closed", "open", "told"])
def test_a_value_that_lacks_something_is_corrupt(gone: str) -> None:
    value = {k: v for k, v in ERRORS.merge(None, step(0, 3)).value.items() if k != gone}
    with pytest.raises(MALFORMED):
        ERRORS.merge(value, step(1, 1))


def test_it_says_in_words_what_it_remembers() -> None:
    told = Told(ERRORS)
    told.batch(*step(0, 3))
    assert ERRORS.describe(told.value or {}) == (
        "3 event(s) from 2026-03-01 12:00 UTC; learning what is usual"
    )
    for quiet in past(0, 5, 5, 5, 25)[1:]:
        told.batch(*quiet)
    assert ERRORS.describe(told.value or {}) == (
        "25 event(s) from 2026-03-01 12:20 UTC; 4.5 are usual; a surge was told at 2026-03-01 12:20 UTC"
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"within": "30s"}, "'within' must be a minute or more"),
        ({"against": "5m"}, "5m is not 2 to 288 times 5m"),
        ({"against": "11m"}, "11m is not 2 to 288 times 5m"),
        ({"against": "2d"}, "2d is not 2 to 288 times 5m"),
        ({"remember": "10m"}, "'remember' must not be shorter than 'against'"),
        ({"factor": 1}, "greater than 1"),
        ({"factor": float("nan")}, "less than or equal to 1000"),
        ({"factor": float("inf")}, "less than or equal to 1000"),
        ({"gte": 0}, "greater than or equal to 1"),
    ],
)
def test_spans_that_do_not_fit_are_a_mistake(changes: dict[str, Any], problem: str) -> None:
    block = {"by": ["host"], "within": "5m", "against": "1h", "factor": 4, "gte": 20}
    assert StateBlock.model_validate({"surge": block}).kind == Surge(("host",), 300, 3600, 4, 20)
    with pytest.raises(ValueError, match=problem):
        StateBlock.model_validate({"surge": {**block, **changes}})


@pytest.mark.parametrize(
    ("tuning", "told"),
    [
        ("{factor: 2.5, gte: 7, within: 10m, against: 2h}", ""),
        ("{within: 7m}", "1: 'against' must be a whole multiple of 'within': 1h is not 2 to 288 times 7m"),
        ("{factor: 1}", "1: 'factor': input should be greater than 1"),
        ("{learn: 7d}", "1: the rule has no 'learn'; it has gte, within, against, factor"),
    ],
)
def test_a_team_tunes_its_thresholds(tuning: str, told: str) -> None:
    block = {"by": [], "within": "5m", "against": "1h", "factor": 4, "gte": 20}
    loud = rule("loud", {"a": {"eventName": "A"}, "condition": "a"}, state={"surge": block})
    result = tune([loud], read_yaml(f"loud: {tuning}", "alerts/tuning.yml"), SOURCES.values(), {})
    assert [str(p).removeprefix("alerts/tuning.yml:") for p in result.problems] == ([told] if told else [])
    assert result.rules[0].kind == (loud.kind if told else Surge((), 600, 7200, 2.5, 7))
