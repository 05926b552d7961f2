"""The chapter on identities, end to end: the trail tells, the audit finds, and tells when it is over.

All shipped rules judge; what is asserted is everything that a team would hear.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.alerting.alert import Alert
from shared.alerting.outbox import SqliteOutbox
from shared.audits.ram_access_keys import RAM_ACCESS_KEYS
from shared.audits.ram_account import RAM_ACCOUNT
from shared.audits.ram_groups import RAM_GROUPS
from shared.audits.ram_policies import RAM_POLICIES
from shared.audits.ram_roles import RAM_ROLES
from shared.audits.ram_users import RAM_USERS
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.events.event import Event
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from tests.audits.conftest import START, Audits
from tests.cloud.openapi import DENIED
from tests.cloud.openapi.product import ACCOUNT_ID
from tests.cloud.openapi.products.ram import DOMAIN, Ram

CONFIG = load_alerts()
COLLECTORS = (RAM_ACCOUNT, RAM_USERS, RAM_ACCESS_KEYS, RAM_GROUPS, RAM_ROLES, RAM_POLICIES)

Heard = list[tuple[str, str]]
"""Rule and status of each alert, in the order of their telling."""


@dataclass
class Team:
    """What is told to a team whose account this is."""

    audits: Audits
    engine: Engine = field(default_factory=lambda: Engine(CONFIG.rules, SOURCES.values()))
    store: InMemoryStore = field(default_factory=InMemoryStore)
    outbox: SqliteOutbox = field(default_factory=lambda: SqliteOutbox(":memory:"))
    heard: list[Alert] = field(default_factory=list)

    def trail(self, name: str, **parameters: Any) -> Heard:
        """Something that the trail records."""
        now = self.audits.now
        record = {
            "eventId": f"{name} {now}",
            "eventName": name,
            "serviceName": "Ims",
            "eventTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "sourceIpAddress": "203.0.113.9",
            "userIdentity": {"type": "ram-user", "userName": "mallory", "accountId": ACCOUNT_ID},
            "requestParameters": parameters,
        }
        detector = self._detector()
        detector.feed(json.dumps(record), "trail", now)
        return self._told(detector)

    def audit(self) -> Heard:
        """One round of the audits of RAM."""
        return self.judge(self.audits.look(*COLLECTORS))

    def judge(self, events: list[Event]) -> Heard:
        detector = self._detector()
        for event in events:
            detector.feed_event(event)
        return self._told(detector)

    def _detector(self) -> Detector:
        return Detector(self.engine, self.store, None, ACCOUNT_ID, now=lambda: self.audits.now)

    def _told(self, detector: Detector) -> Heard:
        detector.flush(self.outbox)
        new = [alert for _, alert in self.outbox.alerts(after=len(self.heard))]
        self.heard += new
        return [(alert.rule, alert.status) for alert in new]


@pytest.fixture
def ram(audits: Audits) -> Ram:
    audits.lists = dict(CONFIG.lists)
    return audits.openapi.account[Ram]


@pytest.fixture
def team(audits: Audits, ram: Ram) -> Team:
    team = Team(audits)
    assert team.audit() == [], "an account in order gives no alert"
    return team


def test_a_user_without_mfa_is_created_found_and_mended(team: Team, ram: Ram) -> None:
    assert team.trail("CreateUser", UserPrincipalName=f"eve@{DOMAIN}") == [("ram-user-created", "happened")]
    ram.user("eve", console=True, mfa_required=True, signed_in=f"{START:%Y-%m-%dT%H:%M:%SZ}")

    assert sorted(team.audit()) == [
        ("ram-user-list-changed", "happened"),
        ("ram-user-without-mfa", "standing"),
    ]
    assert "eve" in team.heard[-1].summary
    assert [team.audit() for _ in range(3)] == [[], [], []], "what stands is told once"

    ram.users["eve"].mfa = True
    assert team.audit() == [("ram-user-without-mfa", "resolved")]
    assert team.audit() == []


def test_losing_sight_of_a_user_ends_no_finding(team: Team, ram: Ram, audits: Audits) -> None:
    ram.user("eve", console=True)
    team.audit()
    audits.openapi.fail("GetUserMFAInfo", DENIED)
    assert team.audit() == [("audit-incomplete", "standing")]
    ram.users["eve"].mfa = True
    assert team.audit() == []
    audits.openapi.mend()
    assert sorted(team.audit()) == [("audit-incomplete", "resolved"), ("ram-user-without-mfa", "resolved")]


def test_a_user_who_becomes_an_administrator_is_a_graver_finding(team: Team, ram: Ram) -> None:
    ram.user("eve", console=True, created="2026-10-20T00:00:00Z")
    ram.group("admins", policies=("AdministratorAccess",))
    team.audit()
    ram.group("admins", "eve", policies=("AdministratorAccess",))
    assert sorted(team.audit()) == [
        ("ram-admin-without-mfa", "standing"),
        ("ram-group-members-changed", "happened"),
        ("ram-user-without-mfa", "resolved"),
    ]
    del ram.users["eve"]
    ram.group("admins", policies=("AdministratorAccess",))
    assert sorted(team.audit()) == [
        ("ram-admin-without-mfa", "resolved"),
        ("ram-group-members-changed", "happened"),
        ("ram-user-list-changed", "happened"),
    ]


def test_root_loses_its_device_and_gets_a_key(team: Team, ram: Ram) -> None:
    ram.root_mfa, ram.root_keys = False, 1
    assert sorted(team.audit()) == [("ram-root-access-key", "standing"), ("ram-root-without-mfa", "standing")]
    ram.root_mfa, ram.root_keys = True, 0
    assert sorted(team.audit()) == [("ram-root-access-key", "resolved"), ("ram-root-without-mfa", "resolved")]


def test_a_back_door_of_roles_and_policies(team: Team, ram: Ram) -> None:
    ram.policy("read-only", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    trust = {"Statement": {"Effect": "Allow", "Principal": {"RAM": ["acs:ram::6543210987654321:root"]}}}
    ram.role("support", trust=trust, policies=("read-only",))
    assert sorted(team.audit()) == [
        ("ram-admins-changed", "happened"),
        ("ram-policy-allows-everything", "standing"),
        ("ram-role-list-changed", "happened"),
        ("ram-role-open-to-outsiders", "standing"),
    ]


def test_keys_and_users_grow_old(team: Team, ram: Ram) -> None:
    ram.user("carol", console=True, mfa=True, created="2026-08-01T00:00:00Z")
    ram.users["carol"].key("LTAI1", created="2026-08-01T00:00:00Z").key(
        "LTAI2", created="2026-01-01T00:00:00Z"
    )
    ram.users["carol"].keys[1].used = "2026-10-31T00:00:00Z"
    heard = sorted(team.audit())
    assert heard == [
        ("ram-access-key-old", "standing"),
        ("ram-access-key-unused", "standing"),
        ("ram-access-key-very-old", "standing"),
        ("ram-user-console-and-keys", "standing"),
        ("ram-user-list-changed", "happened"),
        ("ram-user-unused", "standing"),
    ]
    ram.users["carol"].keys.clear()
    ram.users["carol"].signed_in = "2026-11-01T00:00:00Z"
    resolved = [(rule, "resolved") for rule, status in heard if status == "standing"]
    assert sorted(team.audit()) == resolved


def test_the_settings_of_the_account_are_loosened(team: Team, ram: Ram) -> None:
    ram.password_policy["MinimumPasswordLength"] = 8
    ram.sign_in["MFAOperationForLogin"] = "independent"
    ram.users_manage["AccessKeys"] = True
    assert sorted(team.audit()) == [
        ("ram-mfa-not-enforced", "standing"),
        ("ram-password-policy-weak", "standing"),
        ("ram-users-make-own-keys", "standing"),
    ]


def test_what_is_called_is_just_what_is_declared(team: Team, ram: Ram, audits: Audits) -> None:
    """No permission is asked for in vain, and none goes without saying."""
    ram.policy("house-rules", {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"})
    ram.user("alice", console=True, mfa=True, policies=("house-rules",)).key("LTAI1")
    ram.group("ops", "alice", policies=("house-rules",))
    ram.role("deploy", policies=("house-rules",))
    for collector in COLLECTORS:
        before = len(audits.openapi.calls)
        audits.look(collector)
        called = set(audits.openapi.calls[before:])
        assert called == {f"{api.product}.{api.action}" for api in collector.apis}, collector.name
