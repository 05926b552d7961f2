"""How the records of a trigger, a file or a pipe become events: one Reader for each kind of record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from shared.events.actiontrail_shapes import unwrap
from shared.events.decode import Unreadable, decode
from shared.events.event import Event
from shared.events.source import Source


class Reader(Protocol):
    """Takes records apart. What can't be read comes out as Unreadable; nothing is raised, nothing is lost."""

    glances: bool
    """Whether a record may be an event of ActionTrail, most of which need no more than a glance."""

    @property
    def unknown(self) -> Mapping[str, int]:
        """Lines that were read and that no parser understands: how many there were of each shape."""

    def read(self, raw: str | bytes, origin: str, received: datetime) -> Iterable[Event | Unreadable]:
        """The events in the text of one record."""

    def read_record(
        self, contents: Mapping[str, Any], origin: str, received: datetime
    ) -> Iterable[Event | Unreadable]:
        """The events in the fields of one Log Service record."""


class ActionTrailReader:
    """Records of a trail, in any wrapping."""

    glances = True
    unknown: Mapping[str, int] = {}

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, raw: str | bytes, origin: str, received: datetime) -> Iterator[Event | Unreadable]:
        """See Reader.read: JSON text of an event, or of any wrapping of events."""
        try:
            value = decode(raw)
        except ValueError as error:
            yield Unreadable(f"not JSON: {error}", raw)
            return
        yield from self._events(value, origin, received)

    def read_record(
        self, contents: Mapping[str, Any], origin: str, received: datetime
    ) -> Iterator[Event | Unreadable]:
        """See Reader.read_record: `event` is JSON text."""
        if isinstance(contents.get("event"), str):
            return self.read(contents["event"], origin, received)
        return self._events(dict(contents), origin, received)

    def _events(self, value: Any, origin: str, received: datetime) -> Iterator[Event | Unreadable]:
        for found in unwrap(value, received):
            if isinstance(found, Unreadable):
                yield found
                continue
            try:
                yield self._source.read(found.fields, origin, found.received)
            except ValueError as error:
                yield Unreadable(str(error), found.fields)
