"""What a function is made of: settings, alerts/, outbox and store, read from its environment and context."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared import version
from shared.alerting.sls_outbox import DEFERRED_TOPIC, DRILL_TOPIC, Put, SlsOutbox
from shared.cloud import sls
from shared.cloud.credentials import from_context
from shared.cloud.sls_shards import Logstore
from shared.config import HERE, AlertsConfig, load_alerts, load_telling
from shared.detection.engine import Engine
from shared.events.sources import SOURCES
from shared.health.beats import Beat, Beats, place_of
from shared.settings import Settings, SettingsError
from shared.state.lazy import LazyStore
from shared.state.store import StateStore, StoreUnavailable

if TYPE_CHECKING:
    from shared.alerting.notify import Notifier
    from shared.alerting.receivers import Targets
    from shared.alerting.responder import Responder
    from shared.alerting.routes import Routing
    from shared.audits.collector import Account
    from shared.detection.confirm import Answer, Look
    from shared.events.event import Event

MARGIN = 5.0
"""Seconds of a function's time that are kept for writing down what was done."""

DEFAULT_TIMEOUT = 60.0
"""Seconds, where the context does not tell the function's timeout."""


@dataclass(frozen=True)
class Loaded:
    """What an instance reads once and keeps: `alerts/`, and the engine of its rules."""

    config: AlertsConfig
    engine: Engine


@lru_cache(maxsize=1)
def load(directory: Path) -> Loaded:
    """The team's files, read at the first call of an instance."""
    config = load_alerts(directory)
    return Loaded(config, Engine(config.rules, SOURCES.values()))


@lru_cache(maxsize=1)
def load_routes(directory: Path) -> AlertsConfig:
    """Routes and templates alone, for functions that judge nothing: rules take most of the time to read."""
    return load_telling(directory)


def settings() -> Settings:
    """The settings of the environment. Raises SettingsError."""
    return Settings.of(os.environ)


def loaded() -> Loaded:
    """What this instance keeps."""
    return load(_alerts_dir())


def _alerts_dir() -> Path:
    return settings().alerts_dir or HERE / "alerts"


def account_id(context: Any) -> str:
    """The account that the function runs in."""
    return str(getattr(context, "account_id", "") or os.environ.get("FC_ACCOUNT_ID", ""))


def seconds_left(context: Any) -> float:
    """How long this call may work: the function's timeout less MARGIN."""
    timeout = getattr(getattr(context, "function", None), "timeout", None)
    return max(float(timeout or DEFAULT_TIMEOUT) - MARGIN, 1.0)


def outbox(context: Any, share: float = 1.0) -> SlsOutbox:
    """The alerts logstore. Raises SettingsError where the environment does not name it."""
    return SlsOutbox(put(context, share), now)


def put(context: Any, share: float = 1.0) -> Put:
    """Writes logs under a topic, each to its logstore, within a share of the time that is left. Raises
    SettingsError where the environment names none."""
    chosen = settings()
    chosen.require("sls_project")
    endpoint = _sls_endpoint(context)
    deadline = time.monotonic() + share * seconds_left(context)
    waiting = (DEFERRED_TOPIC, DRILL_TOPIC)

    def write(topic: str, logs: Iterable[sls.Log]) -> None:
        logstore = chosen.deferred_logstore if topic in waiting else chosen.alerts_logstore
        sls.put(endpoint, chosen.sls_project, logstore, topic, logs, from_context(context), deadline)

    return write


def logstore(context: Any, share: float, project: str, name: str) -> Logstore:
    """A logstore in the function's region, to be asked within a share of the time that is left."""
    deadline = time.monotonic() + share * seconds_left(context)
    return Logstore(_sls_endpoint(context), project, name, from_context(context), deadline)


def notifier(context: Any, memory: StateStore) -> Notifier:
    """The telling side. Raises SettingsError where it has no memory or no routes to work with."""
    from shared.alerting.notify import Notifier
    from shared.alerting.patience import AT_ONCE, Patience

    settings().require("tablestore_endpoint", "tablestore_instance")
    return Notifier(routing(), targets(context), memory, patience=Patience(AT_ONCE))


