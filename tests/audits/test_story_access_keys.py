"""The chapter on AccessKeys, end to end: made in the trail, found old or idle by the audit, deleted, over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.audits.ram_access_keys import RAM_ACCESS_KEYS
from shared.audits.ram_users import RAM_USERS
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.products.ram import DOMAIN, Ram, User

KEY = "LTAI5tExampleExample0003"


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a program's user that has no key yet."""
    audits.openapi.account[Ram].user("ci")
    team = Team(audits, (RAM_ACCESS_KEYS, RAM_USERS))
    assert team.audit() == []
    return team


def ci(team: Team) -> User:
    return team.audits.openapi.account[Ram].users["ci"]


def make_key(team: Team) -> None:
    """As the RAM console does it."""
    heard = team.trail("Ims", "CreateAccessKey", UserPrincipalName=f"ci@{DOMAIN}")
    assert heard == [("ram-access-key-created", "happened")]
    ci(team).key(KEY, created=f"{team.audits.now:%Y-%m-%dT%H:%M:%SZ}")


def test_a_key_is_made_grows_old_and_is_deleted(team: Team) -> None:
    make_key(team)
    assert team.audit() == [], "a new key is in order"

    team.audits.now += timedelta(days=90)
    ci(team).keys[0].used = f"{team.audits.now:%Y-%m-%dT%H:%M:%SZ}"
    assert team.audit() == [("ram-access-key-old", "standing")]
    assert KEY in team.heard[-1].summary and "ci" in team.heard[-1].summary
    assert team.audit() == [], "what stands is told once"

    team.audits.now += timedelta(days=90)
    ci(team).keys[0].used = f"{team.audits.now:%Y-%m-%dT%H:%M:%SZ}"
    assert team.audit() == [("ram-access-key-old", "resolved"), ("ram-access-key-very-old", "standing")]

    ci(team).keys.clear()
    deleted = team.trail("Ims", "DeleteAccessKey", UserPrincipalName=f"ci@{DOMAIN}", UserAccessKeyId=KEY)
    assert deleted == [("ram-access-key-disabled-or-deleted", "happened")]
    assert team.audit() == [("ram-access-key-very-old", "resolved")]
    assert team.audit() == []


def test_a_key_that_nobody_uses_is_disabled(team: Team) -> None:
    make_key(team)
    team.audits.now += timedelta(days=90)
    assert team.audit() == [("ram-access-key-old", "standing"), ("ram-access-key-unused", "standing")]
    ci(team).keys[0].active = False
    assert team.audit() == [("ram-access-key-old", "resolved"), ("ram-access-key-unused", "resolved")]


@pytest.mark.parametrize("refused", ["ListUsers", "ListAccessKeys", "GetAccessKeyLastUsed"])
@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR], ids=["denied", "broken"])
def test_what_cannot_be_seen_ends_nothing(team: Team, refused: str, fault: Fault) -> None:
    make_key(team)
    team.audits.now += timedelta(days=90)
    stood = [("ram-access-key-old", "standing"), ("ram-access-key-unused", "standing")]
    assert team.audit() == stood

    ci(team).keys.clear()
    if refused == "GetAccessKeyLastUsed":
        ci(team).key(KEY, active=False)
    team.audits.openapi.fail(refused, fault)
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}

    team.audits.openapi.mend()
    over = [told for told in team.audit() if told[0] != "audit-incomplete"]
    assert over == [(rule, "resolved") for rule, _ in stood]


def test_a_person_gets_a_key_beside_the_console(team: Team) -> None:
    ci(team).console, ci(team).mfa = True, True
    ci(team).signed_in = f"{team.audits.now:%Y-%m-%dT%H:%M:%SZ}"
    make_key(team)
    assert team.audit() == [("ram-user-console-and-keys", "standing")]
    ci(team).console = False
    assert team.audit() == [("ram-user-console-and-keys", "resolved")]
