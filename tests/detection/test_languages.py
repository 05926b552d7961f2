"""The shipped rules in the team's language: every rule tells in Chinese what it tells in English."""

from __future__ import annotations

import re

import pytest

from shared.config import load_alerts
from shared.detection.rule import Rule
from shared.detection.summary import names_in

RULES = load_alerts().shipped
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_speaks_chinese_too(rule: Rule) -> None:
    assert CHINESE.search(rule.title_zh), rule.title_zh
    assert CHINESE.search(rule.summary_zh), rule.summary_zh


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_both_languages_tell_the_same_fields(rule: Rule) -> None:
    assert set(names_in(rule.summary_zh)) == set(names_in(rule.summary))


def test_no_two_rules_share_a_chinese_title() -> None:
    titles = [rule.title_zh for rule in RULES if rule.title_zh]
    assert titles
    assert sorted(title for title in titles if titles.count(title) > 1) == []
