"""The condition line: precedence, parentheses, quantities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from shared.detection.condition import build_condition
from shared.detection.nodes import Fields, Guard, Reason


@dataclass(frozen=True)
class Flag:
    """A selection that matches where the event has its name."""

    name: str

    def matches(self, fields: Fields) -> bool:
        return self.name in fields

    def guard(self, indexed: tuple[str, ...]) -> Guard | None:
        return None

    def reasons(self, fields: Fields) -> Iterator[Reason]:
        yield Reason(self.name, self.matches(fields), None)


NAMES = ("a", "b", "c")


def truth(condition: str, names: tuple[str, ...] = NAMES) -> list[bool]:
    """What the condition says of every combination of selections that match."""
    node = build_condition(condition, {name: Flag(name) for name in names})
    events = (
        {n for n, on in zip(names, row, strict=True) if on} for row in product((0, 1), repeat=len(names))
    )
    return [node.matches(dict.fromkeys(event)) for event in events]


@pytest.mark.parametrize(
    ("condition", "python"),
    [
        ("a or b or c", "a or b or c"),
        ("a and b and c", "a and b and c"),
        ("a or b and c", "a or (b and c)"),
        ("a and b or c", "(a and b) or c"),
        ("not a or b and c", "(not a) or (b and c)"),
        ("not a and b or c", "((not a) and b) or c"),
        ("not (a or b) and c", "not (a or b) and c"),
        ("a and not b and not c", "a and not b and not c"),
        ("a and (b or c)", "a and (b or c)"),
        ("(a)and((b)or(c))", "a and (b or c)"),
        ("not not a and b or c", "(a and b) or c"),
        ("NOT a AND b OR c", "((not a) and b) or c"),
        (
            "((a or b) and (b or c)) and not (a and b and c)",
            "((a or b) and (b or c)) and not (a and b and c)",
        ),
        ("1 of them", "a or b or c"),
        ("any of them", "a or b or c"),
        ("all of them", "a and b and c"),
        ("not 1 of them", "not (a or b or c)"),
        ("a and not all of them", "a and not (a and b and c)"),
        ("  a   or\tb  or c ", "a or b or c"),
    ],
)
def test_a_condition_means_what_it_says(condition: str, python: str) -> None:
    expected = [
        bool(eval(python, {}, dict(zip(NAMES, row, strict=True)))) for row in product((0, 1), repeat=3)
    ]
    assert truth(condition) == expected


def test_a_pattern_takes_the_selections_of_its_name() -> None:
    names = ("open_v4", "open_v6", "failed")
    assert truth("1 of open_* and not failed", names) == truth("(open_v4 or open_v6) and not failed", names)
    assert truth("all of open_* or failed", names) == truth("open_v4 and open_v6 or failed", names)


def test_an_underscore_keeps_a_selection_out_of_them() -> None:
    names = ("a", "_b")
    assert truth("1 of them", names) == truth("a or a", names)
    assert truth("1 of _*  or a", names) == truth("a or _b", names)


def test_a_selection_may_be_named_like_a_word() -> None:
    assert truth("all and 1", ("all", "1")) == [False, False, False, True]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "expected 'a selection' but found 'the end'"),
        ("a and", "found 'the end'"),
        ("a b or c", "unexpected 'b'; expected 'and' or 'or' before it"),
        ("(a or b or c", "expected ')' but found 'the end'"),
        ("a or b or c)", "unexpected ')'"),
        ("()", "expected a selection but found ')'"),
        ("a and and b", "expected a selection but found 'and'"),
        ("a or b or d", "no selection 'd'"),
        ("a ro b ro c", "unexpected 'ro'"),
        ("a or b or c or nott a", "no selection 'nott'; did you mean 'not'?"),
        ("1 of x*", "'x*' names no selection"),
        ("1 of", "found 'the end'"),
        ("2 of them", "no selection '2'"),
        ("a or b", "selection 'c' is not used in the condition"),
        ("a | count() > 5", "unexpected '|'"),
    ],
)
def test_a_condition_that_makes_no_sense_names_the_word(condition: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        truth(condition)
    assert message in str(caught.value)


def test_a_misspelt_selection_is_told_with_the_right_one() -> None:
    with pytest.raises(ValueError, match="no selection 'sing_in'; did you mean 'sign_in'"):
        build_condition("sing_in", {"sign_in": Flag("sign_in")})


@pytest.mark.parametrize("condition", ["(" * 10_000 + "a" + ")" * 10_000, "not " * 10_000 + "a"])
def test_a_condition_nested_beyond_reason_raises_what_loading_expects(condition: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        truth(condition, ("a",))


def test_deep_parentheses_are_read(depth: Any = 100) -> None:
    assert truth("(" * depth + "a" + ")" * depth, ("a",)) == [False, True]
