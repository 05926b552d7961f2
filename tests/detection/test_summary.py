"""The one-line summary of an alert."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from shared.detection.summary import LONGEST, names_in, render
from shared.events.actiontrail import read_event, subject_of


def rendered(template: str, **fields: Any) -> str:
    event = read_event(
        {"eventName": "X", "recipientAccountId": "11", **fields},
        "x",
        datetime(2026, 1, 1, tzinfo=timezone.utc),
    )
    return render(template, event, subject_of(event))


@pytest.mark.parametrize(
    ("template", "fields", "text"),
    [
        ("{eventName} by {actor}", {"userIdentity": {"userName": "bob"}}, "X by bob"),
        ("{actor} in {account_id}", {}, "? in 11"),
        ("{requestParameters.A}", {"requestParameters": {"A": True}}, "true"),
        ("{requestParameters.A.B}", {"requestParameters": {"A": [{"B": 1}, {"B": 2}]}}, "1, 2"),
        ("{requestParameters.A}", {"requestParameters": {"A": ""}}, "?"),
        ("{requestParameters.A}", {"requestParameters": {"A": None}}, "?"),
        ("{requestParameters.A}", {"requestParameters": {"A": []}}, "none"),
        ("{facts.outcome}", {"errorCode": "E"}, "failure"),
        ("no field", {}, "no field"),
    ],
)
def test_fields_and_words_are_filled_in(template: str, fields: dict[str, Any], text: str) -> None:
    assert rendered(template, **fields) == text


def test_what_an_event_says_is_not_taken_for_a_field() -> None:
    hostile = {
        "userIdentity": {"userName": "{requestParameters.Secret}"},
        "requestParameters": {"Secret": "s"},
    }
    assert rendered("{actor}", **hostile) == "{requestParameters.Secret}"


def test_one_value_takes_no_more_than_its_share() -> None:
    assert len(rendered("{userAgent}", userAgent="x" * 1_000_000)) == LONGEST


@pytest.mark.parametrize("template", ["{actor", "actor}", "{{actor}}", "{a}{", "}{"])
def test_a_brace_that_stands_alone_is_a_mistake(template: str) -> None:
    with pytest.raises(ValueError, match="a brace stands alone"):
        names_in(template)
