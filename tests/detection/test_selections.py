"""Selections as Sigma defines them, on values as ActionTrail sends them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.detection.nodes import Node
from shared.detection.selections import SelectionError, build_selection
from shared.events.actiontrail import ACTIONTRAIL

LISTS = {"admins": ("alice", "bob", "ci-*"), "offices": ("203.0.113.0/24", "198.51.100.0/24"), "nobody": ()}


def selection(definition: Any) -> Node:
    return build_selection(definition, ACTIONTRAIL.check_field, LISTS)


CASES: list[tuple[Any, list[dict[str, Any]], list[dict[str, Any]]]] = [
    # a selection, events that match, events that do not
    ({"eventName": "A"}, [{"eventName": "a"}], [{"eventName": "B"}, {"eventName": None}, {}]),
    ({"eventName": ["A", "B"]}, [{"eventName": "b"}, {"eventName": ["x", "B"]}], [{"eventName": ["x"]}]),
    ({"eventName": ["A", "B*"]}, [{"eventName": "a"}, {"eventName": "bcd"}], [{"eventName": "c"}]),
    ({"eventName": "A", "errorCode": "E"}, [{"eventName": "A", "errorCode": "e"}], [{"eventName": "A"}]),
    (
        [{"eventName": "A"}, {"errorCode": "E"}],
        [{"eventName": "A"}, {"errorCode": "E"}],
        [{"eventName": "E"}],
    ),
    (
        {"eventVersion": 1},
        [{"eventVersion": 1}, {"eventVersion": "1"}, {"eventVersion": 1.0}],
        [{"eventVersion": True}],
    ),
    (
        {"isGlobal": True},
        [{"isGlobal": True}, {"isGlobal": "true"}, {"isGlobal": "True"}],
        [{"isGlobal": 1}, {}],
    ),
    ({"isGlobal": "false"}, [{"isGlobal": False}], [{"isGlobal": None}, {"isGlobal": ""}]),
    ({"errorCode": ""}, [{"errorCode": ""}], [{"errorCode": None}, {}, {"errorCode": "x"}]),
    ({"errorCode": None}, [{"errorCode": None}, {}], [{"errorCode": ""}, {"errorCode": "x"}]),
    ({"errorCode": [None, ""]}, [{"errorCode": None}, {}, {"errorCode": ""}], [{"errorCode": "x"}]),
    ({"errorCode|exists": True}, [{"errorCode": ""}, {"errorCode": None}], [{}]),
    ({"errorCode|exists": False}, [{}], [{"errorCode": ""}, {"errorCode": None}]),
    ({"userAgent|contains": ["curl", "wget"]}, [{"userAgent": "Wget/1"}], [{"userAgent": "Go"}]),
    (
        {"userAgent|contains|all": ["a", "b"]},
        [{"userAgent": "xBxA"}],
        [{"userAgent": "a"}, {"userAgent": ""}],
    ),
    (
        {"requestParameters.X|all": ["a", "b"]},
        [{"requestParameters": {"X": ["b", "a"]}}],
        [{"requestParameters": {"X": ["a"]}}, {"requestParameters": {"X": "ab"}}],
    ),
    (
        {"requestParameters.X|re": "^[0-9]+$"},
        [{"requestParameters": {"X": 22}}],
        [{"requestParameters": {"X": "a"}}],
    ),
    (
        {"requestParameters.X|gt": 5},
        [{"requestParameters": {"X": "6"}}, {"requestParameters": {"X": [1, 9]}}],
        [
            {"requestParameters": {"X": "x"}},
            {"requestParameters": {"X": None}},
            {"requestParameters": {"X": {"a": 9}}},
        ],
    ),
    (
        {"requestParameters.X": "a"},
        [{"requestParameters": {"X": [["a"]]}}, {"requestParameters.X": "a"}],
        [{"requestParameters": {"X": {"a": 1}}}, {"requestParameters": "a"}, {"requestParameters": []}],
    ),
    (
        {"requestParameters.Y.Ip": "w"},
        [{"requestParameters": {"Y": [{"Ip": "v"}, {"Ip": "W"}]}}],
        [{"requestParameters": {"Y": []}}],
    ),
    (
        {"requestParameters.Y.2.Ip": "w"},
        [{"requestParameters": {"Y": [{"Ip": "v"}, {"Ip": "w"}]}}, {"requestParameters": {"Y.2.Ip": "w"}}],
        [{"requestParameters": {"Y": [{"Ip": "w"}]}}],
    ),
    (
        {"sourceIpAddress|cidr": ["10.0.0.0/8", "2001:db8::/32"]},
        [{"sourceIpAddress": "10.9.9.9"}, {"sourceIpAddress": "2001:db8::9"}],
        [{"sourceIpAddress": "Internal"}, {"sourceIpAddress": None}],
    ),
    (
        {"userIdentity.userName|expand": "%admins%"},
        [{"userIdentity": {"userName": "Bob"}}, {"userIdentity": {"userName": "ci-7"}}],
        [{"userIdentity": {"userName": "eve"}}, {}],
    ),
    (
        {"sourceIpAddress|cidr|expand": "%offices%"},
        [{"sourceIpAddress": "203.0.113.7"}],
        [{"sourceIpAddress": "1.1.1.1"}],
    ),
    ({"userIdentity.userName|expand": ["%nobody%"]}, [], [{"userIdentity": {"userName": "eve"}}, {}]),
    (
        {"eventName|re|i": "^stop"},
        [{"eventName": "StopLogging"}],
        [{"eventName": "x\nstop"}],
    ),
    (
        {"eventName|re|m|s": "^stop.+x$"},
        [{"eventName": "a\nstop\nx"}],
        [{"eventName": "a\nStop\nx"}],
    ),
]


@pytest.mark.parametrize(("definition", "matching", "other"), CASES)
def test_a_selection_matches_what_sigma_says(definition: Any, matching: list[Any], other: list[Any]) -> None:
    node = selection(definition)
    assert [event for event in matching if not node.matches(event)] == []
    assert [event for event in other if node.matches(event)] == []


@pytest.mark.parametrize(
    ("definition", "message", "path"),
    [
        ({}, "a selection is a map of fields to values, or a list of such maps", ()),
        ([], "a selection is a map", ()),
        ("StopLogging", "a selection is a map", ()),
        (["StopLogging"], "a selection is a map", ()),
        (None, "a selection is a map", ()),
        ([{"eventName": "A"}, {}], "a selection is a map", (1,)),
        (
            {"eventName|contain": "x"},
            "unknown modifier 'contain'; did you mean 'contains'?",
            ("eventName|contain",),
        ),
        (
            {"eventName|base64": "x"},
            "unknown modifier 'base64'; there are contains, startswith",
            ("eventName|base64",),
        ),
        ({"eventName|contains|i": "x"}, "'i' is a flag of 're' alone", ("eventName|contains|i",)),
        ({"eventName": "%admins%"}, "'%admins%' names a list; write '|expand'", ("eventName",)),
        ({"eventName|i": "x"}, "'i' is a flag of 're' alone", ("eventName|i",)),
        ({"eventName|": "x"}, "unknown modifier ''", ("eventName|",)),
        ({"eventName|contains|re": "x"}, "one test at a time", ("eventName|contains|re",)),
        ({"evntName": "x"}, "no field 'evntName'; did you mean 'eventName'?", ("evntName",)),
        ([{"eventName": "A"}, {"evntName": "x"}], "no field 'evntName'", (1, "evntName")),
        ({"eventName": []}, "an empty list of values never matches", ("eventName",)),
        ({"eventName": [["a"]]}, "a flat list of those", ("eventName",)),
        ({"eventName": {"a": 1}}, "a flat list of those", ("eventName",)),
        ({"eventName|exists": "yes"}, "'exists' takes true or false", ("eventName|exists",)),
        ({"eventName|exists": [True, False]}, "'exists' takes true or false", ("eventName|exists",)),
        ({"eventName|contains": None}, "'contains' takes no null", ("eventName|contains",)),
        ({"eventName|gt": [None]}, "'gt' takes no null", ("eventName|gt",)),
        (
            {"eventName|expand": "%admin%"},
            "no list 'lists/admin.yml'; did you mean 'admins'?",
            ("eventName|expand",),
        ),
        (
            {"eventName|expand": "admins"},
            "'expand' takes the name of a list as '%name%'",
            ("eventName|expand",),
        ),
        ({"eventName|cidr|expand": "%admins%"}, "'alice' is not a network", ("eventName|cidr|expand",)),
    ],
)
def test_a_selection_that_would_silently_not_match_is_refused(
    definition: Any, message: str, path: Any
) -> None:
    with pytest.raises(SelectionError) as caught:
        selection(definition)
    assert message in str(caught.value)
    assert caught.value.path == path


def test_a_reason_names_the_list_and_not_all_that_is_on_it() -> None:
    (item,) = selection({"userIdentity.userName|expand": "%admins%"}).children
    assert item.text == "userIdentity.userName is in lists/admins"
