"""An account is taken over by a known tool: which alerts a team gets, from records as the logstore has them.

The calls are those of `cf alibaba console` (github.com/teamssix/cf): a user, its password, its policy, a look
at the account's alias.
"""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from shared.config import load_alerts
from tests.judging import Judged, judge

RULES = load_alerts().rules
THIEF = {"type": "ram-user", "userName": "ci", "accessKeyId": "LTAI5tExampleExample0001"}


def record(number: int, name: str, **parameters: str) -> str:
    """One call of the tool, as the trail's logstore holds it."""
    event: dict[str, Any] = {
        "eventId": f"takeover-{number}",
        "eventName": name,
        "eventTime": f"2026-03-01T11:00:0{number}Z",
        "eventRW": "Read" if name.startswith("Get") else "Write",
        "serviceName": "Ram",
        "eventType": "ApiCall",
        "sourceIpAddress": "198.51.100.66",
        "userIdentity": {**THIEF, "accountId": "1234567890123456"},
        "requestParameters": parameters,
    }
    return json.dumps({"event": json.dumps(event)})


TAKEOVER = [
    record(0, "CreateUser", UserName="crossfire"),
    record(1, "CreateLoginProfile", UserName="crossfire", Password="***"),
    record(
        2, "AttachPolicyToUser", UserName="crossfire", PolicyType="System", PolicyName="AdministratorAccess"
    ),
    record(3, "GetAccountAlias"),
]


def told(*records: str) -> Judged:
    return judge(RULES, *records)


def test_each_step_is_told_and_the_whole_is_critical() -> None:
    judged = told(*TAKEOVER)
    assert sorted(judged.rules) == [
        "privilege-escalation-new-admin",
        "ram-admin-policy-attached",
        "ram-login-profile-changed",
        "ram-user-created",
    ]
    whole = next(alert for alert in judged.alerts if alert.rule == "privilege-escalation-new-admin")
    assert whole.level == "critical"
    assert whole.event_ids == ("takeover-0", "takeover-1", "takeover-2")
    assert whole.address == "198.51.100.66"
    assert "ci (ram-user)" in whole.summary and "crossfire" in whole.summary


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_the_order_of_delivery_and_doubles_do_not_matter(order: tuple[int, ...]) -> None:
    shuffled = [TAKEOVER[number] for number in order]
    assert {a.id for a in told(*shuffled, *shuffled).alerts} == {a.id for a in told(*TAKEOVER).alerts}


def test_without_the_policy_nobody_is_woken() -> None:
    assert "privilege-escalation-new-admin" not in told(*TAKEOVER[:2], TAKEOVER[3]).rules
