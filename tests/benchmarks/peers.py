"""The peers that are libraries in Python, made to judge the same events by the same rules.

Each engine decodes with orjson, the fastest plain decoder, so that what is compared is the judging.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson
import yaml
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma_rule_matcher import RuleMatcher

from tests.benchmarks.contestants import Batch, InProcess, Match
from tests.benchmarks.rulesets import Detections, rule_file


class SigmaRuleMatcher(InProcess):
    """sigma-rule-matcher: walks every rule for every event."""

    name = "sigma-rule-matcher"
    batch = 50

    def __init__(self, detections: Detections) -> None:
        self._matchers = [
            (name, RuleMatcher(rule))
            for name, rule in zip(detections, _collection(detections).rules, strict=True)
        ]

    def judge(self, batch: Batch) -> Sequence[Match]:
        found: list[Match] = []
        for number, raw in batch:
            event = orjson.loads(raw)
            found += [(number, name) for name, matcher in self._matchers if matcher.match(event)]
        return found


class SigmaSqlite(InProcess):
    """pySigma's SQL over a table in memory, as Zircolite works: a batch in, one query for each rule.

    Kinder than Zircolite: only the fields that some rule names become columns.
    """

    name = "pySigma, SQLite in memory"

    def __init__(self, detections: Detections) -> None:
        self._paths = [field.split(".") for field in fields_of(detections)]
        columns = ", ".join(f"`{'.'.join(path)}` TEXT COLLATE NOCASE" for path in self._paths)
        self._insert = f"INSERT INTO logs VALUES ({', '.join('?' * (len(self._paths) + 1))})"
        self._database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=2_000)
        self._database.execute(f"CREATE TABLE logs (number INTEGER, {columns})")
        self._queries = {
            name: query.replace("SELECT *", "SELECT number", 1)
            for name, query in zip(detections, sqliteBackend().convert(_collection(detections)), strict=True)
        }

    def judge(self, batch: Batch) -> Sequence[Match]:
        found: list[Match] = []
        self._database.execute("BEGIN")
        self._database.executemany(self._insert, (self._row(number, raw) for number, raw in batch))
        for name, query in self._queries.items():
            found += [(number, name) for (number,) in self._database.execute(query)]
        self._database.execute("DELETE FROM logs")
        self._database.execute("COMMIT")
        return found

    def _row(self, number: int, raw: bytes) -> list[Any]:
        event = orjson.loads(raw)
        return [number, *(value_at(event, path) for path in self._paths)]


def fields_of(detections: Detections) -> list[str]:
    """Every field that the rules name."""
    selections = [part for d in detections.values() for key, part in d.items() if key != "condition"]
    return sorted({line.split("|")[0] for selection in selections for line in selection})


def value_at(event: Any, path: Sequence[str]) -> Any:
    """The plain value at a path of nested objects; None if there is none."""
    for key in path:
        event = event.get(key) if isinstance(event, dict) else None
    return None if isinstance(event, (dict, list)) else event


def _collection(detections: Detections) -> SigmaCollection:
    """The detections as pySigma reads rule files."""
    rules = [yaml.safe_load(rule_file(name, detection)) for name, detection in detections.items()]
    return SigmaCollection.from_dicts(rules)
