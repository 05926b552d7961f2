"""Passing over events that can concern no rule, at a glance.

Exact: an event is passed over only if the index has no candidate for it. tests/detection/test_prefilter.py
proves it on mutated events.
"""

from __future__ import annotations

import msgspec

from shared.detection.index import Index
from shared.events.actiontrail_glance import Glance, glance


class Prefilter:
    """What the ActionTrail rules of one index look for, ready for comparing with a Glance."""

    def __init__(self, index: Index) -> None:
        known = {"eventName", "insightDetails.insightType", "userIdentity.type", "errorCode"}
        self._useless = index.judges_everything or not known.issuperset(index.fields)
        self._names = index.values("eventName")
        self._types = index.values("userIdentity.type")
        self._codes = index.values("errorCode")
        self._any = {field: index.takes_any(field) for field in known}
        self._insight = (
            bool(index.values("insightDetails.insightType")) or self._any["insightDetails.insightType"]
        )
        self._useless = self._useless or self._any["eventName"] or self._any["userIdentity.type"]

    def passes_over(self, raw: str | bytes) -> bool:
        """Whether `raw` is one event that concerns no rule; anything else has to be decoded and judged."""
        if self._useless:
            return False
        try:
            return not self._wanted(glance(raw))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return False

    def _wanted(self, seen: Glance) -> bool:
        if not seen.eventName or seen.eventName.lower() in self._names:
            return True
        code = seen.errorCode
        if code is not None and (self._any["errorCode"] or code.lower() in self._codes):
            return True
        if self._insight and (seen.insightDetails is not None or seen.flat_insight is not None):
            return True
        return self._is_type(seen.flat_type) or (
            seen.userIdentity is not None and self._is_type(seen.userIdentity.type)
        )

    def _is_type(self, kind: str | None) -> bool:
        return kind is not None and kind.lower() in self._types
