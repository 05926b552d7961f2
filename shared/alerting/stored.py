"""Reading the desk's own records: one that is damaged costs itself alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from shared.state.store import Stored

log = logging.getLogger(__name__)

Record = TypeVar("Record")


def readable(key: str, stored: Stored, decode: Callable[[bytes], Record]) -> Record | None:
    """The record; None where there is none, or none that can be read, which is logged."""
    if stored.value is None:
        return None
    try:
        return decode(stored.value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.error("%s can't be read and counts as absent: %s: %s", key, type(error).__name__, error)
        return None
