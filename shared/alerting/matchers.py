"""Matchers in Alertmanager's words: `level="high"`, `rule!="x"`, `source=~"a|b"`, `item!~"ssh.*"`.

https://prometheus.io/docs/alerting/latest/configuration/#matcher: regular expressions are anchored at both
ends, and a label that is missing equals the empty text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.alerting.alert import Alert
from shared.spelling import nearest

Labels = Mapping[str, str]

LABELS = ("rule", "level", "source", "item", "account_id", "region", "actor", "resource", "title")
"""What an alert can be routed by."""

_MATCHER = re.compile(r"""\s*([A-Za-z_][\w.]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*""")


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
    """One matcher as a file has it. Raises ValueError that names what is wrong with it."""
    parsed = _MATCHER.fullmatch(text)
    if parsed is None:
        raise ValueError(f'\'{text}\' is not a matcher like level="high" or level=~"high|critical"')
    label, operator, quoted, bare = parsed.groups()
    value = bare if quoted is None else re.sub(r'\\(["\\])', r"\1", quoted)
    if label not in LABELS:
        raise ValueError(f"alerts have no label '{label}'{nearest(label, LABELS)}")
    if "~" in operator:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"'{value}' is not a regular expression: {error}") from None
    return Matcher(label, operator, value)


def labels_of(alert: Alert) -> Labels:
    """The labels of an alert."""
    return {name: str(getattr(alert, name)) for name in LABELS}
