"""Secrets of KMS: read once in a while, told by name only."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from shared.cloud import secrets as module
from shared.cloud.secrets import FRESH, SecretsError, secrets
from tests.cloud.openapi import DENIED, SERVER_ERROR, LocalOpenApi
from tests.cloud.openapi.products.secrets import SecretsManager

REGION = "cn-hangzhou"


@pytest.fixture(autouse=True)
def _nothing_read_before() -> Iterator[None]:
    module._read.clear()
    yield
    module._read.clear()


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def held(openapi: LocalOpenApi, **values: str) -> None:
    openapi.account[SecretsManager].secrets["trailguard"] = json.dumps(values)


def test_a_secret_holds_several_values(local_openapi: LocalOpenApi) -> None:
    held(local_openapi, DINGTALK_TOKEN="t", DINGTALK_SECRET="SECs")
    found = secrets("trailguard", REGION, local_openapi.client())
    assert found == {"DINGTALK_TOKEN": "t", "DINGTALK_SECRET": "SECs"}


def test_it_is_asked_again_once_it_is_old(local_openapi: LocalOpenApi) -> None:
    clock = Clock()
    held(local_openapi, DINGTALK_TOKEN="old")
    for _ in range(3):
        assert secrets("trailguard", REGION, local_openapi.client(), clock)["DINGTALK_TOKEN"] == "old"
    held(local_openapi, DINGTALK_TOKEN="new")
    clock.time = FRESH + 1
    assert secrets("trailguard", REGION, local_openapi.client(), clock)["DINGTALK_TOKEN"] == "new"
    assert local_openapi.calls == ["Kms.GetSecretValue"] * 2


def test_while_kms_is_down_what_was_read_serves(local_openapi: LocalOpenApi) -> None:
    clock = Clock()
    held(local_openapi, DINGTALK_TOKEN="t")
    secrets("trailguard", REGION, local_openapi.client(), clock)
    clock.time = FRESH + 1
    local_openapi.fail("GetSecretValue", SERVER_ERROR)
    assert secrets("trailguard", REGION, local_openapi.client(), clock) == {"DINGTALK_TOKEN": "t"}


@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR])
def test_what_cannot_be_read_at_all_is_an_error_that_names_it(local_openapi: LocalOpenApi, fault) -> None:
    held(local_openapi, DINGTALK_TOKEN="very-secret")
    local_openapi.fail("GetSecretValue", fault)
    with pytest.raises(SecretsError, match="trailguard in cn-hangzhou can't be read"):
        secrets("trailguard", REGION, local_openapi.client())


@pytest.mark.parametrize("data", ["very-secret", '["very-secret"]', '{"A": {"B": "very-secret"}}'])
def test_a_secret_of_another_form_is_refused_without_telling_it(
    local_openapi: LocalOpenApi, data: str
) -> None:
    local_openapi.account[SecretsManager].secrets["trailguard"] = data
    with pytest.raises(SecretsError) as refused:
        secrets("trailguard", REGION, local_openapi.client())
    assert "very-secret" not in str(refused.value)
