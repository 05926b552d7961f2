"""Numbers, booleans and texts in one spelling."""

from __future__ import annotations

from typing import Any

import pytest

from shared.events.text import text_of, texts_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (22, "22"),
        (22.0, "22"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (0, "0"),
        (-0.0, "0"),
    ],
)
def test_a_value_has_one_spelling(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("x", ["x"]),
        (5, ["5"]),
        (None, []),
        ({"a": 1}, []),
        ([], []),
        ([1, [True, [None, "x"]], {"a": 2}], ["1", "true", "x"]),
    ],
)
def test_an_array_has_the_texts_of_its_values(value: Any, texts: list[str]) -> None:
    assert texts_of(value) == texts
