"""What a field may be tested for: one small builder for each Sigma modifier, in a table.

The words and their meaning are Sigma's (https://sigmahq.io/docs/basics/modifiers.html): strings compare
without case, `*` and `?` are wildcards, `re` is a case-sensitive search.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from shared.events.text import text_of

Test = Callable[[str], bool]
"""Judges one present value, given as text."""

Builder = Callable[[Any], Test]
"""Makes a Test from one value of a rule. Raises ValueError, in plain words, for an unfit value."""

_WILDCARD = re.compile(r"\\([*?\\])|([*?])")


def has_wildcard(value: Any) -> bool:
    """Whether `value` is a string with a `*` or `?` that no backslash takes back."""
    return isinstance(value, str) and any(match[2] for match in _WILDCARD.finditer(value))


def unescaped(value: str) -> str:
    r"""The string that a value without wildcards stands for: `\*` is a star, `\\` a backslash."""
    return _WILDCARD.sub(lambda match: match[1] or match[2], value)


def equals(value: Any) -> Test:
    """The whole text is `value`, in any case; with wildcards, it fits the pattern."""
    if has_wildcard(value):
        return _pattern(value, "", "")
    wanted = unescaped(text_of(value)).lower()
    return lambda text: text.lower() == wanted


def contains(value: Any) -> Test:
    """`value` stands somewhere in the text."""
    if has_wildcard(value):
        return _pattern(value, ".*", ".*")
    wanted = unescaped(_not_empty(value)).lower()
    return lambda text: wanted in text.lower()


def startswith(value: Any) -> Test:
    """The text begins with `value`."""
    if has_wildcard(value):
        return _pattern(value, "", ".*")
    wanted = unescaped(_not_empty(value)).lower()
    return lambda text: text.lower().startswith(wanted)


def endswith(value: Any) -> Test:
    """The text ends with `value`."""
    if has_wildcard(value):
        return _pattern(value, ".*", "")
    wanted = unescaped(_not_empty(value)).lower()
    return lambda text: text.lower().endswith(wanted)


def regex(value: Any, flags: int = 0) -> Test:
    """The regular expression `value` is found in the text; case counts, unless it says `(?i)`."""
    try:
        pattern = re.compile(_not_empty(value), flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"'{value}' is not a regular expression: {error}") from None
    return lambda text: pattern.search(text) is not None


def cidr(value: Any) -> Test:
    """The text is an address inside the network `value`; a text that is no address is not in it."""
    try:
        network = ip_network(text_of(value), strict=False)
    except ValueError:
        raise ValueError(f"'{value}' is not a network like 10.0.0.0/8 or 2001:db8::/32") from None

    def test(text: str) -> bool:
        try:
            return ip_address(text) in network
        except ValueError:
            return False

    return test


def comparison(compare: Callable[[float, float], bool]) -> Builder:
    """A builder for `gt`, `gte`, `lt`, `lte`: numbers compare, a text that is no number never fits."""

    def build(value: Any) -> Test:
        limit = _number(text_of(value))
        if not math.isfinite(limit):
            raise ValueError(f"'{value}' is not a number")

        return lambda text: compare(_number(text), limit)

    return build


BUILDERS: dict[str, Builder] = {
    "contains": contains,
    "startswith": startswith,
    "endswith": endswith,
    "re": regex,
    "cidr": cidr,
    "gt": comparison(operator.gt),
    "gte": comparison(operator.ge),
    "lt": comparison(operator.lt),
    "lte": comparison(operator.le),
}

FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
"""Words that may stand behind `re`."""

WORDS = (*BUILDERS, "exists", "all", "expand", *FLAGS)
"""Every modifier that a rule may use; any other is a load error."""


def _pattern(value: str, before: str, after: str) -> Test:
    """A test for a value with wildcards: `*` is any run of characters, `?` exactly one."""
    parts, end = [], 0
    for match in _WILDCARD.finditer(value):
        parts.append(re.escape(value[end : match.start()]))
        parts.append(re.escape(match[1]) if match[1] else {"*": ".*", "?": "."}[match[2]])
        end = match.end()
    body = "".join(parts) + re.escape(value[end:])
    pattern = re.compile(before + body + after, re.IGNORECASE | re.DOTALL)
    return lambda text: pattern.fullmatch(text) is not None


def _number(text: str) -> float:
    """The number that a text is; NaN, which compares with nothing, for any other text."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _not_empty(value: Any) -> str:
    text = text_of(value)
    if not text:
        raise ValueError("an empty text fits every value")
    return text
