"""What every function finds where it is deployed: alerts logstore, table, environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared import wiring
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.sls import LocalSls
from tests.cloud.tablestore import INSTANCE, TablestoreServer

PROJECT, ALERTS = "trailguard", "trailguard-alerts"


@contextmanager
def deployment(
    sls: LocalSls, patch: pytest.MonkeyPatch, environment: dict[str, str] | None = None
) -> Iterator[TablestoreServer]:
    """The store of a deployment whose variables, and these, are set; instances begin anew around it."""
    keys = LocalSls.credentials
    sls.create(PROJECT, ALERTS)
    with TablestoreServer(keys) as store:
        create_table(open_client(store.endpoint, INSTANCE, lambda: keys), "trailguard")
        for name, value in {
            "TRAILGUARD_SLS_PROJECT": PROJECT,
            "TRAILGUARD_SLS_ENDPOINT": sls.endpoint,
            "TRAILGUARD_ALERTS_LOGSTORE": ALERTS,
            "TRAILGUARD_TABLESTORE_ENDPOINT": store.endpoint,
            "TRAILGUARD_TABLESTORE_INSTANCE": INSTANCE,
            **(environment or {}),
        }.items():
            patch.setenv(name, value)
        _begin_anew()
        yield store
    _begin_anew()


def _begin_anew() -> None:
    wiring.load.cache_clear()
    wiring.load_routes.cache_clear()
