"""Every plain value of a tree, however it is nested, in bounded time and space."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest

from shared.events.actiontrail_facts import facts_of
from shared.events.leaves import DEEPEST, MOST_VALUES, last_name, leaves, opened


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"A": 1, "B": None}, [("A", 1), ("B", None)]),
        ({"A": {"B": [1, {"C": 2}]}}, [("A.B.1", 1), ("A.B.2.C", 2)]),
        ({"A.1.B": "x"}, [("A.1.B", "x")]),
        ({"A": '{"B": [true]}'}, [("A.B.1", True)]),
        ({"A": ' \n{"B": 1}'}, [("A.B", 1)]),
        ({"A": "{broken"}, [("A", "{broken")]),
        ({"A": {}, "B": []}, []),
        ("x", [("", "x")]),
        (None, [("", None)]),
    ],
)
def test_every_plain_value_comes_with_its_path(value: Any, expected: list[tuple[str, Any]]) -> None:
    assert leaves(value) == expected


@pytest.mark.parametrize("value", [1, None, True, "x", "{", '{"a":', {"a": 1}, [1], "[" * 100_000])
def test_what_is_no_json_text_stays_as_it_is(value: Any) -> None:
    assert opened(value) == value


def test_a_half_surrogate_in_json_text_can_be_stored_afterwards() -> None:
    (leaf,) = leaves({"A": '{"B": "\\ud800"}'})
    assert leaf[1].encode() == b"?"


@pytest.mark.parametrize(
    ("path", "name"), [("A.B", "b"), ("A.B.2", "b"), ("A.1.B.2.3", "b"), ("1.2", ""), ("", "")]
)
def test_the_last_name_of_a_path_is_no_number(path: str, name: str) -> None:
    assert last_name(path) == name


def _nested_texts(depth: int) -> str:
    text = '{"SourceCidrIp": "0.0.0.0/0"}'
    for _ in range(depth):
        text = json.dumps({"p": text})
    return text


HOSTILE = {
    "half a million keys": {f"k{n}": n for n in range(500_000)},
    "a name of a megabyte": {"k" * 1_000_000: [1] * 500_000},
    "names of a megabyte, nested": {"k" * 1_000_000: {"l" * 1_000_000: {"m": [1] * 500_000}}},
    "texts in texts": {"p": _nested_texts(14)},
    "half a million empty arrays": {"p": [[]] * 500_000},
    "half a million brackets": {"p": "[" * 500_000 + "]" * 500_000},
    "many texts of brackets": {"p": ["[" * 900 + "]" * 900] * 1_000},
    "one long text": {"p": "0.0.0.0/0," * 100_000},
    "a policy of many statements": {
        "PolicyDocument": json.dumps({"Statement": [{"Effect": "Allow"}] * 50_000})
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_parameters_cost_bounded_time(name: str) -> None:
    fields = {"eventName": "AuthorizeSecurityGroup", "requestParameters": HOSTILE[name]}
    started = time.process_time()
    dict(facts_of(fields))
    assert time.process_time() - started < 8


def test_hostile_parameters_cost_bounded_space() -> None:
    tracemalloc.start()
    found = leaves(HOSTILE["names of a megabyte, nested"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert MOST_VALUES - 10 < len(found) < MOST_VALUES
    assert peak < 50_000_000


def test_what_stands_too_deep_is_not_looked_at() -> None:
    deep: Any = "found"
    for _ in range(DEEPEST + 1):
        deep = [deep]
    assert leaves(deep) == []
    assert leaves(deep[0]) != []
