"""Every source there is. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from shared.events.actiontrail import ACTIONTRAIL
from shared.events.audit import AUDIT
from shared.events.heartbeat import HEARTBEAT
from shared.events.host_lines import HOST_SOURCES
from shared.events.oss_access import OSS_ACCESS
from shared.events.source import Source

SOURCES: Mapping[str, Source] = {
    source.name: source for source in (ACTIONTRAIL, AUDIT, HEARTBEAT, OSS_ACCESS, *HOST_SOURCES)
}
