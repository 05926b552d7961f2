"""Records of hosts: raw lines of any log, journal entries, results of osquery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from shared.events.decode import Unreadable
from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_lines import HostLines, Other, Told
from shared.events.syslog import split_line

NOWHERE = Place()

UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=timezone.utc)
"""For lines of which nothing but their format is asked."""


class HostReader:
    """A Reader of host logs. `place` is what lines leave out: whose log it is, and in which zone."""

    glances = False

    def __init__(self, place: Place = NOWHERE) -> None:
        self._place = place
        self._lines = HostLines(place.zone)

    @property
    def unknown(self) -> Mapping[str, int]:
        """See Reader.unknown."""
        return self._lines.shapes.counts

    def read(self, raw: str | bytes, origin: str, received: datetime) -> Iterable[Event | Unreadable]:
        """See Reader.read: `raw` is a line, and `origin` names its file, which tells whose a line without a
        header is."""
        text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
        told = self._lines.read(text, origin, received, self._place)
        if len(told) == 1 and isinstance(told[0], Event):  # most often, and at a glance
            return (told[0],)
        return _known(told)

    def read_record(
        self, contents: Mapping[str, Any], origin: str, received: datetime
    ) -> Iterable[Event | Unreadable]:
        """See Reader.read_record: a line stands in `content`."""
        return _known(self._lines.read_record(contents, origin, received))


def is_host_line(line: str, path: str) -> bool:
    """Whether `line`, of the file `path`, is of a host's log in a format that is known, whatever it says."""
    try:
        split_line(line)
    except ValueError:
        told = HostLines().read(line, path, UNKNOWN_TIME, Place(path=path))
        return any(isinstance(one, Event) for one in told)
    return True


def _known(told: Sequence[Told]) -> Iterable[Event | Unreadable]:
    """Without the lines that are nobody's: they are counted by their shape."""
    return [one for one in told if not isinstance(one, Other)]
