"""Which rules an event could concern, at a glance: for most events, none, and they are passed over.

Exact: what the index would find in the decoded event is found here. tests/detection/test_prefilter.py proves
it on mutated events.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from shared.detection.index import MOST_REMEMBERED, Index
from shared.detection.rule import Rule
from shared.events.actiontrail_glance import glance

_INSIGHT = "insightDetails.insightType"
_FIELDS = ("eventName", "errorCode", "eventRW", "userIdentity.type", "userIdentity.type", _INSIGHT, _INSIGHT)
_KEY = "userIdentity.accessKeyId"

LARGEST = 20_000
"""Records of more bytes are decoded in any case, so that little memory holds what is remembered."""


class Prefilter:
    """Compares a Glance with what the ActionTrail rules of one index look for."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._remembered = lru_cache(MOST_REMEMBERED)(self._found)
        self._is_useless = index.judges_everything or not set(index.fields).issubset(_FIELDS)

    def candidates(self, raw: str | bytes) -> tuple[Rule, ...] | None:
        """The rules that `raw`, the text of one event, could concern; None where only a decode can tell."""
        if self._is_useless or len(raw) > LARGEST:
            return None
        try:
            seen = glance(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        if not seen.eventName:
            return None
        identity, insight = seen.userIdentity, seen.insightDetails
        return self._remembered(
            (identity is not None and identity.accessKeyId is not None) or seen.flat_key is not None,
            seen.eventName,
            seen.errorCode,
            seen.eventRW,
            identity and identity.type,
            seen.flat_type,
            insight and insight.insightType,
            seen.flat_insight,
        )

    def _found(self, has_key: bool, *values: str | None) -> tuple[Rule, ...]:
        """The rules that look for one of the values, which stand in the order of _FIELDS. Those on the use of
        AccessKeys are left out where the caller has none: people at the console are many."""
        seen = zip(_FIELDS, values, strict=True)
        positions = [self._index.concerned(field, text) for field, text in seen if text is not None]
        rules = self._index.rules_at(frozenset().union(*positions))
        return tuple(rule for rule in rules if has_key or not rule.watched.requires(_KEY))


@lru_cache(maxsize=4)
def prefilter_of(index: Index) -> Prefilter:
    """One for each index, which remembers from batch to batch what it has seen."""
    return Prefilter(index)
