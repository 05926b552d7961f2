"""`alerts/routes.yml`: which receivers hear of an alert. Alertmanager's words, and its way of walking.

https://prometheus.io/docs/alerting/latest/configuration/#route
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from shared.alerting.alert import Alert
from shared.alerting.duration import Span
from shared.alerting.inhibition import InhibitRule
from shared.alerting.intervals import TimeInterval
from shared.alerting.matchers import labels_of
from shared.alerting.receiver_config import Part, Receiver
from shared.alerting.route import Route, Taker
from shared.alerting.timing import Options
from shared.located import ConfigError, Document, Path, Problem
from shared.spelling import nearest
from shared.validate import validate


class Global(Part):
    """How messages are written: language, the reader's time zone, where runbooks can be read, and the console
    that links lead to (aliyun.com, or alibabacloud.com for accounts of the international site).

    `resolve_timeout` is how long after its last alert an incident is over; `public_url` is where
    functions/respond can be reached, for links to acknowledge and silence (TRAILGUARD_PUBLIC_URL goes first).
    `watchdog` is the receiver that is told by itself, past outbox and notifier, what Trailguard is blind to;
    where it has no channel, the first one that has.
    """

    language: Literal["en", "zh"] = "en"
    timezone: str = "Asia/Shanghai"
    runbook_base_url: str = ""
    console: Literal["", "aliyun.com", "alibabacloud.com"] = ""
    resolve_timeout: Span = 86_400
    public_url: str = ""
    watchdog: str = ""

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{name}' is not a time zone like Asia/Shanghai") from None
        return name


class Routing(Part):
    """The whole file."""

    global_: Global = Field(default_factory=Global, alias="global")
    route: Route
    receivers: list[Receiver]
    time_intervals: list[TimeInterval] = Field(default_factory=list)
    inhibit_rules: list[InhibitRule] = Field(default_factory=list)

    def takers(self, alert: Alert) -> list[Taker]:
        """Those who take the alert; no receiver twice for the same group."""
        labels = labels_of(alert)
        by_group = {
            (t.receiver, tuple(t.group(alert.id, labels).items())): t for t in reversed(self.ways(alert))
        }
        return list(reversed(by_group.values()))

    def ways(self, alert: Alert) -> list[Taker]:
        """Every route that takes the alert: several may lead to one receiver, by day and by night."""
        close = timedelta(seconds=self.global_.resolve_timeout)
        return list(self.route.takers(labels_of(alert), Taker(options=Options(close=close))))

    def is_muted(self, taker: Taker, now: datetime) -> bool:
        """Whether a route is muted at `now`, or not active."""
        holding = {interval.name for interval in self.time_intervals if interval.holds(now)}
        return bool(holding.intersection(taker.mute)) or (
            bool(taker.active) and not holding.intersection(taker.active)
        )

    def fallback_of(self, receiver: str) -> str:
        """Who is told, too, when a channel of the receiver is down; empty for nobody."""
        return next((r.fallback for r in self.receivers if r.name == receiver), "")


def load_routing(document: Document) -> Routing:
    """The routing that the file describes. Raises ConfigError with every mistake located."""
    routing = validate(document, Routing)
    problems = [*_check_root(document, routing), *_check_receivers(document, routing)]
    if problems:
        raise ConfigError(problems)
    return routing


def _check_root(document: Document, routing: Routing) -> Iterator[Problem]:
    if not routing.route.receiver:
        yield document.problem(("route",), "the root route needs a receiver")
    for name in ("matchers", "mute_time_intervals", "active_time_intervals"):
        if getattr(routing.route, name):
            yield document.problem(("route", name), f"the root route takes every alert: no {name} here")


def _check_receivers(document: Document, routing: Routing) -> Iterator[Problem]:
    names = [receiver.name for receiver in routing.receivers]
    yield from _check_name(document, ("global", "watchdog"), routing.global_.watchdog, names, "receiver")
    intervals = [interval.name for interval in routing.time_intervals]
    for number, receiver in enumerate(routing.receivers):
        if receiver.name in names[:number]:
            yield document.problem(("receivers", number), f"receiver '{receiver.name}' is given twice")
        yield from _check_name(
            document, ("receivers", number, "fallback"), receiver.fallback, names, "receiver"
        )
    for path, route in walk(routing.route, ("route",)):
        yield from _check_name(document, (*path, "receiver"), route.receiver, names, "receiver")
        if route.escalate:
            yield from _check_name(document, (*path, "escalate", "to"), route.escalate.to, names, "receiver")
        for key in ("mute_time_intervals", "active_time_intervals"):
            for name in getattr(route, key):
                yield from _check_name(document, (*path, key), name, intervals, "time interval")


def _check_name(document: Document, path: Path, name: str, names: list[str], what: str) -> Iterator[Problem]:
    if name and name not in names:
        yield document.problem(path, f"no {what} '{name}'{nearest(name, names)}")


def walk(route: Route, path: Path) -> Iterator[tuple[Path, Route]]:
    """Every node of the tree, with where it stands in the file."""
    yield path, route
    for number, child in enumerate(route.routes):
        yield from walk(child, (*path, "routes", number))
