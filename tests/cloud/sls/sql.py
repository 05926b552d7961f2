"""The analytic part of a query (`search | SELECT …`), carried out by SQLite on what the search has found.

"Log search and analysis" (help.aliyun.com, Log Service): the table may be left out, every field is a column.
Of a search it knows `*`, one plain word, and `field >= number`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.cloud.sls.store import ServiceError

Row = Mapping[str, Any]

_COMPARISON = re.compile(r"(?P<field>\w+)\s*(?P<operator>>=|>)\s*(?P<number>\d+)")
_WORD = re.compile(r"[A-Za-z_]\w*")


def found(rows: Iterable[Row], search: str) -> list[Row]:
    """Those that a search finds. Raises ServiceError for one that is not understood here."""
    if search in ("", "*"):
        return list(rows)
    if match := _COMPARISON.fullmatch(search):
        least = float(match["number"]) + (1e-9 if match["operator"] == ">" else 0)
        return [row for row in rows if _number(row.get(match["field"])) >= least]
    if re.fullmatch(r"\w+", search):
        return [row for row in rows if any(search in str(value) for value in row.values())]
    raise ServiceError(400, "ParameterInvalid", f"the local Log Service can't search for {search!r}")


def selected(rows: Sequence[Row], select: str) -> list[dict[str, str]]:
    """What a SELECT makes of rows; every value is text, as Log Service answers."""
    columns = sorted({name for row in rows for name in row} | set(_names(select)))
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.create_aggregate("count_if", 1, _CountIf)
    connection.execute(f"CREATE TABLE log ({', '.join(map(_quoted, columns))})")
    values = [[row.get(column) for column in columns] for row in rows]
    connection.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(columns))})", values)
    try:
        answer = connection.execute(_with_table(select)).fetchall()
    except sqlite3.Error as error:
        raise ServiceError(400, "ParameterInvalid", f"{error}: {select}") from None
    return [{name: "null" if v is None else str(v) for name, v in dict(row).items()} for row in answer]


class _CountIf:
    def __init__(self) -> None:
        self._count = 0

    def step(self, holds: Any) -> None:
        self._count += bool(holds)

    def finalize(self) -> int:
        return self._count


def _with_table(select: str) -> str:
    if re.search(r"\bFROM\b", select):
        return select
    head, by, tail = re.split(r"\b(GROUP BY)\b", select, maxsplit=1)
    return f"{head} FROM log {by} {tail}"


def _names(select: str) -> set[str]:
    """Words that may be fields which no row happens to have; keywords and aliases among them do no harm."""
    texts = re.sub(r"'[^']*'", "", select)
    aliases = set(re.findall(r"\bAS (\w+)", texts))
    return (
        {word for word in _WORD.findall(texts) if not word.isupper()} - aliases - {"count_if", "max", "count"}
    )


def _quoted(name: str) -> str:
    return f'"{name}"' + (" INTEGER" if name == "__time__" else "")


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return -1.0
