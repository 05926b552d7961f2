"""What is SQLite's own: files that are missing, locked, spoilt; many processes; old rows."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.state.sqlite import PURGE_EVERY, SqliteStore
from shared.state.store import StoreUnavailable, Write

RACE = """
import sys
from shared.state.sqlite import SqliteStore
from shared.state.store import Write

path, racer = sys.argv[1:]
store, won = SqliteStore(path, patience=30), 0
for turn in range(50):
    won += not store.save([Write(f"claim-{turn}", racer.encode(), 0)])
for _ in range(50):
    lost = {"n"}
    while lost:
        seen = store.load(["n"])["n"]
        lost = store.save([Write("n", b"%d" % (int(seen.value or 0) + 1), seen.version)])
print(won)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def use(store: SqliteStore) -> list[Callable[[], object]]:
    return [
        lambda: store.load(["a"]),
        lambda: store.save([Write("a", b"x", 0)]),
        lambda: list(store.scan("")),
    ]


def assert_unavailable(store: SqliteStore, path: Path, reason: str) -> None:
    for call in use(store):
        with pytest.raises(StoreUnavailable, match=reason) as caught:
            call()
        assert str(path) in str(caught.value)


def test_processes_that_race_never_both_win_nor_lose_a_count(path: Path) -> None:
    racers = [
        subprocess.Popen([sys.executable, "-c", RACE, path, str(racer)], stdout=subprocess.PIPE, text=True)
        for racer in range(4)
    ]
    won = [int(racer.communicate(timeout=60)[0]) for racer in racers]
    assert sum(won) == 50
    assert SqliteStore(path).load(["n"])["n"].value == b"200"


def test_a_file_that_another_process_is_just_making_is_waited_for(path: Path) -> None:
    maker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN IMMEDIATE")  # before it is in WAL mode, where SQLite gives up without waiting
    threading.Timer(0.3, maker.execute, ["COMMIT"]).start()
    assert SqliteStore(path).save([Write("a", b"x", 0)]) == set()


def test_a_missing_folder_is_named_and_is_found_once_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "state.db"
    store = SqliteStore(path)
    assert_unavailable(store, path, "unable to open database file")
    path.parent.mkdir()
    assert store.save([Write("a", b"x", 0)]) == set()


def test_a_folder_that_takes_no_files_is_reported() -> None:
    path = Path("/proc/state.db")  # read-only for root too, unlike a folder's permissions
    assert_unavailable(SqliteStore(path), path, "unable to open database file|readonly database")


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 8176])
def test_a_spoilt_file_is_reported_and_left_alone_until_it_is_replaced(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    store = SqliteStore(path)
    assert_unavailable(store, path, "not a database|malformed|disk image")
    assert path.read_bytes() == content
    path.unlink()
    assert store.save([Write("a", b"x", 0)]) == set()


def test_a_file_that_is_spoilt_while_open_is_reported(path: Path) -> None:
    store = SqliteStore(path)
    store.save([Write(f"k{number}", b"x" * 500, 0) for number in range(200)])
    store.close()
    spoilt = bytearray(path.read_bytes())
    spoilt[4096:] = b"\xff" * (len(spoilt) - 4096)
    path.write_bytes(spoilt)
    with pytest.raises(StoreUnavailable, match=r"state\.db"):
        list(store.scan(""))


def test_another_programs_database_is_reported(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE state (id INTEGER)")
    assert_unavailable(SqliteStore(path), path, "no such column")


def test_a_value_edited_by_hand_into_text_is_refused_at_the_edit(path: Path) -> None:
    SqliteStore(path).save([Write("a", b"x", 0)])
    with sqlite3.connect(path) as editor, pytest.raises(sqlite3.IntegrityError):
        editor.execute("UPDATE state SET value = 'text'")


def test_a_file_locked_for_too_long_is_reported_in_time_and_works_once_it_is_free(path: Path) -> None:
    store = SqliteStore(path, patience=0.3)
    store.save([Write("a", b"x", 0)])
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="database is locked"):
        store.save([Write("b", b"y", 0)])
    assert 0.2 < time.monotonic() - began < 2
    assert store.load(["a"])["a"].value == b"x", "a reader doesn't wait for a writer"
    holder.execute("ROLLBACK")
    assert store.save([Write("b", b"y", 0)]) == set()


def test_a_writer_waits_for_another_to_end(path: Path) -> None:
    store = SqliteStore(path, patience=10)
    store.save([Write("a", b"x", 0)])
    hold = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    hold += "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(0.3); c.execute('COMMIT')"
    holder = subprocess.Popen([sys.executable, "-c", hold, path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert store.save([Write("b", b"y", 0)]) == set()
    assert holder.wait(10) == 0


def test_a_batch_that_fails_half_way_leaves_nothing_behind(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable, match="CHECK constraint failed"):
        store.save([Write("a", b"x", 0), Write("b", "text instead of bytes", 0)])  # type: ignore[arg-type]
    assert store.load(["a"])["a"].value is None


def test_expired_rows_leave_the_file_within_the_hour(path: Path, clock) -> None:
    store = SqliteStore(path, now=clock)
    store.save([Write("old", b"x", 0, expires=clock.after(60)), Write("kept", b"x", 0)])
    clock.pass_by(PURGE_EVERY)
    store.save([Write("new", b"x", 0)])
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT key FROM state ORDER BY key").fetchall() == [("kept",), ("new",)]
