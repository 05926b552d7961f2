"""Records of OSS's access log: of Log Service, exported from it, or in the files that OSS writes itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.events import oss_dump
from shared.events.decode import Unreadable, decode
from shared.events.event import Event
from shared.events.oss_access import METERING, OSS_ACCESS, is_metering, is_record


class OssReader:
    """A Reader of access logs. Metering records, in the same logstore, are counted and say nothing more."""

    glances = False

    def __init__(self) -> None:
        self._metering: Counter[str] = Counter()

    @property
    def unknown(self) -> Mapping[str, int]:
        """See Reader.unknown: the metering records."""
        return self._metering

    def read(self, raw: str | bytes, origin: str, received: datetime) -> Iterator[Event | Unreadable]:
        """See Reader.read: JSON of a record or a list of them, or a line of OSS's own files."""
        text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
        try:
            found = decode(text) if text.lstrip()[:1] in ("{", "[") else oss_dump.read_line(text)
        except ValueError as error:
            yield Unreadable(str(error), raw)
            return
        for record in found if isinstance(found, list) else [found]:
            yield from self._records(record, origin, received)

    def read_record(
        self, contents: Mapping[str, Any], origin: str, received: datetime
    ) -> Iterator[Event | Unreadable]:
        """See Reader.read_record."""
        return self._records(dict(contents), origin, received)

    def _records(self, record: Any, origin: str, received: datetime) -> Iterator[Event | Unreadable]:
        if not isinstance(record, dict):
            yield Unreadable("not a record of OSS's access log: no object", record)
        elif is_metering(record):
            self._metering[METERING] += 1
        else:
            try:
                yield OSS_ACCESS.read(record, origin, received)
            except ValueError as error:
                yield Unreadable(str(error), record)


def is_oss_text(text: str) -> bool:
    """Whether a text is of an access log of OSS, in a format that is known."""
    if text.lstrip()[:1] not in ("{", "["):
        return oss_dump.is_line(text)
    if '"operation"' not in text or '"request_id"' not in text:
        return False
    try:
        value = decode(text)
    except ValueError:
        return False
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and is_record(first)
