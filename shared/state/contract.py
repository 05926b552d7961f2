"""What both backends agree on, so that what holds on a laptop holds in the cloud: sizes, versions, time."""

from __future__ import annotations

import calendar
import secrets
from collections.abc import Callable
from datetime import datetime, timezone

from shared.state.store import Stored, StoreUnavailable, Write

# Tablestore, "General limits": the longest primary key column, the largest attribute column.
MAX_KEY_BYTES = 1024
MAX_VALUE_BYTES = 2 * 1024 * 1024

NEVER = calendar.timegm((9999, 12, 31, 23, 59, 59))  # the expiry of a key that has none
PAST_EVERY_KEY = "\U0010ffff"  # a Unicode noncharacter: sorts after whatever may follow a prefix
ABSENT = Stored(None, 0)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of every store that is not given another."""
    return datetime.now(timezone.utc)


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970, rounded down; a time without a zone is read as UTC."""
    return calendar.timegm(moment.utctimetuple())


def expiry(write: Write) -> int:
    """The second from which the key is gone."""
    return NEVER if write.expires is None else seconds(write.expires)


def new_version() -> int:
    """A version that was never used before: 63 random bits, never 0.

    A key that is deleted or expires, and then comes back, doesn't repeat a version: whoever still
    holds an old one loses, whatever happened in between (no ABA), and no clock is trusted for it.
    """
    return secrets.randbelow(2**63 - 1) + 1


def checked_key(key: str) -> str:
    """The key itself; StoreUnavailable if Tablestore could not hold it (SQLite is held to the same)."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:
        raise StoreUnavailable(f"key {key[:60]!r} is not valid Unicode: {error.reason}") from error
    if size > MAX_KEY_BYTES:
        raise StoreUnavailable(f"key {key[:60]!r}… has {size} bytes, over {MAX_KEY_BYTES}: hash its tail")
    return key


def checked(write: Write) -> Write:
    """The write itself; StoreUnavailable if its key or value is larger than Tablestore takes.

    Values are not compressed: they are a few hundred bytes, and Tablestore counts whole 4 KB units.
    """
    checked_key(write.key)
    size = len(write.value or b"")
    if size > MAX_VALUE_BYTES:
        raise StoreUnavailable(f"the value of {write.key!r} has {size} bytes, over {MAX_VALUE_BYTES}")
    return write
