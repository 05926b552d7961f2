"""The source `osquery`: rows that a scheduled query found, no longer found, or listed.

The formats of its results log (https://osquery.readthedocs.io/en/stable/deployment/logging/): event (a row a
line), batch (`diffResults`) and snapshot (a table a line). The page shows `hostname` and numbers as strings;
the daemon writes `hostIdentifier` and numbers (osquery/core/query.cpp). Both are read, and every value of a
row comes out as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from shared.events.decode import decode
from shared.events.event import Event
from shared.events.host_event import Facts, Found, Place, found_in, host_event, host_subject
from shared.events.osquery_facts import DERIVED, derived
from shared.events.osquery_tables import COLUMNS
from shared.events.source import ANY, FieldTree, Source
from shared.events.text import text_of

FIELDS: FieldTree = {
    **dict.fromkeys("name pack query action host role counter epoch baseline outcome".split()),
    **dict.fromkeys(DERIVED),
    "columns": dict.fromkeys(COLUMNS),
    "decorations": ANY,
}

_ACTIONS = ("added", "removed", "snapshot")


def is_result(record: Mapping[str, Any]) -> bool:
    """Whether a decoded line is one of osquery's results, in any format."""
    return "name" in record and any(key in record for key in ("columns", "diffResults", "snapshot"))


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A line of any format as lines of the event format: one row each."""
    if not is_result(record):
        return
    frame = {key: value for key, value in record.items() if key not in ("diffResults", "snapshot")}
    if "columns" in record:
        yield frame
        return
    lists = _opened(record.get("diffResults")) if "diffResults" in record else record
    for action in _ACTIONS:
        found = _opened(lists.get(action)) if isinstance(lists, Mapping) else None
        for index, columns in enumerate(found if isinstance(found, list) else ()):
            yield {**frame, "action": action, "columns": columns, "row": index}


def read_row(record: Mapping[str, Any], found: Found) -> Event:
    """The event of one row. Raises ValueError for what is none.

    `baseline` says that the query ran for the first time (counter 0): all is new then, and nothing is.
    A snapshot has nothing to compare with, whatever its counter.
    """
    place, _, origin, received = found
    columns = _opened(record.get("columns"))
    name, action = text_of(record.get("name")), text_of(record.get("action"))
    if not name or not isinstance(columns, Mapping) or action not in _ACTIONS:
        raise ValueError("not a row of osquery's results: it needs a name, an action and columns")
    pack, query = _pack_and_query(name)
    facts: Facts = {
        "name": name,
        "pack": pack,
        "query": query,
        "action": action,
        "host": text_of(record.get("hostIdentifier") or record.get("hostname")) or place.host,
        "epoch": _number(record.get("epoch")),
        "counter": _number(record.get("counter")),
        "columns": {column: text_of(value) for column, value in columns.items()},
        "decorations": _decorations(record),
    }
    facts["baseline"] = facts["counter"] == 0 and action != "snapshot"
    if place.role:
        facts["role"] = place.role
    facts.update(derived(facts["columns"]))
    nowhere: Found = (Place(), "", origin, received)
    return host_event("osquery", facts, (_identity(record, facts),), nowhere, _time(record) or received)


def _read(record: dict[str, Any], origin: str, received: datetime) -> Event:
    return read_row(result_of(record), found_in(record, origin, received))


def result_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result in a record: the record itself, or the JSON in its `content`. Raises ValueError."""
    content = record.get("content")
    if not isinstance(content, str) or is_result(record):
        return record
    value = decode(content)
    if not isinstance(value, dict):
        raise ValueError("not a result of osquery: no JSON object")
    return value


def _identity(record: Mapping[str, Any], facts: Facts) -> str:
    """What tells a row from all others: the run it comes from, its place in it, and what it says."""
    run = [facts[key] for key in ("host", "name", "action", "epoch", "counter")]
    told = [*run, text_of(record.get("unixTime")), record.get("row"), facts["columns"]]
    return json.dumps(told, sort_keys=True, default=str)


def _pack_and_query(name: str) -> tuple[str, str]:
    """`pack_trailguard_listening_ports` is the query `listening_ports` of the pack `trailguard`. Other
    delimiters than the usual (`pack_delimiter`) are `/` and `:`."""
    for sign in ("_", "/", ":"):
        word, told, rest = name.partition(sign)
        if word == "pack" and told:
            pack, _, query = rest.partition(sign)
            return pack, query
    return "", name


def _decorations(record: Mapping[str, Any]) -> Any:
    return _opened(record.get("decorations")) or {}


def _opened(value: Any) -> Any:
    """What stands in a value that is JSON text, as Logtail's JSON parser leaves the inner objects."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return decode(value)
        except ValueError:
            return value
    return value


def _number(value: Any) -> int | None:
    text = text_of(value)
    return int(text) if 0 < len(text) < 20 and text.isascii() and text.isdigit() else None


def _time(record: Mapping[str, Any]) -> datetime | None:
    """`unixTime`, in seconds; None where there is none (0 stands for it, too)."""
    seconds = _number(record.get("unixTime"))
    try:
        return datetime.fromtimestamp(seconds, timezone.utc) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None


OSQUERY = Source(
    name="osquery",
    logsource={"product": "linux", "service": "osquery"},
    fields=FIELDS,
    indexed=("query", "action"),
    read=_read,
    subject=host_subject,
)
