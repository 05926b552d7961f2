"""Passing over events that can concern no rule, at a glance.

Exact: an event is passed over only if the index has no candidate for it. tests/detection/test_prefilter.py
proves it on mutated events.
"""

from __future__ import annotations

import msgspec

from shared.detection.index import Index
from shared.events.actiontrail_glance import Glance, glance

_INSIGHT = "insightDetails.insightType"
_GLANCED_AT = frozenset({"eventName", _INSIGHT, "userIdentity.type", "errorCode"})


class Prefilter:
    """Compares a Glance with what the ActionTrail rules of one index look for."""

    def __init__(self, index: Index) -> None:
        self._concerned = index.concerned
        self._is_useless = index.judges_everything or not _GLANCED_AT.issuperset(index.fields)

    def passes_over(self, raw: str | bytes) -> bool:
        """Whether `raw` is one event that concerns no rule; anything else has to be decoded and judged."""
        if self._is_useless:
            return False
        try:
            seen = glance(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return False
        return bool(seen.eventName) and not self._concerns(seen)

    def _concerns(self, seen: Glance) -> bool:
        """Whether some rule looks for one of the values. Spelt out, for every event comes this way."""
        concerned, identity, insight = self._concerned, seen.userIdentity, seen.insightDetails
        return bool(
            concerned("eventName", seen.eventName)
            or (identity and identity.type is not None and concerned("userIdentity.type", identity.type))
            or (seen.errorCode is not None and concerned("errorCode", seen.errorCode))
            or (seen.flat_type is not None and concerned("userIdentity.type", seen.flat_type))
            or (insight and insight.insightType is not None and concerned(_INSIGHT, insight.insightType))
            or (seen.flat_insight is not None and concerned(_INSIGHT, seen.flat_insight))
        )
