"""Matchers as Alertmanager reads them."""

from __future__ import annotations

import re

import pytest

from shared.alerting.matchers import parse_matcher

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
    ],
)
def test_a_wrong_matcher_is_refused_in_plain_words(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_matcher(text)


def test_quotes_and_backslashes_can_be_part_of_a_value() -> None:
    assert parse_matcher(r'title="say \"hi\" \\"').value == r'say "hi" ' + "\\"
