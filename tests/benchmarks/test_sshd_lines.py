"""What the benchmark of host lines rests on: lines as sshd writes them, and the verdicts of the detector."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.detection.sightings import match_of
from shared.events.event import Event
from shared.events.host_reader import HostReader
from shared.events.sources import SOURCES
from tests.benchmarks.host_lines import PLACE, RECEIVED, fail2ban, judge, parse, remember
from tests.benchmarks.sshd_lines import MIX, fixture_sessions, sshd_lines

LINES = sshd_lines(3_000)
PLACED = [(line, f"auth.log+{number}") for number, line in enumerate(LINES)]


def events() -> list[Event]:
    reader = HostReader(PLACE)
    told = [event for line, origin in PLACED for event in reader.read(line, origin, RECEIVED)]
    assert all(isinstance(event, Event) for event in told)
    return [event for event in told if isinstance(event, Event)]


def test_the_same_seed_makes_the_same_lines() -> None:
    assert sshd_lines(500, seed=3) == sshd_lines(500, seed=3) != sshd_lines(500, seed=4)


def test_every_kind_of_session_is_in_the_fixture() -> None:
    assert set(fixture_sessions()) == set(MIX)
    assert all(fixture_sessions().values())


def test_every_line_is_understood_and_in_the_order_of_time() -> None:
    told = events()
    assert len(told) == len(LINES)
    assert "other" not in {event.fields["action"] for event in told}
    assert [event.time for event in told] == sorted(event.time for event in told)


def test_the_mix_is_that_of_a_host_on_the_internet() -> None:
    actions = Counter(event.fields["action"] for event in events())
    assert 0.1 < actions["login_failed"] / len(LINES) < 0.3
    assert 0 < actions["login_accepted"] / len(LINES) < 0.02
    assert len({event.fields.get("source_ip") for event in events()}) > 20


def test_the_verdicts_are_those_of_the_rules_on_each_line_by_itself() -> None:
    engine = Engine(load_alerts().rules, SOURCES.values())
    expected = []
    for number, event in enumerate(events()):
        findings = engine.judge(event).findings
        held = {
            f.rule.name for f in findings if f.rule.kind is None or match_of(f.rule, event, SOURCES["sshd"])
        }
        if held:
            expected.append((number, held))
    found = judge(engine, PLACED)
    assert [(number, {rule.name for rule in rules}) for number, rules in found] == expected
    assert len(expected) > 1_000


def test_parsing_and_remembering_take_every_line() -> None:
    parse(PLACED)
    remember(Engine(load_alerts().rules, SOURCES.values()), PLACED)


@pytest.mark.skipif(not shutil.which("fail2ban-regex"), reason="fail2ban is not installed")
def test_fail2ban_runs_on_the_same_lines() -> None:
    assert fail2ban(PLACED) > 0
