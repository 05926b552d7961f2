"""What each Sigma modifier accepts: https://sigmahq.io/docs/basics/modifiers.html."""

from __future__ import annotations

from typing import Any

import pytest

from shared.detection.modifiers import BUILDERS, equals, has_wildcard, unescaped

CASES: list[tuple[str, Any, list[str], list[str]]] = [
    # word, value in the rule, texts that fit, texts that do not
    ("", "StopLogging", ["StopLogging", "stoplogging", "STOPLOGGING"], ["", "StopLoggin", "StopLogging "]),
    ("", "", [""], [" ", "x"]),
    ("", 22, ["22"], ["22.0", "022", "2", ""]),
    ("", True, ["true", "True"], ["1", "yes"]),
    ("", "Stop*", ["Stop", "stopLogging", "Stop\nLogging"], ["xStop", ""]),
    ("", "*Logging", ["logging", "StopLogging"], ["LoggingX"]),
    ("", "*", ["", "x", "x\ny"], []),
    ("", "?*", ["x", "xy", "\n"], [""]),
    ("", "a?c", ["abc", "A.C", "a\nc"], ["ac", "abbc"]),
    ("", "a.c+", ["a.c+"], ["abc", "abcc"]),
    ("", r"a\*c", ["a*c"], ["abc", r"a\*c"]),
    ("", r"a\?c", ["a?c"], ["abc"]),
    ("", r"a\\*", ["a\\", "a\\b"], ["a*", "ab"]),
    ("", r"a\\\*", ["a\\*"], ["a\\b"]),
    ("", r"C:\Windows", [r"c:\windows"], ["c:windows"]),
    ("", r"C:\Win*", [r"c:\windows"], ["c:windows"]),
    ("", "根用户", ["根用户"], ["用户"]),
    ("", "STRASSE", ["strasse"], ["straße"]),
    ("contains", "admin", ["admin", "xADMINx"], ["adm in", ""]),
    ("contains", "a*z", ["xxabcZxx", "az"], ["za"]),
    ("contains", r"\*", ["oss:*"], ["oss:Get"]),
    ("contains", 0, ["10"], ["11"]),
    ("contains", "[.]", ["x[.]"], ["x."]),
    ("startswith", "oss:", ["OSS:Get", "oss:"], ["xoss:"]),
    ("startswith", "a?", ["abc", "ab"], ["a", "ba"]),
    ("endswith", ".aliyuncs.com", ["ecs.ALIYUNCS.com"], ["ecs.aliyuncs.com.evil"]),
    ("endswith", "?com", ["xcom", "aliyuncs.com"], ["com"]),
    ("re", "^(Stop|Delete)", ["StopLogging"], ["stopLogging", "xStop"]),
    ("re", "(?i)^stop", ["StopLogging"], ["xStop"]),
    ("re", "b.d", ["abcde"], ["b\nd"]),
    ("re", ".", ["x", " "], ["", "\n"]),
    (
        "cidr",
        "10.0.0.0/8",
        ["10.1.2.3", "10.255.255.255"],
        ["11.0.0.1", "::ffff:10.0.0.1", "Internal", "", "10.0.0"],
    ),
    ("cidr", "10.0.0.7/8", ["10.1.2.3"], ["11.0.0.1"]),
    ("cidr", "203.0.113.9", ["203.0.113.9"], ["203.0.113.8"]),
    (
        "cidr",
        "2001:db8::/32",
        ["2001:db8::1", "2001:0DB8:0::1"],
        ["2001:db9::1", "10.0.0.1", "ecs.aliyuncs.com"],
    ),
    ("cidr", "0.0.0.0/0", ["1.2.3.4"], ["::1", "0", "1.2.3.4/32"]),
    ("gt", 5, ["6", "5.1", "1e3", "inf"], ["5", "4", "", "x", "six", "nan", "true"]),
    ("gte", "5", ["5", "5.0", "6"], ["4.9"]),
    ("lt", 0, ["-1", "-0.5"], ["0", "-0", ""]),
    ("lte", -1.5, ["-1.5", "-2"], ["-1"]),
]


@pytest.mark.parametrize(("word", "value", "fit", "unfit"), CASES)
def test_a_modifier_fits_what_sigma_says(word: str, value: Any, fit: list[str], unfit: list[str]) -> None:
    test = BUILDERS.get(word, equals)(value)
    assert [text for text in fit if not test(text)] == []
    assert [text for text in unfit if test(text)] == []


@pytest.mark.parametrize(
    ("word", "value", "message"),
    [
        ("re", "(", "'(' is not a regular expression"),
        ("re", "a{99999999999999999999}", "is not a regular expression"),
        ("re", "(" * 5000 + ")" * 5000, "is not a regular expression"),
        ("re", "", "an empty text fits every value"),
        ("cidr", "10.0.0.0/33", "'10.0.0.0/33' is not a network"),
        ("cidr", "Internal", "not a network like 10.0.0.0/8"),
        ("gt", "many", "'many' is not a number"),
        ("gt", True, "not a number"),
        ("lt", "nan", "'nan' is not a number"),
        ("gte", float("inf"), "not a number"),
        ("contains", "", "an empty text fits every value"),
        ("startswith", "", "an empty text"),
        ("endswith", "", "an empty text"),
    ],
)
def test_a_value_that_could_never_work_is_refused(word: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        BUILDERS[word](value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "is_wild", "plain"),
    [
        ("a", False, "a"),
        ("a*", True, None),
        ("a?", True, None),
        (r"a\*", False, "a*"),
        (r"a\\*", True, None),
        (r"a\b", False, r"a\b"),
        (r"a\\b", False, r"a\b"),
        (r"a\\\\b", False, r"a\\b"),
        (5, False, None),
        (None, False, None),
    ],
)
def test_a_backslash_takes_a_wildcard_back(value: Any, is_wild: bool, plain: str | None) -> None:
    assert has_wildcard(value) is is_wild
    if plain is not None:
        assert unescaped(value) == plain
