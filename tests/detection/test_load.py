"""Mistakes in a rule file are told with their line, the wrong word and the nearest right one."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from shared.detection.load import load_rule
from shared.detection.rule import Rule
from shared.events.sources import SOURCES
from shared.located import ConfigError

RULE = dedent("""\
    title: A trail is stopped
    id: 7b1c5cf0-6e0f-4f0a-9d1c-0d7c2a6f3b11
    status: test
    description: Without a trail nothing that happens next is recorded.
    tags: [attack.t1562.008]
    logsource: {product: alibabacloud, service: actiontrail}
    detection:
      trail_off:
        eventName: [StopLogging, DeleteTrail]
        serviceName: Actiontrail
      by_robot:
        userIdentity.userName|expand: '%robots%'
      condition: trail_off and not by_robot
    level: high
    item: actiontrail
    alert:
      summary: "{actor} called {eventName} on {requestParameters.Name}"
      dedupe: [account_id, eventName]
      runbook: runbooks/trail.md
    tests:
      - name: stopped
        event: {eventName: StopLogging, serviceName: Actiontrail}
        fires: true
      - name: described
        event: {eventName: DescribeTrails}
        fires: false
    """)
LISTS = {"robots": ("ci",)}


def load(text: str) -> Rule:
    return load_rule(text, "alerts/rules/trail-stopped.yml", SOURCES.values(), LISTS)


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return [str(problem).removeprefix("alerts/rules/trail-stopped.yml:") for problem in caught.value.problems]


def test_a_rule_without_mistakes_is_loaded_whole() -> None:
    rule = load(RULE)
    assert (rule.name, rule.level, rule.mode, rule.item) == ("trail-stopped", "high", "live", "actiontrail")
    assert rule.dedupe == ("account_id", "eventName")
    assert [test.fires for test in rule.tests] == [True, False]


MISTAKES: dict[str, tuple[str, str, str]] = {
    # what is wrong: (the right text, the wrong one, what is told)
    "an unknown key": ("title:", "titel:", "1: unknown key 'titel'; did you mean 'title'?"),
    "an unknown key inside": ("dedupe:", "dedup:", "18: unknown key 'dedup'; did you mean 'dedupe'?"),
    "an unknown key in a test": (
        "  event: {eventName: StopL",
        "  evnt: {eventName: StopL",
        "22: unknown key 'evnt'; did you mean 'event'?",
    ),
    "a key left out": ("level: high\n", "", "1: 'level' is missing"),
    "a key left out inside": ("  runbook: runbooks/trail.md\n", "", "16: 'alert.runbook' is missing"),
    "a bad level": ("level: high", "level: hihg", "14: 'level' can't be 'hihg'; it is one of"),
    "a bad level, with the right one": ("level: high", "level: hihg", "did you mean 'high'?"),
    "a bad status": ("status: test", "status: tested", "3: 'status' can't be 'tested'"),
    "a bad mode": (
        "status: test",
        "status: test\nmode: quiet",
        "4: 'mode' can't be 'quiet'; it is one of 'live'",
    ),
    "a bad id": ("id: 7b1c5cf0-", "id: x7b1c5cf0-", "2: 'id': input should be a valid UUID"),
    "an empty title": ("title: A trail is stopped", "title: ''", "1: 'title':"),
    "a bad tag": ("[attack.t1562.008]", "[5]", "5: 'tags.0': input should be a valid string"),
    "tests that are no list": ("fires: true", "fires: maybe", "23: 'tests.0.fires"),
    "an unknown modifier": (
        "eventName: [",
        "eventName|startwith: [",
        "9: unknown modifier 'startwith'; did you mean 'startswith'?",
    ),
    "an unknown field": (
        "eventName: [",
        "eventname: [",
        "9: actiontrail events have no field 'eventname'; did you mean 'eventName'?",
    ),
    "an unknown field inside": (
        "userIdentity.userName|",
        "userIdentity.username|",
        "12: actiontrail events have no field 'userIdentity.username'; did you mean 'userIdentity.userName'?",
    ),
    "a bad regular expression": (
        "eventName: [StopLogging, DeleteTrail]",
        "eventName|re: 'Stop('",
        "9: 'Stop(' is not a regular expression: missing ), unterminated subpattern",
    ),
    "a bad network": (
        "eventName: [StopLogging, DeleteTrail]",
        "sourceIpAddress|cidr: 10.0.0.0/40",
        "9: '10.0.0.0/40' is not a network",
    ),
    "a bad number": (
        "eventName: [StopLogging, DeleteTrail]",
        "eventVersion|gt: one",
        "9: 'one' is not a number",
    ),
    "an empty list": ("[StopLogging, DeleteTrail]", "[]", "9: an empty list of values never matches"),
    "a list of keywords": (
        "    eventName: [StopLogging, DeleteTrail]\n    serviceName: Actiontrail",
        "    - StopLogging",
        "8: a selection is a map of fields to values",
    ),
    "an unknown list": ("%robots%", "%robot%", "12: no list 'lists/robot.yml'; did you mean 'robots'?"),
    "a misspelt selection": (
        "not by_robot",
        "not by_robots",
        "13: condition: no selection 'by_robots'; did you mean 'by_robot'?",
    ),
    "an unused selection": (
        "trail_off and not by_robot",
        "trail_off",
        "13: condition: selection 'by_robot' is not used in the condition",
    ),
    "a condition that breaks off": (
        "trail_off and not by_robot",
        "trail_off and by_robot and",
        "13: condition: expected 'a selection' but found 'the end'",
    ),
    "a condition too deep": (
        "trail_off and not by_robot",
        "(" * 20_000 + "trail_off" + ")" * 20_000,
        "13: condition:",
    ),
    "no condition": (
        "  condition: trail_off and not by_robot\n",
        "",
        "7: 'condition' is missing, or not one line of text",
    ),
    "a list of conditions": (
        "condition: trail_off and not by_robot",
        "condition: [trail_off, by_robot]",
        "'condition' is missing, or not one line",
    ),
    "another log source": ("service: actiontrail", "service: actiontrial", "6: no source reads"),
    "another log source, with the right one": (
        "service: actiontrail",
        "service: actiontrial",
        "did you mean 'product: alibabacloud, service: actiontrail'?",
    ),
    "no log source": (
        "logsource: {product: alibabacloud, service: actiontrail}",
        "logsource: {}",
        "6: no source reads nothing",
    ),
    "an unknown item": (
        "item: actiontrail",
        "item: action-trail",
        "15: no item 'action-trail'; did you mean 'actiontrail'?",
    ),
    "a word of a summary, misspelt": (
        "{actor} called",
        "{acter} called",
        "no field 'acter'; did you mean 'actor'?",
    ),
    "a tag that is no Sigma tag": ("[attack.t1562.008]", "[T1562 008]", "5: 'tags.0'"),
    "a stray brace": (
        "{actor} called",
        "{actor called",
        "17: a brace stands alone; a field is written {field}",
    ),
    "an unknown field in the summary": (
        "{eventName} on",
        "{evntName} on",
        "17: actiontrail events have no field 'evntName'; did you mean 'eventName'?",
    ),
    "an unknown word in the summary": ("{actor}", "{aktor}", "17: actiontrail events have no field 'aktor'"),
    "an unknown field to dedupe by": (
        "[account_id, eventName]",
        "[account_id, evntName]",
        "18: actiontrail events have no field 'evntName'",
    ),
    "no test that fires": (
        "fires: true",
        "fires: false",
        "20: needs a test that fires and one that does not",
    ),
    "no test that does not fire": (
        "fires: false",
        "fires: true",
        "20: needs a test that fires and one that does not",
    ),
    "a key given twice": ("status: test", "status: test\ntitle: again", "4: 'title' is given twice"),
    "a field given twice": (
        "    serviceName: Actiontrail",
        "    eventName: x",
        "10: 'eventName' is given twice",
    ),
    "tabs": (
        "  trail_off:",
        "\ttrail_off:",
        "8: not YAML: indent with spaces, not with tabs",
    ),
    "a quote left open": ("'%robots%'", "'%robots%", "not YAML:"),
    "an unknown tag": (
        "status: test",
        "status: !!python/object:os.system x",
        "3: not YAML: could not determine a constructor",
    ),
    "a control character": ("A trail", "A \x00trail", "1: not YAML: unacceptable character #x0000"),
    "a knot": ("tags: [attack.t1562.008]", "tags: &tags [*tags]", "1: not YAML:"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_the_nearest_right_word(mistake: str) -> None:
    right, wrong, told = MISTAKES[mistake]
    assert RULE.count(right) >= 1
    assert any(told in text for text in problems(RULE.replace(right, wrong, 1))), problems(
        RULE.replace(right, wrong, 1)
    )


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    text = (
        RULE.replace("eventName: [", "evntName: [")
        .replace("%robots%", "%robot%")
        .replace("{actor}", "{aktor}")
    )
    text = text.replace("item: actiontrail", "item: trails").replace("fires: false", "fires: true")
    assert [problem.split(":")[0] for problem in problems(text)] == ["9", "12", "15", "17", "20"]


@pytest.mark.parametrize("text", ["", "just text", "- a\n- b\n", "5", "null"])
def test_a_file_that_is_no_map_says_so(text: str) -> None:
    assert problems(text) == ["1: expected a map of keys to values"]


@pytest.mark.parametrize("cut", range(5, len(RULE), 41))
def test_a_file_that_breaks_off_anywhere_is_told_or_loaded_but_never_raises_anything_else(cut: int) -> None:
    try:
        load(RULE[:cut])
    except ConfigError as error:
        assert all(problem.line >= 1 and problem.text for problem in error.problems)


def test_dates_stay_text_for_an_event_time_is_a_text() -> None:
    text = RULE.replace(
        "event: {eventName: DescribeTrails}", "event: {eventName: X, eventTime: 2026-02-11T08:15:30Z}"
    )
    (_, event), *_ = load(text).tests[1].events
    assert event["eventTime"] == "2026-02-11T08:15:30Z"


def test_the_name_of_a_rule_is_the_name_of_its_file() -> None:
    assert (
        load_rule(RULE, str(Path("a") / "b" / "some-name.yml"), SOURCES.values(), LISTS).name == "some-name"
    )
