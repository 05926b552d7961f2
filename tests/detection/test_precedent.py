"""Events that are judged by a precedent give the alerts that they give when each is judged by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any

import pytest

from shared.alerting.alert import Alert
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.detection.load import load_rule
from shared.detection.precedent import Precedents
from shared.detection.rule import Exemption, Rule
from shared.detection.selections import build_selection
from shared.events.decode import Unreadable
from shared.events.event import Event, Quarantined
from shared.events.host_event import Place
from shared.events.host_reader import HostReader
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from tests.benchmarks.sshd_lines import sshd_lines
from tests.judging import rule_text

RECEIVED = datetime(2026, 11, 21, tzinfo=timezone.utc)
LINUX = {"product": "linux", "service": "sshd"}


class OneByOne:
    """A Reader of host logs that knows nothing of what events are like."""

    glances = False

    def __init__(self) -> None:
        self._hosts = HostReader(Place("web-01"))

    @property
    def unknown(self) -> Mapping[str, int]:
        return self._hosts.unknown

    def read(self, raw: str | bytes, origin: str, received: datetime) -> Iterator[Event | Unreadable]:
        for told in self._hosts.read(raw, origin, received):
            yield told if isinstance(told, Unreadable) else replace(told)

    def read_record(
        self, contents: Mapping[str, Any], origin: str, received: datetime
    ) -> Iterable[Event | Unreadable]:
        return self._hosts.read_record(contents, origin, received)


class Kept:
    """An outbox that keeps all."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.deferred: list[Event] = []

    def write(self, alerts: Sequence[Alert], quarantined: Sequence[Quarantined]) -> None:
        assert not quarantined
        self.alerts += alerts

    def defer(self, events: Sequence[Event]) -> None:
        self.deferred += events


def alerts_of(
    rules: Sequence[Rule], lines: Sequence[str], reader: HostReader | OneByOne, batch: int = 700
) -> set[Alert]:
    engine, store, outbox = Engine(rules, SOURCES.values()), InMemoryStore(), Kept()
    for start in range(0, len(lines), batch):
        detector = Detector(engine, store, reader, now=lambda: RECEIVED)
        for number, line in enumerate(lines[start : start + batch], start):
            detector.feed(line, f"auth.log:{number}", RECEIVED)
        detector.flush(outbox)
    return set(outbox.alerts)


def told_alike(rules: Sequence[Rule], lines: Sequence[str]) -> set[Alert]:
    """The alerts by precedents, which must be those of the events one by one."""
    found = alerts_of(rules, lines, HostReader(Place("web-01")))
    assert found == alerts_of(rules, lines, OneByOne())
    return found


def rule(detection: dict[str, Any], **more: Any) -> Rule:
    text = rule_text(detection={**detection, "condition": "s"}, logsource=LINUX, **more)
    return load_rule(text, "rules/r.yml", SOURCES.values(), {})


FAILED = {"s": {"action": "login_failed"}}


def test_the_shipped_rules_tell_the_same_of_a_busy_log() -> None:
    found = told_alike(load_alerts().rules, sshd_lines(6_000, seed=3))
    assert {alert.rule for alert in found} >= {"ssh-brute-force", "ssh-login", "ssh-user-enumeration"}


@pytest.mark.parametrize(
    "detection",
    [
        {"s": {"action": "login_failed", "source_ip|cidr": "198.18.0.0/16"}},
        {"s": {"action": "login_failed", "message|contains": " port 4"}},
        {"s": {"action": "login_failed", "source_port|re": "[02468]$"}},
        {"s": {"action": "login_failed", "pid|endswith": "7"}},
        {"s": {"message|contains": "password for root"}},
    ],
    ids=["address", "message", "port", "process", "message alone"],
)
@pytest.mark.parametrize("state", [None, {"event_count": {"by": ["address"], "within": "10m", "gte": 3}}])
def test_a_rule_that_looks_at_what_differs_judges_each_event(
    detection: dict[str, Any], state: dict[str, Any] | None
) -> None:
    lines = sshd_lines(1_500, seed=4)
    found = told_alike([rule(detection, **({"state": state} if state else {}))], lines)
    assert found
    assert len(found) < len(lines) / 4


@pytest.mark.parametrize(
    "state",
    [
        {"value_count": {"by": ["host"], "field": "source_ip", "within": "10m", "gte": 3}},
        {"value_count": {"by": ["address"], "field": "source_port", "within": "1h", "gte": 3}},
        {"value_count": {"by": ["source_ip", "host"], "field": "user", "within": "1h", "gte": 2}},
        {"event_count": {"by": ["pid"], "within": "10m", "gte": 1}},
        {"event_count": {"by": ["address"], "within": "10m", "gte": 5, "weight": "attempts"}},
        {"first_seen": {"by": ["user", "address"], "learn": "5m"}},
        {"all_new": {"by": ["user"], "fields": ["source_ip", "host"], "learn": "5m"}},
        {"dormant": {"by": ["address"], "after": "6h"}},
        {"changed": {"by": ["user"], "field": "source_ip"}},
    ],
    ids=lambda state: " ".join((next(iter(state)), *next(iter(state.values()))["by"])),
)
def test_every_kind_remembers_the_same(state: dict[str, Any]) -> None:
    found = told_alike([rule(FAILED, state=state)], sshd_lines(3_000, seed=5))
    assert found or "dormant" in state or "all_new" in state


@pytest.mark.parametrize("expires", [None, date(2026, 11, 20)])
@pytest.mark.parametrize(
    "selection", [{"user": "root"}, {"source_ip|cidr": "198.18.0.0/16"}, {"source_port|re": "1$"}]
)
def test_exemptions_hold_for_each_event(expires: date | None, selection: dict[str, Any]) -> None:
    exemption = Exemption(build_selection(selection, lambda field: None, {}), "known", expires)
    lines = [line.replace("Nov 20 00:2", "Nov 21 00:2") for line in sshd_lines(1_500, seed=6)]
    every = told_alike([rule(FAILED)], lines)
    found = told_alike([replace(rule(FAILED), exemptions=(exemption,))], lines)
    assert found < every


class Broken:
    """A node that raises at one address only."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def matches(self, fields: Mapping[str, Any]) -> bool:
        if fields["user"] == "root":
            raise RuntimeError("broken")
        return bool(self._node.matches(fields))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)


def test_a_rule_that_raises_is_told_of_and_the_others_go_on() -> None:
    good = rule(FAILED)
    found = told_alike([good, replace(good, name="bad", id="bad", node=Broken(good.node))], sshd_lines(300))
    assert {alert.rule for alert in found} >= {"rule-failure", "r", "bad"}


def test_lines_of_connections_that_concern_nobody_are_passed_over() -> None:
    reader, engine = HostReader(Place("web-01")), Engine(load_alerts().rules, SOURCES.values())
    line = (
        "Nov 20 00:00:00 web-01 sshd[7]: Received disconnect from 198.18.0.7 port 4711:11: Bye Bye [preauth]"
    )
    (event,) = reader.read(line, "auth.log:1", RECEIVED)
    assert isinstance(event, Event)
    assert event.alike
    assert Precedents(engine).of(event.alike[0], event) == ((), (), ())
    assert "fields" not in vars(event)
