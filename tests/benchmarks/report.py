"""Numbers as tables that can be read at a glance, and the bars that they have to clear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A ratio that has to be at least, or at most, so much."""

    text: str
    value: float
    limit: float
    at_least: bool = True

    @property
    def is_cleared(self) -> bool:
        """Whether the value keeps to the limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def row(self) -> tuple[str, ...]:
        """Verdict, what is asked, what is measured, and the limit."""
        sign = "≥" if self.at_least else "≤"
        return (
            "PASS" if self.is_cleared else "FAIL",
            self.text,
            f"{self.value:.2f}",
            f"{sign} {self.limit:g}",
        )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns in line: text to the left, numbers to the right."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    shown = [
        "  ".join(_aligned(cell, width) for cell, width in zip(line, widths, strict=True)) for line in lines
    ]
    rule = "  ".join("─" * width for width in widths)
    return "\n".join(f"  {line}".rstrip() for line in (shown[0], rule, *shown[1:]))


def rate(events_per_second: float) -> str:
    """`312,400`: to four digits, for the rest is noise."""
    digits = max(0, len(str(int(events_per_second))) - 4)
    return f"{round(events_per_second, -digits):,.0f}"


def _aligned(cell: str, width: int) -> str:
    is_number = cell[:1] in "0123456789≥≤" or cell == "–"
    return cell.rjust(width) if is_number else cell.ljust(width)
