"""The StateStore in one SQLite file: for a laptop, a single host, and the tests."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.state.contract import (
    ABSENT,
    PAST_EVERY_KEY,
    Clock,
    checked,
    checked_key,
    expiry,
    new_version,
    seconds,
    utc_now,
)
from shared.state.store import Stored, StoreUnavailable, Write

# The CHECK refuses what a hand-made edit could leave behind: a text where bytes are expected.
# With synchronous=NORMAL a crash loses nothing; a power cut may lose the last commits, never the file.
PREPARE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS state (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL CHECK (typeof(value) = 'blob'),
    version INTEGER NOT NULL,
    expires INTEGER NOT NULL
);"""
READ = "SELECT value, version FROM state WHERE key = ? AND expires > ?"
SCAN = "SELECT key, value, version FROM state WHERE key >= ? AND key < ? AND expires > ? ORDER BY key LIMIT ?"
WRITE = "INSERT OR REPLACE INTO state (key, value, version, expires) VALUES (?, ?, ?, ?)"
DELETE = "DELETE FROM state WHERE key = ?"
PURGE = "DELETE FROM state WHERE expires <= ?"

PURGE_EVERY = 3600  # seconds


class _Own(threading.local):
    connection: sqlite3.Connection | None = None


class SqliteStore:
    """A StateStore in the file `path`, which is made if it isn't there; its folder must be.

    Threads and processes may share the file: every thread has its own connection (don't carry a
    store over a fork), and waits up to `patience` seconds for another's write to end.
    """

    def __init__(self, path: str | Path, now: Clock = utc_now, patience: float = 3.0) -> None:
        self._path = Path(path)
        self._now = now
        self._patience = patience
        self._own = _Own()
        self._purge_due = 0

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        """Every key asked for, found or not; raises StoreUnavailable."""
        wanted = [checked_key(key) for key in keys]
        now = seconds(self._now())
        with self._transaction("BEGIN") as database:
            return {key: _read(database, key, now) for key in wanted}

    def save(self, writes: Iterable[Write]) -> set[str]:
        """Apply what still holds, all of it or (on StoreUnavailable) nothing; the keys that lost."""
        batch = [checked(write) for write in writes]
        if not batch:
            return set()
        now = seconds(self._now())
        with self._transaction("BEGIN IMMEDIATE") as database:
            self._purge(database, now)
            return {write.key for write in batch if not _apply(database, write, now)}

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        """Live keys that start with `prefix`, in the order of their UTF-8, at most `limit`."""
        first, end = checked_key(prefix), prefix + PAST_EVERY_KEY
        with self._transaction("BEGIN") as database:
            rows = database.execute(SCAN, (first, end, seconds(self._now()), limit)).fetchall()
        for key, value, version in rows:
            yield key, Stored(value, version)

    def close(self) -> None:
        """Close this thread's connection, undoing what it had not committed; the next call opens another."""
        if self._own.connection is not None:
            self._own.connection.close()
            self._own.connection = None

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            database = self._connection()
            database.execute(begin)
            yield database
            database.execute("COMMIT")
        except BaseException as error:
            self.close()  # a broken file may be mended, or replaced, before the next call
            if isinstance(error, sqlite3.Error):
                raise StoreUnavailable(f"state file {self._path}: {error}") from error
            raise

    def _connection(self) -> sqlite3.Connection:
        if self._own.connection is None:
            self._own.connection = sqlite3.connect(self._path, timeout=self._patience, isolation_level=None)
            self._prepare(self._own.connection)
        return self._own.connection

    def _prepare(self, database: sqlite3.Connection) -> None:
        """Several that make the file at once collide in the change to WAL, where SQLite doesn't wait."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                database.executescript(PREPARE)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _purge(self, database: sqlite3.Connection, now: int) -> None:
        if now >= self._purge_due:
            database.execute(PURGE, (now,))
            self._purge_due = now + PURGE_EVERY


def _read(database: sqlite3.Connection, key: str, now: int) -> Stored:
    row = database.execute(READ, (key, now)).fetchone()
    return Stored(*row) if row else ABSENT


def _apply(database: sqlite3.Connection, write: Write, now: int) -> bool:
    if _read(database, write.key, now).version != write.expected:
        return False
    if write.value is None:
        database.execute(DELETE, (write.key,))
    else:
        database.execute(WRITE, (write.key, write.value, new_version(), expiry(write)))
    return True
