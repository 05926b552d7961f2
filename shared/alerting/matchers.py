"""Matchers in Alertmanager's words: `level="high"`, `rule!="x"`, `source=~"a|b"`, `item!~"ssh.*"`.

https://prometheus.io/docs/alerting/latest/configuration/#matcher: regular expressions are anchored at both
ends, and a label that is missing equals the empty text. Names and values may be quoted; without quotes a
value ends at a comma or a space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.alerting.alert import Alert
from shared.spelling import nearest

Labels = Mapping[str, str]

LABELS = ("rule", "level", "source", "item", "account_id", "region", "actor", "resource", "title")
"""What an alert can be routed by."""

_THEIRS = {"alertname": "rule", "severity": "level"}
"""What most Alertmanager files call the labels that alerts have here."""

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_MATCHER = re.compile(
    rf"""\s*(?:{_QUOTED}|([A-Za-z_][\w.]*))\s*(=~|!~|!=|=)\s*(?:{_QUOTED}|((?![=~])[^"'`,\s]*))\s*(,\s*|$)""",
    re.DOTALL,
)
_POSIX_CLASS = re.compile(r"\[:\^?[a-z]+:\]")


@dataclass(frozen=True)
class Matcher:
    """One condition on a label."""

    label: str
    operator: str
    value: str

    def matches(self, labels: Labels) -> bool:
        """Whether the labels satisfy it."""
        found = labels.get(self.label, "")
        held = re.fullmatch(self.value, found) is not None if "~" in self.operator else found == self.value
        return held is not self.operator.startswith("!")

    def __str__(self) -> str:
        quoted = re.sub(r'(["\\])', r"\\\1", self.value)
        return f'{self.label}{self.operator}"{quoted}"'


def parse_matcher(text: str) -> Matcher:
    """One matcher. Raises ValueError that names what is wrong with it."""
    found = parse_matchers(text)
    if len(found) != 1:
        raise ValueError(f"'{text}' is more than one matcher")
    return found[0]


def parse_matchers(text: str) -> list[Matcher]:
    """One line of a file: a matcher, or several with commas between them, in braces or not.

    Raises ValueError that names what is wrong.
    """
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    matchers, position = list[Matcher](), 0
    while position < len(inner) or not matchers:
        parsed = _MATCHER.match(inner, position)
        if parsed is None:
            raise ValueError(f'\'{text}\' is not a matcher like level="high" or level=~"high|critical"')
        quoted_label, label, operator, quoted, bare, _ = parsed.groups()
        matchers.append(
            matcher_of(label or _unquoted(quoted_label), operator, _unquoted(quoted or bare or ""))
        )
        position = parsed.end()
    return matchers


def matcher_of(label: str, operator: str, value: str) -> Matcher:
    """A matcher whose parts are known. Raises ValueError for a label that alerts lack, or a bad pattern."""
    check_label(label)
    if "~" in operator:
        _check_pattern(value)
    return Matcher(label, operator, value)


def matchers_in(texts: Any) -> list[Matcher]:
    """What stands under `matchers:` in a file. Raises ValueError."""
    if not isinstance(texts, list | None) or not all(isinstance(text, str | Matcher) for text in texts or ()):
        raise ValueError('it is a list of texts like level="high"')
    parsed = ([text] if isinstance(text, Matcher) else parse_matchers(text) for text in texts or ())
    return [matcher for several in parsed for matcher in several]


def equal_to(values: Any) -> list[Matcher]:
    """Alertmanager's older `match:`, a map of labels to values. Raises ValueError."""
    return [matcher_of(label, "=", value) for label, value in _pairs(values)]


def like(patterns: Any) -> list[Matcher]:
    """Alertmanager's older `match_re:`, a map of labels to patterns. Raises ValueError."""
    return [matcher_of(label, "=~", pattern) for label, pattern in _pairs(patterns)]


def check_label(name: str) -> None:
    """Raises ValueError for a label that alerts do not have, with the nearest that they have."""
    if name not in LABELS:
        hint = f"; did you mean '{_THEIRS[name]}'?" if name in _THEIRS else nearest(name, LABELS)
        raise ValueError(f"alerts have no label '{name}'{hint}")


def _check_pattern(pattern: str) -> None:
    if _POSIX_CLASS.search(pattern):
        raise ValueError(f"'{pattern}': [[:…:]] is not known here; write the characters, as in [0-9A-Za-z]")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"'{pattern}' is not a regular expression: {error}") from None


def _pairs(given: Any) -> list[tuple[str, str]]:
    if not isinstance(given, dict | None):
        raise ValueError("it is a map of labels to values")
    for label, value in (given or {}).items():
        if not isinstance(value, str | int):
            raise ValueError(f"'{label}' has no single value")
    return [(str(label), str(value)) for label, value in (given or {}).items()]


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\n])', lambda match: "\n" if match[1] == "n" else match[1], text)


def labels_of(alert: Alert) -> Labels:
    """The labels of an alert."""
    return {name: str(getattr(alert, name)) for name in LABELS}
