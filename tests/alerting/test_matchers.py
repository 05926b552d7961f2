"""Matchers as Alertmanager reads them."""

from __future__ import annotations

import re

import pytest

from shared.alerting.matchers import parse_matcher, parse_matchers

LABELS = {"level": "high", "source": "actiontrail"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ('level="high"', True),
        ("level=high", True),
        (' level = "high" ', True),
        ('level="low"', False),
        ('level!="low"', True),
        ('level=~"high|critical"', True),
        ('level=~"hi"', False),  # anchored at both ends
        ('level=~"hi.*"', True),
        ('level!~"critical|low"', True),
        ('level!~"h.*"', False),
        ('item=""', True),  # a label that is missing equals the empty text
        ('item!=""', False),
    ],
)
def test_a_matcher_means_what_alertmanager_means(text: str, matches: bool) -> None:
    assert parse_matcher(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("level", "is not a matcher like"),
        ('severity="x"', "alerts have no label 'severity'"),
        ('leval="x"', "did you mean 'level'?"),
        ('level=~"("', "is not a regular expression"),
        ('level=="high"', "is not a matcher like"),
        ("level='high'", "is not a matcher like"),
        ("level=`high`", "is not a matcher like"),
        ("level=hi gh", "is not a matcher like"),
        ("level=high,source=audit", "is more than one matcher"),
        ("{}", "is not a matcher like"),
        ('alertname="x"', "did you mean 'rule'?"),
        ('actor=~"[[:alpha:]]+"', "[[:…:]] is not known here"),
    ],
)
def test_a_wrong_matcher_is_refused_in_plain_words(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_matcher(text)


def test_quotes_and_backslashes_can_be_part_of_a_value() -> None:
    assert parse_matcher(r'title="say \"hi\" \\"').value == r'say "hi" ' + "\\"


@pytest.mark.parametrize(
    "text",
    [
        "level=high,source!=audit",
        'level = "high", source != "audit"',
        '{level="high",source!="audit"}',
        '{ "level" = "high" , "source" != audit, }',
    ],
)
def test_one_line_may_hold_several_in_any_of_alertmanagers_spellings(text: str) -> None:
    assert [str(matcher) for matcher in parse_matchers(text)] == ['level="high"', 'source!="audit"']


def test_commas_and_braces_in_a_value_stay_there() -> None:
    (matcher,) = parse_matchers(r'resource=~"acs:ecs:[a-z]{2},\\d+|a\nb"')
    assert matcher.matches({"resource": "acs:ecs:cn,42"})
    assert matcher.matches({"resource": "a\nb"})
    assert parse_matcher("actor=~[a-z]{2}").matches({"actor": "me"})
