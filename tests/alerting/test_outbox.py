"""The embedded outbox: all of a batch or nothing of it, and nothing twice."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from shared.alerting.alert import Alert
from shared.alerting.outbox import SqliteOutbox
from shared.events.event import Quarantined

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
ALERT = Alert(
    "a1",
    "r",
    "标题 – title",
    "high",
    "actiontrail",
    "11",
    NOW,
    "summary \x00 \u202e",
    ("e1",),
    reasons=("x",),
)
TORN = Quarantined("{", "torn", "file:1", NOW)


def kept(outbox: SqliteOutbox) -> list[str]:
    return [alert.id for _, alert in outbox.alerts()]


def test_an_alert_comes_out_as_it_went_in(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    outbox.write([ALERT], [TORN])
    outbox.close()
    again = SqliteOutbox(tmp_path / "outbox.db")
    assert [alert for _, alert in again.alerts()] == [ALERT]
    assert again.quarantine() == [("file:1", "torn", "{")]


def test_what_is_written_twice_is_kept_once() -> None:
    outbox = SqliteOutbox(":memory:")
    for _ in range(3):
        outbox.write([ALERT, ALERT, replace(ALERT, id="a2")], [TORN, TORN])
    assert kept(outbox) == ["a1", "a2"]
    assert len(outbox.quarantine()) == 1


def test_alerts_come_in_the_order_they_went_in_and_from_where_a_reader_stopped() -> None:
    outbox = SqliteOutbox(":memory:")
    for number in range(5):
        outbox.write([replace(ALERT, id=f"a{number}")], [])
    positions = [position for position, _ in outbox.alerts()]
    assert positions == sorted(positions)
    assert [alert.id for _, alert in outbox.alerts(after=positions[2])] == ["a3", "a4"]


def test_a_batch_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    broken = replace(TORN, raw="\ud800")
    with pytest.raises((sqlite3.Error, UnicodeError)):
        outbox.write([ALERT], [broken])
    assert kept(outbox) == []
    outbox.write([ALERT], [TORN])
    assert kept(outbox) == ["a1"]


def test_many_writers_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    SqliteOutbox(path).close()

    def write(writer: int) -> None:
        outbox = SqliteOutbox(path)
        for number in range(20):
            outbox.write([replace(ALERT, id=f"shared-{number}"), replace(ALERT, id=f"{writer}-{number}")], [])
        outbox.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len(kept(SqliteOutbox(path))) == 20 + 4 * 20