def targets(context: Any) -> Targets:
    """The channels of every receiver. Raises SettingsError where there are no routes, and SecretsError."""
    from shared.alerting.answers import links_from
    from shared.alerting.receivers import build_targets

    routes, known = routing(), environment(context)
    links = links_from(known, routes.global_.public_url, now)
    return build_targets(routes, known, links, load_routes(_alerts_dir()).templates)


def live_account(context: Any, deadline: float) -> Account:
    """Whoever answers the audits' calls, until `deadline` (a time.monotonic() moment)."""
    from shared.audits.live import LiveAccount

    return LiveAccount(from_context(context), settings().openapi_endpoint, deadline, _region(context))


def confirmer(context: Any) -> Look:
    """What asks the live account where a rule wants its match confirmed; nobody is asked before."""
    asked: list[Look] = []

    def look(name: str, event: Event) -> Answer:
        if not asked:
            from shared.audits.confirm import Confirmer  # heavy: most batches confirm nothing

            account = live_account(context, time.monotonic() + seconds_left(context))
            asked.append(Confirmer(account, _region(context), now(), account_id(context)))
        return asked[0](name, event)

    return look


def note_beat(context: Any, memory: StateStore, shard_range: sls.ShardRange | None, began: datetime) -> None:
    """State that all that had come to a shard by `began` is dealt with; without a range, that a timer's call
    is. Never raises for a store that is down."""
    name = function_name(context)
    Beats(memory).note(Beat(place_of(shard_range, name), name, began, version.deployed()))


def function_name(context: Any) -> str:
    """The function's own name, as the context tells it."""
    return str(getattr(getattr(context, "function", None), "name", "") or "local")


def regions(context: Any) -> list[str]:
    """The regions that audits look at: those of TRAILGUARD_REGIONS, or the function's own."""
    return settings().audited_regions or [_region(context)]


def environment(context: Any) -> Mapping[str, str]:
    """The environment, and what the secret named by TRAILGUARD_SECRET adds to it. Raises SecretsError."""
    name = settings().secret
    if not name:
        return os.environ
    from shared.cloud.openapi import OpenApi
    from shared.cloud.openapi_endpoints import Endpoints
    from shared.cloud.secrets import secrets

    openapi = OpenApi(from_context(context), Endpoints(settings().openapi_endpoint))
    return {**os.environ, **secrets(name, _region(context), openapi)}


def responder(context: Any) -> Responder:
    """What answers the links in messages. Raises SettingsError where it lacks keys, memory or routes."""
    from shared.alerting.responder import Responder
    from shared.alerting.tokens import Keys

    chosen = Settings.of(environment(context))
    chosen.require("link_keys", "tablestore_endpoint", "tablestore_instance")
    try:
        keys = Keys.of(chosen.link_keys.get_secret_value())
    except ValueError as error:
        raise SettingsError(f"TRAILGUARD_LINK_KEYS: {error}") from None
    return Responder(keys, routing(), store(context), now)


def routing() -> Routing:
    """The routes of this instance. Raises SettingsError where there are none."""
    routes = load_routes(_alerts_dir()).routing
    if routes is None:
        raise SettingsError("alerts/routes.yml is missing or broken: run `trailguard check`")
    return routes


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(timezone.utc)


def store(context: Any) -> StateStore:
    """Tablestore, opened when it is first needed: what one instance remembers, the next one must know."""
    return LazyStore(partial(_connect, context))


def _connect(context: Any) -> StateStore:
    chosen = settings()
    try:
        chosen.require("tablestore_endpoint", "tablestore_instance")
    except SettingsError as error:
        raise StoreUnavailable(str(error)) from None
    from shared.state.tablestore import connect  # heavy: most batches of a detector don't need it

    return connect(
        chosen.tablestore_endpoint,
        chosen.tablestore_instance,
        chosen.tablestore_table,
        partial(from_context, context),
    )


def _sls_endpoint(context: Any) -> str:
    return settings().sls_endpoint or f"{_region(context)}-intranet.log.aliyuncs.com"


def _region(context: Any) -> str:
    region = getattr(context, "region", "") or os.environ.get("FC_REGION", "")
    if not region:
        raise SettingsError("set TRAILGUARD_SLS_ENDPOINT: the context tells no region")
    return str(region)
