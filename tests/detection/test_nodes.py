"""What decided, in words; and which events could match at all."""

from __future__ import annotations

from typing import Any

import pytest

from shared.detection.condition import build_condition
from shared.detection.nodes import Node
from shared.detection.selections import build_selection
from shared.events.actiontrail import ACTIONTRAIL

INDEXED = ("eventName", "userIdentity.type", "errorCode")


def detection(condition: str, **selections: Any) -> Node:
    built = {n: build_selection(s, ACTIONTRAIL.check_field, {}) for n, s in selections.items()}
    return build_condition(condition, built)


def clues(node: Node) -> set[tuple[str, str | None]] | None:
    guard = node.guard(INDEXED)
    return None if guard is None else {(clue[0], clue[1]) for clue in guard}


A, B = {"eventName": "A"}, {"eventName": ["B", "C"]}
ROOT = {"userIdentity.type": "root-account"}
OTHER = {"acsRegion": "x"}


@pytest.mark.parametrize(
    ("condition", "selections", "expected"),
    [
        ("s", {"s": A}, {("eventName", "a")}),
        ("s", {"s": {**A, **ROOT}}, {("eventName", "a")}),
        ("s", {"s": OTHER}, None),
        ("s", {"s": {**OTHER, **ROOT}}, {("userIdentity.type", "root-account")}),
        ("s or t", {"s": A, "t": B}, {("eventName", "a"), ("eventName", "b"), ("eventName", "c")}),
        ("s or t", {"s": A, "t": ROOT}, {("eventName", "a"), ("userIdentity.type", "root-account")}),
        ("s or t", {"s": A, "t": OTHER}, None),
        ("s and t", {"s": A, "t": OTHER}, {("eventName", "a")}),
        ("not s", {"s": A}, None),
        ("s and not t", {"s": A, "t": B}, {("eventName", "a")}),
        ("s", {"s": {"errorCode|re": "."}}, {("errorCode", None)}),
        ("s", {"s": {"errorCode": None}}, None),
        ("s", {"s": {"errorCode": [None, "x"]}}, None),
        ("s", {"s": {"errorCode|exists": True}}, None),
        ("s", {"s": {"errorCode|exists": False}}, None),
        ("s", {"s": {"errorCode": ""}}, {("errorCode", "")}),
        ("s", {"s": [A, ROOT]}, {("eventName", "a"), ("userIdentity.type", "root-account")}),
    ],
)
def test_a_guard_tells_what_an_event_must_have(condition: str, selections: Any, expected: Any) -> None:
    assert clues(detection(condition, **selections)) == expected


def told(node: Node, **fields: Any) -> list[tuple[str, bool, Any]]:
    return [(reason.text, reason.held, reason.found) for reason in node.reasons(fields)]


def test_reasons_say_each_condition_and_what_was_there() -> None:
    node = detection("s", s={"eventName": ["A", "B"], "acsRegion": "x"})
    assert told(node, eventName="B") == [("eventName is A or B", True, "B"), ("acsRegion is x", False, None)]


def test_of_alternatives_only_those_that_held_are_told() -> None:
    node = detection("s or t", s=A, t=OTHER)
    assert told(node, eventName="A") == [("eventName is A", True, "A")]
    assert [held for _, held, _ in told(node, eventName="B")] == [False, False]


def test_what_was_not_so_is_told_as_such() -> None:
    node = detection("s and not t", s=A, t={"errorCode|contains": "Denied"})
    assert told(node, eventName="A", errorCode="Busy")[1] == ("not (errorCode contains Denied)", True, "Busy")
    assert told(node, eventName="A", errorCode="Denied")[1] == (
        "not (errorCode contains Denied)",
        False,
        "Denied",
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"errorCode": ""}, "errorCode is ''"),
        ({"errorCode": None}, "errorCode is null"),
        ({"isGlobal": True}, "isGlobal is true"),
        ({"userAgent|contains|all": ["a", "b"]}, "userAgent contains all a and b"),
        ({"eventName": list("abcdef")}, "eventName is a or b or c or d or 2 more"),
    ],
)
def test_an_item_reads_like_a_sentence(line: Any, text: str) -> None:
    assert told(detection("s", s=line))[0][0] == text
