"""What doctor found, for people and for programs. Pure but for the console."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from shared.health.check import Finding

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"ok": "green", "broken": "bold red", "unknown": "yellow", "waits": "dim"}
"""In the order of the summary."""


def exit_code(findings: Sequence[Finding]) -> int:
    """0 every link holds; 1 one is broken; 2 one could not be looked at, and none is known to be broken."""
    found = {finding.status for finding in findings}
    return 1 if "broken" in found else 2 if "unknown" in found else 0


def missing(findings: Sequence[Finding]) -> list[str]:
    """The permissions that whoever asks lacks."""
    return sorted({finding.permission for finding in findings if finding.permission})


def as_json(findings: Sequence[Finding]) -> str:
    """One document: the links in order, and the permissions that are missing."""
    document = {"links": [asdict(each) for each in findings], "missing_permissions": missing(findings)}
    return json.dumps(document, indent=2, ensure_ascii=False)


def show(findings: Sequence[Finding], console: Console) -> None:
    """A table, and one line about all of it."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("link", no_wrap=True)
    for heading in ("", "what", "how to mend it"):
        table.add_column(heading, overflow="fold")
    for each in findings:
        label = _label(each)
        table.add_row(each.link, Text(label, STYLES[label]), Text(each.what), Text(each.mend))
    console.print(table)
    console.print(f"\n{summary(findings)}")
    if lacking := missing(findings):
        console.print(f"missing permissions: {', '.join(lacking)}")


def summary(findings: Sequence[Finding]) -> str:
    """How many links hold, and, on a line of their own, the names of those that are broken."""
    counts = Counter(map(_label, findings))
    told = ", ".join(f"{counts[label]} {label}" for label in STYLES if counts[label])
    names = [finding.link for finding in findings if finding.status == "broken"]
    return f"{told}\nbroken: {', '.join(names)}" if names else told


def _label(finding: Finding) -> str:
    return "waits" if finding.waits_for else finding.status
