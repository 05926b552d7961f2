"""A snapshot that differs from the last one of its key."""

from __future__ import annotations

import json

import pytest

from shared.detection.kinds.changed import MOST, Changed
from shared.detection.kinds.kind import MALFORMED
from tests.detection.kinds.timeline import Told, anchors, at

HOUR = 3600
PORTS = Changed(("host",), "ports", remember=400 * 86_400)


def test_the_first_snapshot_is_a_baseline_and_tells_nothing() -> None:
    assert Told(PORTS).batch(at(0, "22", "443")) == []


def test_the_same_rows_tell_nothing() -> None:
    assert anchors(PORTS, [at(0, "22")], [at(HOUR, "22")]) == set()


def test_rows_that_came_and_went_are_named() -> None:
    (decision,) = Told(PORTS).each([at(0, '"22"', '"443"'), at(HOUR, '"22"', '"4444"')])
    assert decision.words == {
        "added": "4444",
        "removed": "443",
        "count": "2",
        "changes": "added 4444; removed 443",
    }


def test_only_what_happened_is_told() -> None:
    added, removed = Told(PORTS).each([at(0, "a"), at(1, "a", "b"), at(2, "b")])
    assert added.words["changes"] == "added b"
    assert removed.words["changes"] == "removed a"


def test_many_changes_are_counted_and_the_first_named() -> None:
    (decision,) = Told(PORTS).each([at(0), at(1, *"abcdefgh")])
    assert decision.words["changes"] == "added a, b, c, d, e and 3 more"
    assert decision.words["count"] == "8"


def test_each_change_is_told_even_back_and_forth() -> None:
    assert len(anchors(PORTS, [at(n * HOUR, "on" if n % 2 else "off") for n in range(5)])) == 4


def test_a_snapshot_that_is_not_newer_is_left_out() -> None:
    told = Told(PORTS)
    told.batch(at(HOUR, "b"))
    assert told.batch(at(0, "a")) == []
    assert told.batch(at(HOUR, "c", id="twin")) == []
    assert told.batch(at(2 * HOUR, "b")) == []


def test_a_snapshot_that_comes_again_is_told_under_the_same_name() -> None:
    change = at(HOUR, "b")
    assert anchors(PORTS, [at(0, "a")], [change], [change]) == anchors(PORTS, [at(0, "a"), change, change])


def test_a_vast_snapshot_is_remembered_in_bounded_size_and_its_change_noticed() -> None:
    rows = [f"row {n:06}" for n in range(5 * MOST)]
    told = Told(PORTS)
    told.batch(at(0, *rows))
    assert len(json.dumps(told.value)) < 100_000
    assert told.batch(at(1, *rows)) == []
    assert told.batch(at(2, *rows[:-1]))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"at": 1},
        {"rows": []},
        {"at": "x", "rows": []},
        {"at": 1, "rows": "ab"},
        {"at": 1e300, "rows": []},
    ],
)
def test_a_corrupt_value_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(MALFORMED):
        PORTS.merge(value, [at(0)])
