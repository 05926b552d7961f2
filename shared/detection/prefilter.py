"""Passing over events that can concern no rule, at a glance.

Exact: an event is passed over only if the index has no candidate for it. tests/detection/test_prefilter.py
proves it on mutated events.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from shared.detection.index import MOST_REMEMBERED, Index
from shared.events.actiontrail_glance import glance

_INSIGHT = "insightDetails.insightType"
_FIELDS = ("eventName", "errorCode", "eventRW", "userIdentity.type", "userIdentity.type", _INSIGHT, _INSIGHT)

LARGEST = 20_000
"""Records of more bytes are decoded in any case, so that little memory holds what is remembered."""


class Prefilter:
    """Compares a Glance with what the ActionTrail rules of one index look for."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._is_wanted = lru_cache(MOST_REMEMBERED)(self._concerns)
        self._is_useless = index.judges_everything or not set(index.fields).issubset(_FIELDS)

    def passes_over(self, raw: str | bytes) -> bool:
        """Whether `raw` is one event that concerns no rule; anything else has to be decoded and judged."""
        if self._is_useless or len(raw) > LARGEST:
            return False
        try:
            seen = glance(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return False
        identity, insight = seen.userIdentity, seen.insightDetails
        return bool(seen.eventName) and not self._is_wanted(
            seen.eventName,
            seen.errorCode,
            seen.eventRW,
            identity and identity.type,
            seen.flat_type,
            insight and insight.insightType,
            seen.flat_insight,
        )

    def _concerns(self, *values: str | None) -> bool:
        """Whether some rule looks for one of the values, which stand in the order of _FIELDS."""
        seen = zip(_FIELDS, values, strict=True)
        return any(text is not None and self._index.concerned(field, text) for field, text in seen)


@lru_cache(maxsize=4)
def prefilter_of(index: Index) -> Prefilter:
    """One for each index, which remembers from batch to batch what it has seen."""
    return Prefilter(index)
