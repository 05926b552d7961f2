"""What one script did on four distributions, judged by the shipped rules: who attacks, who got in.

What it did is told in tests/fixtures/host/README.md and tests/events/hosts/test_host_truth.py.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

import pytest

from shared.alerting.alert import Alert
from shared.alerting.outbox import SqliteOutbox
from shared.config import HERE, load_alerts
from shared.detection.engine import Engine
from shared.events.any_reader import AnyReader
from shared.events.host_event import Place
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore

FIXTURES = HERE / "tests" / "fixtures" / "host"
RECEIVED = datetime(2026, 11, 24, tzinfo=timezone.utc)
DISTRIBUTIONS = (
    "debian12-openssh9.2",
    "debian13-openssh10.0",
    "ubuntu2204-openssh8.9",
    "ubuntu2404-openssh9.6",
)
ENGINE = Engine(load_alerts().rules, SOURCES.values())
BRUTE_FORCE = (
    "ssh-brute-force",
    "ssh-user-enumeration",
    "ssh-success-after-failures",
    "ssh-unfinished-logins",
)


def judge(batches: Sequence[Sequence[tuple[str, int]]], name: str) -> list[Alert]:
    """The alerts for (line, number) pairs, batch by batch, each by a detector of its own as in the cloud."""
    store, outbox = InMemoryStore(), SqliteOutbox(":memory:")
    for batch in batches:
        detector = Detector(ENGINE, store, AnyReader(Place("web-01")))
        for line, number in batch:
            detector.feed(line, f"{name}:{number}", RECEIVED)
        detector.flush(outbox)
        assert detector.tally.quarantined == 0
        assert detector.unknown == {}
    return [alert for _, alert in outbox.alerts()]


def lines_of(name: str) -> list[tuple[str, int]]:
    text = Path(FIXTURES / f"{name}.log").read_text(encoding="utf-8")
    return [(line, number) for number, line in enumerate(text.splitlines(), 1)]


@cache
def alerts_of(name: str) -> tuple[Alert, ...]:
    return tuple(judge([lines_of(name)], name))


@pytest.fixture(params=DISTRIBUTIONS)
def alerts(request: pytest.FixtureRequest) -> tuple[Alert, ...]:
    return alerts_of(request.param)


def told(alerts: Sequence[Alert], rule: str) -> list[str]:
    return [alert.summary for alert in alerts if alert.rule == rule]


def test_brute_force_is_told_of_the_two_addresses_that_did_it(alerts: Sequence[Alert]) -> None:
    addresses = {summary.split("all from ")[1].split(";")[0] for summary in told(alerts, "ssh-brute-force")}
    assert addresses == {"203.0.113.7", "198.51.100.23"}


def test_success_after_failures_is_told_of_the_one_that_got_in(alerts: Sequence[Alert]) -> None:
    (summary,) = told(alerts, "ssh-success-after-failures")
    assert summary.startswith("root logged in to web-01 from 198.51.100.23 by password, after 13 failed")


def test_who_mistyped_once_and_who_only_logged_in_are_blamed_for_nothing(alerts: Sequence[Alert]) -> None:
    accused = [alert.summary for alert in alerts if alert.rule in BRUTE_FORCE]
    assert accused
    assert not [text for text in accused if "192.0.2.50" in text or "2001:db8::7" in text]


def test_the_names_that_were_tried_are_told(alerts: Sequence[Alert]) -> None:
    (summary,) = told(alerts, "ssh-user-enumeration")
    assert "198.51.100.23 tried 5 unknown names" in summary
    assert "two words" in summary


def test_every_login_is_recorded_and_roots_is_told(alerts: Sequence[Alert]) -> None:
    assert len(told(alerts, "ssh-root-login")) == 1
    logins = told(alerts, "ssh-login")
    assert sorted(text.split(" by ")[0] for text in logins) == [
        "alice logged in to web-01 from 192.0.2.50",
        "alice logged in to web-01 from 192.0.2.50",
        "alice logged in to web-01 from 2001:db8::7",
        "bob logged in to web-01 from 192.0.2.50",
    ]


def test_seven_sudo_runs_and_four_refusals(alerts: Sequence[Alert]) -> None:
    count = Counter(alert.rule for alert in alerts)
    assert count["sudo-command"] + count["sudo-shell-or-editor"] == 7
    assert "FOO" not in told(alerts, "sudo-shell-or-editor")[0]
    assert "/usr/bin/sh -c" in told(alerts, "sudo-shell-or-editor")[0]
    assert [text.split(" is not")[0] for text in told(alerts, "sudo-not-in-sudoers")] == ["bob"]
    assert sorted(text.split("(")[1].split(")")[0] for text in told(alerts, "sudo-refused")) == [
        "command_not_allowed",
        "wrong_password",
    ]
    assert len(told(alerts, "sudo-password-required")) == 1


def test_who_became_root_by_su_and_who_tried(alerts: Sequence[Alert]) -> None:
    assert told(alerts, "su-to-root") == ["bob became root by su on web-01"]
    assert told(alerts, "su-failed") == ["bob tried to become root by su on web-01, and failed"]


def test_new_users_and_new_administrators(alerts: Sequence[Alert]) -> None:
    added = [text.split()[1] for text in told(alerts, "host-user-added")]
    assert added == ["alice", "bob", "svc", "carol", "dave", "eve"]
    joined = Counter(text.split(" on ")[0] for text in told(alerts, "host-admin-group-member-added"))
    assert {text.replace(" ?", ""): count for text, count in joined.items()} == {
        "alice became a member of sudo": 1,
        "bob became a member of adm": 1,
        "bob became a member of sudo": 1,
        "eve became a member of sudo": 1,
    }


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("seed", range(3))
def test_lines_that_come_split_twice_and_in_disorder_give_the_same_accusations(name: str, seed: int) -> None:
    chance = random.Random(seed)
    lines = lines_of(name)
    lines += chance.sample(lines, len(lines) // 3)
    chance.shuffle(lines)
    cuts = sorted(chance.sample(range(len(lines)), 5))
    batches = [lines[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
    rules = ("ssh-brute-force", "ssh-user-enumeration", "ssh-success-after-failures")
    ids = {alert.id for alert in judge(batches, name) if alert.rule in rules}
    assert ids == {alert.id for alert in alerts_of(name) if alert.rule in rules}
