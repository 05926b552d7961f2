"""Every wrapping that ActionTrail events arrive in, taken off.

- Log Service records: `event` is a JSON string, or an object where an export has parsed it
  (https://www.alibabacloud.com/help/en/sls/log-fields-25); with their contents apart, as the SDK has them.
- EventBridge CloudEvents: `data` is the event (https://help.aliyun.com/document_detail/204963.html).
- LookupEvents pages (`Events`), Log Service query results (`data`, `logs`), and arrays of any of these.
  Names of wrappings in any case; the contents of a record also as pairs of `Key` and `Value`.
- The event itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.events.actiontrail import is_event
from shared.events.decode import Unreadable, decode
from shared.events.event_time import parse_time

_DEEPEST = 8
_TIMES = ("__time__", "timestamp", "time")


class Unwrapped(NamedTuple):
    """One event's fields, and when its wrapping says that it was received."""

    fields: dict[str, Any]
    received: datetime


def unwrap(value: Any, received: datetime, depth: int = 0) -> Iterator[Unwrapped | Unreadable]:
    """Every event inside `value`, a decoded JSON value; what can't be one comes out as Unreadable."""
    if depth > _DEEPEST:
        yield Unreadable("wrapped too deeply to be ActionTrail events", value)
    elif isinstance(value, list):
        for element in value:
            yield from unwrap(element, received, depth + 1)
    elif isinstance(value, str):
        yield from _unwrap_text(value, received, depth)
    elif not isinstance(value, Mapping):
        yield Unreadable(f"expected a JSON object, found {type(value).__name__}", value)
    elif (inner := _inner(value)) is not None:
        yield from unwrap(inner, _received(value, received), depth + 1)
    else:
        yield Unwrapped(dict(value), received)


def _unwrap_text(text: str, received: datetime, depth: int) -> Iterator[Unwrapped | Unreadable]:
    try:
        value = decode(text)
    except ValueError as error:
        yield Unreadable(f"the event inside is not JSON: {error}", text)
    else:
        yield from unwrap(value, received, depth + 1)


def _inner(value: Mapping[str, Any]) -> Any:
    """What a wrapping holds; None when `value` is no wrapping but the event itself."""
    if is_event(value):
        return None
    lowered = {str(name).lower(): inner for name, inner in value.items()}
    found = (lowered[key] for key, fits in _WRAPPINGS if key in lowered and fits(lowered[key]))
    return next((_paired(inner) for inner in found), None)


def _paired(value: Any) -> Any:
    """An array of `{"Key": …, "Value": …}` as the object that it stands for; anything else as it is."""
    if not isinstance(value, list) or not value:
        return value
    pairs = [{str(k).lower(): v for k, v in pair.items()} for pair in value if isinstance(pair, Mapping)]
    if len(pairs) < len(value) or any(pair.keys() != {"key", "value"} for pair in pairs):
        return value
    return {str(pair["key"]): pair["value"] for pair in pairs}


def _is_text_or_object(value: Any) -> bool:
    return isinstance(value, (str, Mapping))


def _is_object_or_array(value: Any) -> bool:
    return isinstance(value, (Mapping, list))


_WRAPPINGS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("event", _is_text_or_object),
    ("contents", _is_object_or_array),
    ("events", _is_object_or_array),
    ("loggroups", _is_object_or_array),
    ("logs", _is_object_or_array),
    ("data", lambda value: _is_text_or_object(value) or isinstance(value, list)),
    ("body", _is_object_or_array),
)


def _received(wrapping: Mapping[str, Any], default: datetime) -> datetime:
    times = (parse_time(wrapping.get(name)) for name in _TIMES)
    return next(filter(None, times), default)
