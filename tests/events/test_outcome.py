"""Whether a call went through, and facts of parameters that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from shared.events.actiontrail_facts import facts_of, outcome


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"errorCode": "", "errorMessage": ""},
        {"errorCode": None, "errorMessage": None},
        {"errorMessage": "Success "},
        {"errorCode": "200", "errorMessage": "OK"},
        {"errorCode": 200},
        {"errorCode": "0"},
    ],
)
def test_a_call_without_an_error_succeeded(fields: dict[str, Any]) -> None:
    assert outcome(fields) == "success"


@pytest.mark.parametrize(
    "fields",
    [
        {"errorCode": "NoPermission", "errorMessage": "success"},
        {"errorMessage": "wrong password"},
        {"errorCode": 403},
        {"errorCode": ["NoPermission"]},
    ],
)
def test_a_call_with_an_error_failed(fields: dict[str, Any]) -> None:
    assert outcome(fields) == "failure"


def test_facts_that_say_nothing_are_absent() -> None:
    assert dict(facts_of({"eventName": "X", "requestParameters": {"Name": "audit"}})) == {
        "outcome": "success",
        "resources": ["audit"],
    }
    assert dict(facts_of({"eventName": "X"})) == {"outcome": "success"}


def test_a_role_may_trust_its_own_account_without_a_word() -> None:
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"RAM": ["acs:ram::11:root", "acs:ram::22:root"]}}]
    }
    event = {"requestParameters": {"AssumeRolePolicyDocument": trust}, "recipientAccountId": "11"}
    assert facts_of(event)["trustedAccounts"] == ["22"]


@pytest.mark.parametrize(
    "odd", [5, "text", True, [], [None], {"": None}, {"a": {"b": None}}, [[[["x"]]]], "{", 1.5]
)
def test_parameters_of_any_type_have_facts_or_none(odd: Any) -> None:
    for name in ("AuthorizeSecurityGroup", "CreatePolicy", "PutBucketAcl"):
        assert "outcome" in dict(facts_of({"eventName": name, "requestParameters": odd, "userIdentity": odd}))
