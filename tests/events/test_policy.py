"""What policy documents grant: everything, to anyone, to other accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.policy import grants_everything, is_public, policies, trusted_accounts

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Principal", "Condition", "Action", "Resource", "x"]),
            inner,
        )
    ),
    max_leaves=12,
)


def document(**statement: Any) -> dict[str, Any]:
    return {"Version": "1", "Statement": [{"Effect": "Allow", **statement}]}


def for_anyone(**condition: Any) -> dict[str, Any]:
    return document(Action="oss:GetObject", Resource="*", Principal="*", Condition=condition)


PLACES: dict[str, Any] = {
    "as an object": {"PolicyDocument": document()},
    "as a JSON string": {"PolicyDocument": json.dumps(document())},
    "deeper down": {"body": {"policies": [json.dumps({"inner": document()})]}},
    "as the parameters themselves": document(),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_policy_is_found_wherever_it_stands(place: Any) -> None:
    assert list(policies(place)) == [document()]


@pytest.mark.parametrize("value", [None, "", "{", {"PolicyName": "x"}, [1, "[]"], 7])
def test_where_there_is_no_policy_none_is_found(value: Any) -> None:
    assert list(policies(value)) == []


def test_a_policy_buried_without_end_is_given_up() -> None:
    buried: Any = document()
    for _ in range(40):
        buried = [buried]
    assert list(policies(buried)) == []


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "*", "Resource": "*"},
        {"Action": ["*"], "Resource": ["*"]},
        {"Action": ["oss:*", "*:*"], "Resource": ["acs:*:*:*:*"]},
        {"NotAction": "ram:*", "Resource": "*"},
    ],
    ids=str,
)
def test_every_action_on_every_resource_is_everything(statement: dict[str, Any]) -> None:
    assert grants_everything(document(**statement))


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "oss:*", "Resource": "*"},
        {"Action": "*", "Resource": "acs:oss:*:*:audit/*"},
        {"Action": "*", "Resource": "*", "Effect": "Deny"},
        {},
    ],
    ids=str,
)
def test_one_service_one_resource_or_a_denial_is_not_everything(statement: dict[str, Any]) -> None:
    assert not grants_everything(document(**statement))


@pytest.mark.parametrize("statements", [{"Effect": "allow", "Action": "*", "Resource": "*"}, "x", 3, None])
def test_a_statement_need_not_be_a_list(statements: Any) -> None:
    assert grants_everything({"Statement": statements}) is isinstance(statements, dict)


@pytest.mark.parametrize(
    "principal",
    ["*", ["*"], ["1234567890123456", "*"], {"RAM": ["*"]}, {"RAM": "acs:ram::*:root"}],
    ids=str,
)
def test_a_policy_for_anyone_is_public(principal: Any) -> None:
    assert is_public(document(Action="oss:GetObject", Principal=principal))


def test_a_policy_for_all_but_a_few_is_public() -> None:
    assert is_public(document(Action="oss:GetObject", NotPrincipal=["1234567890123456"]))


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": ["1234567890123456"]},
        {"Principal": {"RAM": ["acs:ram::1234567890123456:*"]}},
        {"Principal": "*", "Effect": "Deny"},
        {"Action": "oss:GetObject"},
    ],
    ids=str,
)
def test_a_policy_for_named_accounts_or_a_denial_is_not_public(statement: dict[str, Any]) -> None:
    assert not is_public(document(**statement))


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"acs:SourceIp": ["203.0.113.0/24"]}},
        {"StringEquals": {"acs:SourceVpc": "vpc-1"}},
        {"StringLike": {"acs:SourceVpc": ["vpc-1*"]}},
        {"StringEquals": {"acs:AccessId": "LTAI"}},
    ],
    ids=str,
)
def test_a_condition_on_network_or_account_narrows_it(condition: dict[str, Any]) -> None:
    assert not is_public(for_anyone(**condition))


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"acs:SecureTransport": "true"}},
        {"IpAddress": {"acs:SourceIp": ["0.0.0.0/0"]}},
        {"IpAddress": {"acs:SourceIp": ["203.0.113.0/24", "::/0"]}},
        {"NotIpAddress": {"acs:SourceIp": ["203.0.113.0/24"]}},
        {"StringNotEquals": {"acs:SourceVpc": "vpc-1"}},
        {"StringLike": {"acs:SourceVpc": "*"}},
        {"Null": {"acs:SourceVpc": "true"}},
        {"IpAddress": "not an object"},
    ],
    ids=str,
)
def test_a_condition_that_leaves_the_world_in_narrows_nothing(condition: dict[str, Any]) -> None:
    assert is_public(for_anyone(**condition))


TRUSTS: dict[str, tuple[Any, list[str]]] = {
    "an account": ({"RAM": ["acs:ram::1234567890123456:root"]}, ["1234567890123456"]),
    "a role of an account": ({"RAM": "acs:ram::1234567890123456:role/ci"}, ["1234567890123456"]),
    "a service": ({"Service": ["ecs.aliyuncs.com"]}, []),
    "anyone": ({"RAM": ["*"]}, ["*"]),
    "any account": ({"RAM": ["acs:ram::*:root"]}, ["*"]),
    "an identity provider": (
        {"Federated": ["acs:ram::1234567890123456:saml-provider/x"]},
        ["1234567890123456"],
    ),
}


@pytest.mark.parametrize(("principal", "accounts"), TRUSTS.values(), ids=TRUSTS.keys())
def test_a_trust_policy_tells_whom_it_trusts(principal: Any, accounts: list[str]) -> None:
    assert trusted_accounts(document(Action="sts:AssumeRole", Principal=principal)) == accounts


@given(ANYTHING)
def test_whatever_the_parameters_hold_nothing_is_raised(value: Any) -> None:
    for found in policies(value):
        assert isinstance(grants_everything(found), bool)
        assert isinstance(is_public(found), bool)
        assert isinstance(trusted_accounts(found), list)
