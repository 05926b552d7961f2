"""Two independent engines judge the events of every rule's tests, and must agree with ours.

- pySigma, the Sigma project's own library, parses each rule, and its SQLite backend turns it into SQL,
  which runs on a table of one row: the event, flattened to dotted names by code of this module's own.
- sigma-rule-matcher is an engine by other people.

What they are spared, since Sigma has no such thing or they have not: our `%lists%` are put in beforehand;
numbers and booleans in rules become texts, as our rules compare them; fields become columns with plain names;
and an event that has several values, or an object, at a field that the rule asks for is left out, for one
cell holds one value. Sigma-rule-matcher also knows no null and no lists of maps, and some comparisons raise.
The tests count what is left out, and fail when that becomes much.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma_rule_matcher import RuleMatcher

from shared.config import HERE, AlertsConfig, load_alerts
from shared.detection.rule import Rule
from shared.detection.testing import test_events as events_of
from shared.events.sources import SOURCES
from shared.located import read_yaml

FILES = sorted((HERE / "alerts" / "rules").rglob("*.yml"))
COMPARING = {"gt", "gte", "lt", "lte"}

Lists = Mapping[str, tuple[str, ...]]
Row = dict[str, Any]


@cache
def config() -> AlertsConfig:
    return load_alerts()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_sigma_projects_own_library_finds_no_fault_with_a_rule(path: Path) -> None:
    (loaded,) = SigmaCollection.from_yaml(path.read_text(encoding="utf-8")).rules
    assert loaded.errors == []
    assert loaded.title


@dataclass
class Translation:
    """A rule as both engines take it. `columns` are the names of its fields there."""

    columns: dict[str, str] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    text: str = ""

    @classmethod
    def of(cls, path: Path, lists: Lists) -> Translation:
        """A rule file with lists put in, values as texts, and fields as columns."""
        data, made = read_yaml(path.read_text(encoding="utf-8"), path.name).data, cls()
        plain = {n: v if n == "condition" else made.selection(v, lists) for n, v in data["detection"].items()}
        sigma = {key: data[key] for key in ("title", "id", "status", "logsource", "level")}
        made.text = yaml.safe_dump({**sigma, "detection": plain}, sort_keys=False)
        return made

    def selection(self, part: Any, lists: Lists) -> Any:
        if isinstance(part, list):
            return [self.selection(each, lists) for each in part]
        return dict(self.line(key, value, lists) for key, value in part.items())

    def line(self, key: str, value: Any, lists: Lists) -> tuple[str, Any]:
        name, *words = key.split("|")
        column = self.columns.setdefault(name, f"c{len(self.columns)}")
        values = value if isinstance(value, list) else [value]
        if "expand" in words:
            values = [text for placeholder in values for text in lists[placeholder.strip("%")]]
            words.remove("expand")
        if COMPARING.intersection(words):
            self.compared.add(name)
        elif "exists" not in words:
            values = [None if v is None else _text(v) for v in values]
        return "|".join((column, *words)), values if len(values) > 1 else values[0]

    def row(self, fields: Mapping[str, Any]) -> Row | None:
        """The one value of each field that the rule asks for; None where it has several, or an object."""
        found: dict[str, list[Any]] = {}
        for name, value in flattened(fields):
            if name in self.columns:
                found.setdefault(name, []).append(value)
        if any(len(values) > 1 or values[0] == {} for values in found.values()):
            return None
        return {self.columns[n]: _cell(values[0], n in self.compared) for n, values in found.items()}


def flattened(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below `value` under its dotted name; elements of arrays with their number, and without."""
    before = f"{name}." if name else ""
    if isinstance(value, Mapping):
        yield from ((name, {}),) if name else ()
        for key, child in value.items():
            yield from flattened(child, before + key)
    elif isinstance(value, list):
        for number, child in enumerate(value, 1):
            yield from flattened(child, name)
            yield from flattened(child, f"{before}{number}")
    else:
        yield name, value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(value: Any, is_number: bool) -> Any:
    if value is None or not is_number:
        return None if value is None else _text(value)
    try:
        return float(value)
    except ValueError:
        return None


@dataclass(frozen=True)
class Case:
    """One event of one test, our verdict, and what the oracles get."""

    rule: Rule
    name: str
    translation: Translation
    row: Row | None
    ours: bool


@cache
def cases() -> list[Case]:
    """Every event of every test of every shipped rule."""
    paths, found = {path.stem: path for path in FILES}, []
    for rule in config().shipped:
        translation = Translation.of(paths[rule.name], config().lists)
        for test in rule.tests:
            for event in events_of(rule, test, SOURCES[rule.source]):
                row, ours = translation.row(event.fields), rule.node.matches(event.fields)
                found.append(Case(rule, test.name, translation, row, ours))
    return found


def _regexp(pattern: str, text: Any) -> bool:
    return text is not None and re.search(pattern, str(text)) is not None


def sql_judges(sql: str, row: Row, translation: Translation) -> bool:
    """Whether the query finds the row in a table of its own, where texts compare without case, too."""
    types = {c: "NUMERIC" if n in translation.compared else "TEXT" for n, c in translation.columns.items()}
    columns = ", ".join(f"{column} {kind} COLLATE NOCASE" for column, kind in types.items())
    database = sqlite3.connect(":memory:")
    try:
        database.create_function("REGEXP", 2, _regexp)
        database.execute(f"CREATE TABLE logs ({columns})")
        marks = ", ".join("?" * len(types))
        database.execute(f"INSERT INTO logs VALUES ({marks})", [row.get(column) for column in types])
        return database.execute(sql.replace("<TABLE_NAME>", "logs")).fetchone() is not None
    finally:
        database.close()


def test_sql_made_by_pysigma_agrees_on_every_event() -> None:
    backend, compared, disagreements = sqliteBackend(), 0, []
    queries: dict[str, str] = {}
    for case in cases():
        if case.row is None:
            continue
        if case.rule.name not in queries:
            (queries[case.rule.name],) = backend.convert(SigmaCollection.from_yaml(case.translation.text))
        compared += 1
        theirs = sql_judges(queries[case.rule.name], case.row, case.translation)
        if theirs != case.ours:
            disagreements.append(
                f"{case.rule.name}: {case.name}: ours {case.ours}, theirs {theirs}: {case.row}"
            )
    assert disagreements == []
    assert compared >= 0.9 * len(cases())
    assert len(queries) >= 0.95 * len(config().shipped)


def test_sigma_rule_matcher_agrees_on_every_event_that_it_can_judge() -> None:
    matchers: dict[str, RuleMatcher | None] = {}
    compared, disagreements = 0, []
    for case in cases():
        if case.rule.name not in matchers:
            matchers[case.rule.name] = _matcher(case.translation.text)
        matcher = matchers[case.rule.name]
        if matcher is None or case.row is None:
            continue
        try:
            theirs = matcher.match(case.row)
        except (NotImplementedError, TypeError):
            continue
        compared += 1
        if theirs != case.ours:
            disagreements.append(
                f"{case.rule.name}: {case.name}: ours {case.ours}, theirs {theirs}: {case.row}"
            )
    assert disagreements == []
    assert compared >= 0.4 * len(cases())


def _matcher(text: str) -> RuleMatcher | None:
    """None for a rule with something that sigma-rule-matcher has not: null, a list of maps."""
    try:
        return RuleMatcher(SigmaCollection.from_yaml(text).rules[0])
    except (NotImplementedError, AttributeError):
        return None
