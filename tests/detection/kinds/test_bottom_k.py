"""A sketch counts different ids: exactly while they are few, closely when they are many."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.detection.kinds.bottom_k import HEX, K, Sketch, count, grown, packed, unpacked
from shared.detection.kinds.kind import MALFORMED


def of(number: int, prefix: str = "") -> Sketch:
    return grown([], (f"{prefix}{each}" for each in range(number)))


@pytest.mark.parametrize("number", [0, 1, 50, K - 1, K])
def test_few_are_counted_one_by_one(number: int) -> None:
    assert count(of(number)) == number or number == K
    assert count(grown(of(number), map(str, range(number)))) == count(of(number))


@pytest.mark.parametrize("number", [500, 5000, 50_000])
def test_many_are_estimated(number: int) -> None:
    estimates = [count(of(number, prefix)) for prefix in ("a", "b", "c")]
    assert all(abs(estimate / number - 1) < 0.35 for estimate in estimates)  # four standard errors
    assert abs(sum(estimates) / 3 / number - 1) < 0.25


@pytest.mark.parametrize("prefix", "abcde")
def test_an_estimate_never_falls_as_ids_are_added(prefix: str) -> None:
    sketch: Sketch = []
    counts: list[int] = []
    for number in range(2 * K):
        sketch = grown(sketch, [f"{prefix}{number}"])
        counts.append(count(sketch))
    assert counts == sorted(counts)
    assert counts[: K - 1] == list(range(1, K))
    assert counts[K - 1] >= K


def test_however_many_it_takes_the_same_room() -> None:
    assert len(packed(of(100_000))) == len(packed(of(K))) == K * HEX


@settings(max_examples=40, deadline=None)
@given(ids=st.lists(st.text(), max_size=400), data=st.data())
def test_the_same_ids_make_the_same_sketch(ids: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations([*ids, *ids[:50]]))
    cut = data.draw(st.integers(0, len(shuffled)))
    assert grown(grown([], shuffled[:cut]), shuffled[cut:]) == grown([], ids)
    assert count(grown([], ids)) == len(set(ids)) or len(set(ids)) >= K


def test_a_sketch_survives_being_stored() -> None:
    assert unpacked(packed(of(300))) == of(300)
    assert grown([], ["half a pair \ud800"])


@pytest.mark.parametrize("text", ["", "abc", "g" * HEX, "A" * HEX, " " * HEX, 5, None, ["a" * HEX]])
def test_what_no_sketch_has_made_is_corrupt(text: object) -> None:
    with pytest.raises(MALFORMED):
        unpacked(text)  # type: ignore[arg-type]
