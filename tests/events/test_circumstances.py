"""Who called, whom it concerned, and when."""

from __future__ import annotations

from typing import Any

import pytest

from shared.events.actiontrail_facts import facts_of
from shared.events.affected import affected

CALLERS: dict[str, tuple[Any, str | None]] = {
    "a RAM user": ({"type": "ram-user", "userName": "alice"}, "alice"),
    "root": ({"type": "root-account", "userName": "root"}, "root"),
    "a session of a role": ({"type": "assumed-role", "userName": "deploy:build-17"}, "deploy"),
    "a session known by its ids": ({"type": "assumed-role", "principalId": "3012:build-17"}, "3012"),
    "a user of single sign-on": ({"type": "saml-user", "userName": "alice@example.com"}, "alice@example.com"),
    "a user with a colon in the name": ({"type": "ram-user", "userName": "a:b"}, "a:b"),
    "only a key": ({"accessKeyId": "LTAI5tExample"}, "LTAI5tExample"),
    "nobody": ({}, None),
    "no object": ("alice", None),
}


@pytest.mark.parametrize(("identity", "name"), CALLERS.values(), ids=CALLERS.keys())
def test_all_sessions_of_a_caller_have_one_name(identity: Any, name: str | None) -> None:
    assert facts_of({"userIdentity": identity}).get("identity") == name


USERS: dict[str, tuple[str, dict[str, Any], str, str | None]] = {
    "the console's form": ("Ims", {"UserPrincipalName": "Bob@1234.onaliyun.com"}, "bob", "bob"),
    "the old form": ("Ram", {"UserName": "bob"}, "bob", "bob"),
    "Resource Management's form": ("ResourceManager", {"PrincipalName": "bob@x.onaliyun.com"}, "bob", "bob"),
    "the caller himself": ("Ims", {"UserPrincipalName": "ALICE@1234.onaliyun.com"}, "alice", None),
    "nobody named": ("Ims", {}, "alice", None),
    "a user of another product": ("Rds", {"UserName": "bob"}, "alice", None),
}


@pytest.mark.parametrize(("service", "parameters", "user", "other"), USERS.values(), ids=USERS.keys())
def test_a_call_concerns_the_user_it_names(
    service: str, parameters: dict[str, Any], user: str, other: str | None
) -> None:
    facts = facts_of(
        {
            "serviceName": service,
            "userIdentity": {"userName": "Alice"},
            "requestParameters": parameters,
        }
    )
    assert facts["user"] == user
    assert facts.get("otherUser") == other


def test_hours_and_days_are_those_of_utc() -> None:
    assert facts_of({"eventTime": "2026-03-01T00:30:00Z"})["utcHour"] == "0"
    assert facts_of({"eventTime": "2026-03-02T00:30:00+08:00"})["weekday"] == "Sunday"
    assert "utcHour" not in facts_of({"eventTime": "yesterday"})


THINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "several of a kind": ({"referencedResources": {"ACS::ECS::Instance": ["i-1", "i-2"]}}, ["i-1", "i-2"]),
    "several of a kind, and what they hang on": (
        {"referencedResources": {"ACS::VPC::VPC": ["v-1"], "ACS::ECS::Instance": ["i-1", "i-2"]}},
        ["i-1", "i-2"],
    ),
    "one of each kind": (
        {"referencedResources": {"ACS::SLS::Project": ["shop"], "ACS::SLS::LogStore": ["nginx"]}},
        ["shop/nginx"],
    ),
    "names as text": ({"resourceName": "i-1,i-2;v-1"}, ["i-1", "i-2"]),
    "flat parameters": (
        {"requestParameters": {"RegionId": "cn-hangzhou", "InstanceId.1": "i-1", "InstanceId.2": "i-2"}},
        ["i-1", "i-2"],
    ),
    "a JSON string": ({"requestParameters": {"InstanceIds": '["i-1","i-2"]'}}, ["i-1", "i-2"]),
    "one parameter, and the caller's own": (
        {"requestParameters": {"SnapshotId": "s-1", "RequestId": "R", "AccessKeyId": "LTAI"}},
        ["s-1"],
    ),
    "the same twice": ({"resourceName": "i-1,i-1"}, ["i-1"]),
    "nothing told": ({"eventId": "e-1"}, ["e-1"]),
    "nothing at all": ({}, []),
    "nonsense": ({"referencedResources": [1], "requestParameters": "x", "requestId": "r-1"}, ["r-1"]),
}


@pytest.mark.parametrize(("fields", "things"), THINGS.values(), ids=THINGS.keys())
def test_each_thing_acted_on_counts_once(fields: dict[str, Any], things: list[str]) -> None:
    assert affected(fields) == things
