"""Records of any kind, file by file: the first line that shows its format decides for its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.events.actiontrail import ACTIONTRAIL
from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_reader import NOWHERE, HostReader, is_host_line
from shared.events.oss_access import is_record
from shared.events.oss_reader import OssReader, is_oss_text
from shared.events.reader import ActionTrailReader, Reader


class AnyReader:
    """A Reader of ActionTrail's records, of host logs and of OSS's access logs. `place`: see HostReader."""

    glances = True

    def __init__(self, place: Place = NOWHERE) -> None:
        self._trail = ActionTrailReader(ACTIONTRAIL)
        self._hosts = HostReader(place)
        self._oss = OssReader()
        self._chosen: dict[str, Reader] = {}

    @property
    def unknown(self) -> Mapping[str, int]:
        """See Reader.unknown."""
        return {**self._hosts.unknown, **self._oss.unknown}

    def read(self, raw: str | bytes, origin: str, received: datetime) -> Iterable[Event | Unreadable]:
        """See Reader.read."""
        text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
        return self._reader_of(text, file_of(origin)).read(text, origin, received)

    def read_record(
        self, contents: Mapping[str, Any], origin: str, received: datetime
    ) -> Iterable[Event | Unreadable]:
        """See Reader.read_record."""
        is_trail = "event" in contents or "eventName" in contents
        reader = self._trail if is_trail else self._oss if is_record(contents) else self._hosts
        return reader.read_record(contents, origin, received)

    def _reader_of(self, text: str, file: str) -> Reader:
        """Lines of hosts and of OSS show what they are; whatever does not, is taken for ActionTrail's
        meanwhile."""
        if file not in self._chosen:
            if is_oss_text(text):
                self._chosen[file] = self._oss
            elif is_host_line(text, file):
                self._chosen[file] = self._hosts
        return self._chosen.get(file, self._trail)


def file_of(origin: str) -> str:
    """The file that an origin names: `auth.log` of `auth.log:12` and of `auth.log+34`."""
    return origin.rstrip("0123456789").rstrip(":+")
