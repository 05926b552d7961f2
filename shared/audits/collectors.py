"""Every collector there is. A new one is a file of its own and a line here."""

from __future__ import annotations

from shared.audits.collector import Collector

COLLECTORS: tuple[Collector, ...] = ()


def permissions() -> list[str]:
    """What the audits need to be allowed to do, each RAM action once, sorted."""
    return sorted({api.permission for collector in COLLECTORS for api in collector.apis})
