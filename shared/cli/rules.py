"""List the rules with level, mode, item and tags.

examples:
  trailguard rules --item security-groups
  trailguard rules --tag cis.alibaba.2.18
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from shared.alerting.alert import LEVELS
from shared.cli.loading import load_what_is_sound
from shared.cli.show import console
from shared.detection.items import ITEMS
from shared.detection.rule import Rule
from shared.spelling import nearest


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `rules`."""
    parser.add_argument("--item", help="only those that serve this monitored item")
    parser.add_argument("--tag", help="only those with this tag")
    parser.add_argument("--level", choices=LEVELS, help="only those of this level")
    parser.add_argument("--json", action="store_true", help="one rule a line")
    parser.add_argument("--markdown", action="store_true", help="a table of items, as in the README")


def run(options: argparse.Namespace) -> int:
    """0; 2 when something in alerts/ is broken, or there is no such item or tag."""
    config = load_what_is_sound(options.alerts)
    if config is None:
        return 2
    if options.item and options.item not in ITEMS:
        print(f"no item '{options.item}'{nearest(options.item, ITEMS)}", file=sys.stderr)
        return 2
    tags = {tag for rule in config.rules for tag in rule.tags}
    if options.tag and options.tag not in tags:
        print(f"no rule has the tag '{options.tag}'{nearest(options.tag, tags)}", file=sys.stderr)
        return 2
    rules = [rule for rule in config.rules if _wanted(rule, options)]
    if options.markdown:
        print("\n".join(items_table(rules)))
    elif options.json:
        _print_json(rules)
    else:
        _print_table(rules)
    return 2 if config.problems else 0


def items_table(rules: list[Rule]) -> Iterator[str]:
    """Each monitored item that has rules, with their names, as lines of Markdown."""
    yield "| item | rules |"
    yield "|---|---|"
    for item, title in ITEMS.items():
        names = sorted(rule.name for rule in rules if rule.item == item)
        if names:
            yield f"| **{title}** (`{item}`) | {', '.join(f'`{name}`' for name in names)} |"


def _wanted(rule: Rule, options: argparse.Namespace) -> bool:
    return (
        (not options.item or rule.item == options.item)
        and (not options.tag or options.tag in rule.tags)
        and (not options.level or rule.level == options.level)
    )


def _print_json(rules: list[Rule]) -> None:
    names = ("name", "id", "title", "level", "mode", "item", "source", "status", "tags", "runbook")
    for rule in rules:
        print(json.dumps({name: getattr(rule, name) for name in names}, ensure_ascii=False))


def _print_table(rules: list[Rule]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("rule", "level", "mode", "item", "tags"):
        table.add_column(heading, overflow="fold")
    for rule in sorted(rules, key=lambda r: (-LEVELS.index(r.level), r.item, r.name)):
        table.add_row(rule.name, rule.level, rule.mode, rule.item, " ".join(rule.tags))
    out = console()
    out.print(table)
    out.print(f"{len(rules)} rules")
