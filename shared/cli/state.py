"""What the rules that remember have in mind: look at it, carry it elsewhere, forget it.

`show` tells each rule's groups in words, `export` writes them to a file, one a line, and `import` puts them
back, over what is there. `forget` makes a rule begin anew, for one group or altogether: a `first_seen` rule
that forgets a group tells it as new, one that forgets everything learns again.

examples:
  trailguard state show --rule console-sign-in-guessing --group alice
  trailguard state export memory.ndjson
  trailguard state forget --rule access-key-from-new-network --group LTAI5t…
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from shared.cli.oncall import local, print_table
from shared.cli.store import add_state, open_store
from shared.config import AlertsConfig, load_alerts
from shared.detection.kinds.kind import MALFORMED
from shared.detection.remembered import Corrupt, Remembered, beginning_of, prefix_of
from shared.detection.rule import Rule
from shared.spelling import nearest
from shared.state.store import StateStore, Stored, Write

MOST = 1_000_000
"""Keys looked through."""

AT_ONCE = 100
"""Keys written or forgotten in one go."""


def add(parser: argparse.ArgumentParser) -> None:
    """The actions of `state`, each with its options."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("show", help="what is remembered, in words")
    show.add_argument("--rule", metavar="NAME", help="only this rule's")
    show.add_argument("--group", metavar="TEXT", default="", help="only groups that have this in them")
    show.add_argument("--json", action="store_true", help="one group a line, with what is stored")
    export = actions.add_parser("export", help="write everything to a file")
    export.add_argument("file", metavar="FILE", help="`-` is standard output")
    importing = actions.add_parser("import", help="put back what `export` wrote")
    importing.add_argument("file", metavar="FILE", help="`-` is standard input")
    forget = actions.add_parser("forget", help="make a rule begin anew")
    forget.add_argument("--rule", metavar="NAME", required=True)
    forget.add_argument("--group", metavar="TEXT", help="only the groups with this user, address, … in full")
    for action, does in ((show, _show), (export, _export), (importing, _import), (forget, _forget)):
        action.set_defaults(action=does, makes=does is _import)
        add_state(action)


def run(options: argparse.Namespace) -> int:
    """0; 2 when there is no such rule, or the state or a file can't be read. A broken rule stops nothing."""
    config = load_alerts(options.alerts)
    for problem in config.problems:
        print(problem, file=sys.stderr)
    try:
        return int(options.action(options, config, open_store(options.state, make=options.makes)))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


@dataclass(frozen=True)
class Entry:
    """One key of the store. `rule` is None where no rule has its id any more."""

    key: str
    stored: Stored
    rule: Rule | None
    known: Remembered | None

    @property
    def name(self) -> str:
        """The rule's name, or else its id."""
        return self.rule.name if self.rule else self.key.split("/")[1]

    @property
    def group(self) -> str:
        """Whose memory it is."""
        if self.key.startswith("began/"):
            return "(since when it learns)"
        if self.key.endswith("/never"):
            return "(since when it waits)"
        return ", ".join(self.known.group) if self.known else "?"

    @property
    def words(self) -> str:
        """What is remembered."""
        if self.known is None:
            return "can't be read: the rule will begin anew here, and tell so"
        if self.rule is None or self.rule.kind is None:
            return "of a rule that is there no more"
        try:
            return self.rule.kind.describe(self.known.value)
        except MALFORMED:
            return "of another kind of rule: this one will begin anew here, and tell so"


def _show(options: argparse.Namespace, config: AlertsConfig, store: StateStore) -> int:
    wanted = options.group.casefold()
    found = [e for e in _entries(store, config, options.rule) if wanted in e.group.casefold()]
    if options.json:
        for entry in found:
            print(json.dumps(_plain(entry), ensure_ascii=False))
        return 0
    rows = [(e.name, e.group, e.words, _until(e)) for e in found]
    print_table(("rule", "group", "remembered", "until"), rows)
    return 0


