"""What every StateStore does, asked of both: SQLite in a file, Tablestore over HTTP with the real SDK."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import pytest

from shared.state.contract import MAX_KEY_BYTES, MAX_VALUE_BYTES
from shared.state.store import StateStore, Stored, StoreUnavailable, Write

OpenStore = Callable[[], StateStore]


def version(store: StateStore, key: str) -> int:
    return store.load([key])[key].version


def value(store: StateStore, key: str) -> bytes | None:
    return store.load([key])[key].value


def keys(store: StateStore, prefix: str, **limit: int) -> list[str]:
    return [key for key, _ in store.scan(prefix, **limit)]


def test_a_key_that_was_never_saved_is_loaded_as_absent(store: StateStore) -> None:
    assert store.load(["nobody"]) == {"nobody": Stored(None, 0)}


def test_no_keys_and_no_writes_are_nothing_to_do(store: StateStore) -> None:
    assert store.load([]) == {}
    assert store.save([]) == set()


def test_what_was_saved_is_loaded_by_another_process(open_store: OpenStore) -> None:
    assert open_store().save([Write("a", b"one", 0), Write("b", b"two", 0)]) == set()
    loaded = open_store().load(["a", "b", "c"])
    assert [loaded[key].value for key in "abc"] == [b"one", b"two", None]
    assert loaded["a"].version > 0


def test_every_save_gives_a_new_version(store: StateStore) -> None:
    seen = {0}
    for turn in range(20):
        assert store.save([Write("a", b"%d" % turn, version(store, "a"))]) == set()
        seen.add(version(store, "a"))
    assert len(seen) == 21
    assert max(seen) < 2**63


def test_a_writer_with_an_old_version_loses_and_changes_nothing(store: StateStore) -> None:
    store.save([Write("a", b"first", 0)])
    old = version(store, "a")
    store.save([Write("a", b"second", old)])
    assert store.save([Write("a", b"late", old)]) == {"a"}
    assert value(store, "a") == b"second"


def test_a_key_that_exists_cannot_be_created(store: StateStore) -> None:
    store.save([Write("a", b"first", 0)])
    assert store.save([Write("a", b"second", 0)]) == {"a"}
    assert value(store, "a") == b"first"


def test_a_key_that_does_not_exist_cannot_be_changed(store: StateStore) -> None:
    assert store.save([Write("a", b"value", 12345)]) == {"a"}
    assert value(store, "a") is None


def test_in_a_batch_only_the_losers_are_named_and_the_others_are_saved(store: StateStore) -> None:
    store.save([Write(key, b"old", 0) for key in "abcd"])
    loaded = store.load("abcd")
    store.save([Write("b", b"theirs", loaded["b"].version), Write("d", None, loaded["d"].version)])
    lost = store.save([Write(key, b"mine", loaded[key].version) for key in "abcd"])
    assert lost == {"b", "d"}
    assert [value(store, key) for key in "abcd"] == [b"mine", b"theirs", b"mine", None]


def test_a_key_that_comes_twice_in_a_batch_is_saved_once_and_named(store: StateStore) -> None:
    assert store.save([Write("a", b"one", 0), Write("a", b"two", 0), Write("b", b"x", 0)]) == {"a"}
    assert value(store, "a") == b"one"
    assert value(store, "b") == b"x"


def test_a_key_is_there_until_the_second_before_it_expires(store: StateStore, clock) -> None:
    store.save([Write("a", b"value", 0, expires=clock.after(300))])
    clock.pass_by(299)
    assert value(store, "a") == b"value"
    clock.pass_by(1)
    assert store.load(["a"]) == {"a": Stored(None, 0)}
    assert keys(store, "") == []


def test_a_key_without_expiry_stays(store: StateStore, clock) -> None:
    store.save([Write("a", b"value", 0)])
    clock.pass_by(50 * 365 * 86_400)
    assert value(store, "a") == b"value"


def test_each_save_sets_the_expiry_anew(store: StateStore, clock) -> None:
    store.save([Write("a", b"short", 0, expires=clock.after(10))])
    store.save([Write("a", b"long", version(store, "a"), expires=clock.after(100))])
    clock.pass_by(50)
    assert value(store, "a") == b"long"


def test_the_zone_of_an_expiry_does_not_matter_and_none_means_utc(store: StateStore, clock) -> None:
    soon = clock.after(10)
    beijing = soon.astimezone(timezone(timedelta(hours=8)))
    store.save([Write("zone", b"x", 0, expires=beijing), Write("none", b"x", 0, soon.replace(tzinfo=None))])
    clock.pass_by(9)
    assert len(keys(store, "")) == 2
    clock.pass_by(1)
    assert keys(store, "") == []


def test_an_expired_key_can_be_created_anew(store: StateStore, clock) -> None:
    store.save([Write("a", b"old", 0, expires=clock.after(10))])
    clock.pass_by(10)
    assert store.save([Write("a", b"new", 0, expires=clock.after(10))]) == set()
    assert value(store, "a") == b"new"


def test_who_loaded_a_key_before_it_expired_cannot_bring_it_back(store: StateStore, clock) -> None:
    store.save([Write("a", b"old", 0, expires=clock.after(10))])
    held = version(store, "a")
    clock.pass_by(10)
    assert store.save([Write("a", b"back", held)]) == {"a"}
    assert store.save([Write("a", None, held)]) == {"a"}
    assert value(store, "a") is None


def test_a_key_may_be_born_expired(store: StateStore, clock) -> None:
    assert store.save([Write("a", b"late", 0, expires=clock.after(-5))]) == set()
    assert value(store, "a") is None


def test_a_deleted_key_is_gone(store: StateStore) -> None:
    store.save([Write("a", b"value", 0)])
    assert store.save([Write("a", None, version(store, "a"))]) == set()
    assert store.load(["a"]) == {"a": Stored(None, 0)}
    assert keys(store, "") == []


def test_a_deletion_with_an_old_version_loses(store: StateStore) -> None:
    store.save([Write("a", b"first", 0)])
    old = version(store, "a")
    store.save([Write("a", b"second", old)])
    assert store.save([Write("a", None, old)]) == {"a"}
    assert value(store, "a") == b"second"


def test_deleting_what_is_absent_is_no_race_but_deleting_it_unseen_is(store: StateStore) -> None:
    assert store.save([Write("a", None, 0)]) == set()
    store.save([Write("a", b"value", 0)])
    assert store.save([Write("a", None, 0)]) == {"a"}
    assert value(store, "a") == b"value"


@pytest.mark.parametrize("how_it_went", ["deleted", "expired"])
def test_a_key_that_went_and_came_back_is_not_mistaken_for_the_old_one(
    store: StateStore, clock, how_it_went: str
) -> None:
    for _ in range(20):
        store.save([Write("a", b"same", version(store, "a"), expires=clock.after(10))])
        held = version(store, "a")
        if how_it_went == "expired":
            clock.pass_by(10)
        else:
            store.save([Write("a", None, held)])
        store.save([Write("a", b"same", 0, expires=clock.after(10))])
        assert store.save([Write("a", b"late", held)]) == {"a"}
        assert value(store, "a") == b"same"


def test_a_scan_gives_the_live_keys_of_a_prefix_in_order(store: StateStore, clock) -> None:
    names = [
        "rule/b",
        "rule/a",
        "rule/",
        "rule",
        "rule0",
        "rules/a",
        "alert/a",
        "rule/é",
        "rule/😀",
        "rule/~",
    ]
    store.save([Write(name, name.encode(), 0) for name in names])
    store.save([Write("rule/expired", b"x", 0, expires=clock.after(1))])
    clock.pass_by(1)
    expected = ["rule/", "rule/a", "rule/b", "rule/~", "rule/é", "rule/😀"]
    assert [(key, stored.value) for key, stored in store.scan("rule/")] == [(k, k.encode()) for k in expected]
    assert keys(store, "") == sorted(names)


def test_a_scanned_version_can_be_written_to(store: StateStore) -> None:
    store.save([Write("a", b"old", 0)])
    ((key, stored),) = store.scan("a")
    assert store.save([Write(key, b"new", stored.version)]) == set()


def test_a_scan_stops_at_its_limit(store: StateStore) -> None:
    store.save([Write(f"k{number:03}", b"x", 0) for number in range(30)])
    assert keys(store, "k", limit=7) == [f"k{number:03}" for number in range(7)]
    assert keys(store, "k", limit=0) == []
    assert len(keys(store, "k", limit=31)) == 30


@pytest.mark.parametrize(
    "key", ["", "a b", "用户/张三", "😀", "nul\x00inside", "q'uote\"%_", "e\u0301", "\u00e9"]
)
def test_a_key_is_any_text(store: StateStore, key: str) -> None:
    assert store.save([Write(key, key.encode(), 0)]) == set()
    assert value(store, key) == key.encode()
    assert keys(store, key) == [key]


@pytest.mark.parametrize("content", [b"", b"\x00", bytes(range(256)), "事件".encode(), b"\xff" * 100_000])
def test_a_value_is_any_bytes(store: StateStore, content: bytes) -> None:
    store.save([Write("a", content, 0)])
    loaded = store.load(["a"])["a"]
    assert loaded.value == content
    assert type(loaded.value) is bytes


def test_a_batch_may_have_hundreds_of_keys(store: StateStore) -> None:
    names = [f"key-{number:04}" for number in range(450)]
    store.save([Write(names[0], b"taken", 0), Write(names[-1], b"taken", 0)])
    assert store.save([Write(name, name.encode(), 0) for name in names]) == {names[0], names[-1]}
    loaded = store.load(names)
    assert [loaded[name].value for name in names[1:-1]] == [name.encode() for name in names[1:-1]]
    assert keys(store, "key-") == names


def test_a_key_or_value_that_is_too_large_is_refused_and_nothing_is_saved(store: StateStore) -> None:
    longest, largest = "k" * MAX_KEY_BYTES, b"v" * MAX_VALUE_BYTES
    with pytest.raises(StoreUnavailable, match="1025 bytes"):
        store.save([Write("a", b"x", 0), Write(longest + "k", b"x", 0)])
    with pytest.raises(StoreUnavailable, match=r"'a' has 2097153 bytes"):
        store.save([Write("b", b"x", 0), Write("a", largest + b"v", 0)])
    with pytest.raises(StoreUnavailable, match="1026 bytes"):
        store.load(["é" * 513])
    assert keys(store, "") == []
    assert store.save([Write(longest, b"x", 0)]) == set()


def test_a_key_that_is_not_unicode_is_refused(store: StateStore) -> None:
    with pytest.raises(StoreUnavailable, match="surrogates not allowed"):
        store.load(["half an emoji \ud83d"])


def test_of_many_threads_that_write_to_one_version_exactly_one_wins(open_store: OpenStore) -> None:
    store, racers, rounds = open_store(), 8, 10
    for turn in range(rounds):
        held, start = version(store, "a"), threading.Barrier(racers)

        def race(racer: int, held: int = held, start: threading.Barrier = start) -> bytes | None:
            start.wait()
            mine = b"racer %d" % racer
            return None if store.save([Write("a", mine, held)]) else mine

        with ThreadPoolExecutor(racers) as pool:
            winners = [mine for mine in pool.map(race, range(racers)) if mine]
        assert winners == [value(store, "a")], f"round {turn}"


def test_no_increment_is_lost_between_stores_that_merge_again_on_conflict(open_store: OpenStore) -> None:
    def count(_: int) -> None:
        store, left = open_store(), 10
        while left:
            seen = store.load(["n"])["n"]
            left -= not store.save([Write("n", b"%d" % (int(seen.value or 0) + 1), seen.version)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert value(open_store(), "n") == b"40"


def test_any_sequence_of_writes_ends_as_in_a_plain_dict(store: StateStore, clock) -> None:
    chance = random.Random(7)
    plain: dict[str, tuple[bytes, float]] = {}
    for _ in range(300):
        clock.pass_by(chance.choice([0, 0, 1, 5]))
        live = {key: content for key, (content, end) in plain.items() if end > clock().timestamp()}
        key, content = chance.choice("abc"), chance.choice([None, b"x", b"y"])
        right = chance.random() < 0.7
        expires = clock.after(chance.randint(1, 20))
        lost = store.save([Write(key, content, version(store, key) if right else 99, expires)])
        assert lost == (set() if right else {key})
        if right:
            live.pop(key, None)
            plain.pop(key, None)
            if content is not None:
                plain[key] = (content, expires.timestamp())
                live[key] = content
        assert {name: stored.value for name, stored in store.scan("")} == live
