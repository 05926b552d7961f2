"""Write shared/cli/sample_day.ndjson, the day that `trailguard run` shows: always the same.

`python -m tests.benchmarks.make_sample_day`
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.events import Table, as_json, make_event, pick, tables

TARGET = Path(__file__).resolve().parents[2] / "shared" / "cli" / "sample_day.ndjson"
CHINA = timezone(timedelta(hours=8))
MIDNIGHT = datetime(2026, 11, 20, tzinfo=CHINA)
ORDINARY = 310
"""Calls that nobody would look at twice."""

Record = tuple[datetime, str]
"""When a record reached Log Service, and its event as text."""


def lines(seed: int = 20261120) -> list[str]:
    """The whole day, a Log Service record a line, in the order in which they arrived."""
    source = random.Random(seed)
    records = [*_ordinary(source), *_story(source), _torn(source)]
    return [_line(received, event) for received, event in sorted(records)]


def _ordinary(source: random.Random) -> Iterator[Record]:
    """People by day, machines around the clock."""
    for _ in range(ORDINARY):
        call = pick(tables()["reads"], source)
        caller = pick([c for c in tables()["callers"] if c["type"] != "root-account"], source)
        is_person = "console" in caller["agent"].lower()
        hour = min(max(source.gauss(14, 2.5), 9), 19) if is_person else source.uniform(0, 23.9)
        yield _record(call, caller, MIDNIGHT + timedelta(hours=hour), source)


def _story(source: random.Random) -> Iterator[Record]:
    day = _day()
    callers = {caller["name"]: caller for caller in tables()["callers"]} | day["callers"]
    for call in day["story"]:
        time = datetime.fromisoformat(f"2026-11-20T{call['at']}+08:00")
        received, event = _record(call, callers[call["by"]], time, source)
        yield received, event
        if call.get("twice"):  # at least once is what trails promise
            yield received + timedelta(minutes=29), event


def _torn(source: random.Random) -> Record:
    """A record whose end got lost."""
    call, caller = tables()["reads"][0], tables()["callers"][0]
    received, event = _record(call, caller, MIDNIGHT + timedelta(hours=13, minutes=37), source)
    return received, event[:200]


def _record(call: Table, caller: Table, time: datetime, source: random.Random) -> Record:
    event = make_event({"region": "cn-hangzhou", **call}, caller, time.astimezone(timezone.utc), source)
    return time + timedelta(seconds=source.randrange(20, 90)), as_json(event)


def _line(received: datetime, event: str) -> str:
    record = {
        "__time__": int(received.timestamp()),
        "__topic__": "actiontrail_audit_event",
        "__source__": "actiontrail_internal",
        "event": event,
    }
    return as_json(record)


def _day() -> dict[str, Any]:
    text = (Path(__file__).parent / "sample_day.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


if __name__ == "__main__":
    TARGET.write_text("\n".join(lines()) + "\n", encoding="utf-8")