def _export(options: argparse.Namespace, config: AlertsConfig, store: StateStore) -> int:
    entries = list(_entries(store, config, None))
    lines = [json.dumps(_portable(e.key, e.known), ensure_ascii=True) + "\n" for e in entries if e.known]
    if options.file == "-":
        sys.stdout.writelines(lines)
    else:
        Path(options.file).write_text("".join(lines), encoding="utf-8")
    left = len(entries) - len(lines)
    print(f"exported {len(lines)} groups" + (f"; {left} can't be read" if left else ""), file=sys.stderr)
    return 0


def _import(options: argparse.Namespace, config: AlertsConfig, store: StateStore) -> int:
    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
    found = dict(_imported(text, options.file))
    lost = set[str]()
    for keys in _portions(found):
        there = store.load(keys)
        lost |= store.save(_write(key, found[key], there[key].version) for key in keys)
    print(f"imported {len(found) - len(lost)} groups", file=sys.stderr)
    return _complain(lost)


def _forget(options: argparse.Namespace, config: AlertsConfig, store: StateStore) -> int:
    entries = {
        entry.key: entry
        for entry in _entries(store, config, options.rule)
        if options.group is None or (entry.known and options.group in (*entry.known.group, entry.group))
    }
    lost = set[str]()
    for keys in _portions(entries):
        lost |= store.save(Write(key, None, entries[key].stored.version) for key in keys)
    for key in entries.keys() - lost:
        print(f"forgot {entries[key].name}: {entries[key].group}")
    if not entries:
        raise ValueError(
            f"{options.rule} remembers nothing" + (f" of {options.group}" if options.group else "")
        )
    return _complain(lost)


def _complain(lost: set[str]) -> int:
    if lost:
        print(f"{len(lost)} changed at the same moment and stay as they are: try again", file=sys.stderr)
    return 2 if lost else 0


def _entries(store: StateStore, config: AlertsConfig, name: str | None) -> Iterator[Entry]:
    """What is stored; with a name, of that rule alone. Raises ValueError where there is none."""
    rules = {rule.id: rule for rule in (*config.shipped, *config.rules) if rule.kind is not None}
    prefixes = ["rule/", "began/"]
    if name is not None:
        rule = next((rule for rule in rules.values() if rule.name == name), None)
        if rule is None:
            hint = nearest(name, [rule.name for rule in rules.values()])
            raise ValueError(f"no rule that remembers is called '{name}'{hint}")
        prefixes = [prefix_of(rule), beginning_of(rule)]
    for prefix in prefixes:
        for key, stored in store.scan(prefix, MOST):
            yield Entry(key, stored, rules.get(key.split("/")[1]), _read(stored))


def _read(stored: Stored) -> Remembered | None:
    try:
        return Remembered.of(stored.value or b"")
    except Corrupt:
        return None


def _until(entry: Entry) -> str:
    return local(_moment(entry.known.until)) if entry.known else "?"


def _plain(entry: Entry) -> dict[str, Any]:
    known = entry.known
    return {
        "key": entry.key,
        "rule": entry.name,
        "group": entry.group,
        "remembered": entry.words,
        "account": known.account_id if known else None,
        "until": _moment(known.until).isoformat() if known else None,
        "value": known.value if known else None,
    }


def _portable(key: str, known: Remembered) -> dict[str, Any]:
    return {"key": key, **json.loads(known.encoded().decode("utf-8", "surrogatepass"))}


def _imported(text: str, file: str) -> Iterator[tuple[str, Remembered]]:
    """Each line's key and what belongs there. Raises ValueError that names the line."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            key = json.loads(line)["key"]
            if not key.startswith(("rule/", "began/")):
                raise ValueError
            yield key, Remembered.of(line.encode("utf-8", "surrogatepass"))
        except (Corrupt, *MALFORMED):
            raise ValueError(f"{file}:{number}: not a line that `trailguard state export` wrote") from None


def _write(key: str, known: Remembered, version: int) -> Write:
    return Write(key, known.encoded(), version, _moment(known.until))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _portions(keys: Iterable[str]) -> Iterator[list[str]]:
    every = list(keys)
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))
