"""Values that are spread over lines are put together; all other lines pass as they are."""

from __future__ import annotations

import json

import pytest

from shared.cli.gather import MOST_LINES, Gatherer

EVENT = {"eventName": "StopLogging", "userIdentity": {"type": "ram-user"}, "tags": []}


def gathered(text: str) -> list[str]:
    gatherer, whole = Gatherer(), []
    for number, line in enumerate(text.split("\n"), 1):
        whole += gatherer.take((line, f"f:{number}"))
    return [line for line, _ in (*whole, *gatherer.rest())]


@pytest.mark.parametrize("indent", [1, 2, 4, "\t"])
@pytest.mark.parametrize("value", [EVENT, [EVENT, EVENT], {"Events": [EVENT], "RequestId": "x"}])
def test_a_value_spread_over_lines_is_one(value: object, indent: int | str) -> None:
    pretty = json.dumps(value, indent=indent)
    assert gathered(f"{pretty}\n{pretty}\n") == [pretty, pretty, ""]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(EVENT),
        json.dumps([EVENT]),
        "Nov 23 11:32:24 web-01 sshd[77]: Invalid user {",
        "[Fri Nov 20 10:00:00.000000 2026] [php:error] [pid 7] array [",
        "}",
        "",
    ],
)
def test_a_line_that_stands_alone_passes(line: str) -> None:
    assert gathered(f"{line}\n{line}") == [line, line]


def test_of_a_torn_value_only_what_is_torn_is_lost() -> None:
    torn, whole = json.dumps(EVENT, indent=2)[:-20], json.dumps(EVENT, indent=2)
    assert gathered(f"{torn}\n{whole}\n{json.dumps(EVENT)}") == [torn, whole, json.dumps(EVENT)]
    assert gathered(f"{{\nNov 23 11:32:24 web-01 sshd[77]: x\n{whole}")[1:] == [
        "Nov 23 11:32:24 web-01 sshd[77]: x",
        whole,
    ]


def test_a_value_without_end_is_given_up() -> None:
    text = "\n".join(["{", *[" x"] * MOST_LINES, " y"])
    assert gathered(text) == text.split("\n")
