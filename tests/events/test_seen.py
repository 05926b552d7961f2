"""Remembering which events went by."""

from __future__ import annotations

from shared.events.seen import Seen


def test_a_key_is_new_once() -> None:
    seen = Seen()
    assert [seen.add(key) for key in "abab"] == [True, True, False, False]


def test_the_last_keys_are_remembered_and_the_oldest_forgotten() -> None:
    seen = Seen(most=10)
    keys = [str(n) for n in range(35)]
    for key in keys:
        assert seen.add(key)
        assert not seen.add(key)
    assert not any(seen.add(key) for key in keys[-10:])
    assert seen.add(keys[0])
