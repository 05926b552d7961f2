"""Every source there is. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from shared.events.actiontrail import ACTIONTRAIL
from shared.events.heartbeat import HEARTBEAT
from shared.events.host_lines import HOST_SOURCES
from shared.events.source import Source

SOURCES: Mapping[str, Source] = {source.name: source for source in (ACTIONTRAIL, HEARTBEAT, *HOST_SOURCES)}
