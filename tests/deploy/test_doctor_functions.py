"""Function Compute, asked by its own client: pages, and answers that are late, throttled, or lie."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from deploy.bootstrap.cloud import CloudError
from deploy.doctor.deployment import moment
from deploy.doctor.functions import FunctionCompute
from deploy.s_yaml import render
from tests.cloud.openapi import BROKEN, DENIED, DROPPED, GATEWAY_ERROR, THROTTLED, LocalOpenApi
from tests.cloud.openapi.products.fc import Functions

NAME = "trailguard-actiontrail"
PROPS: dict[str, Any] = render({})["resources"]["actiontrail"]["props"]


@pytest.fixture
def functions(local_openapi: LocalOpenApi) -> FunctionCompute:
    local_openapi.account[Functions].deploy(PROPS)
    return FunctionCompute("cn-hangzhou", local_openapi.credentials, local_openapi.endpoints)


def test_what_was_deployed_is_read_in_the_words_of_s_yaml(functions: FunctionCompute) -> None:
    shown = functions.function(NAME)
    assert shown is not None
    for name in ("handler", "memorySize", "cpu", "environmentVariables", "logConfig", "role"):
        assert shown[name] == PROPS[name]
    assert functions.asynchronous(NAME) == PROPS["asyncInvokeConfig"]
    assert functions.concurrency(NAME) == {}


def test_triggers_come_from_every_page_with_their_configs_as_objects(
    functions: FunctionCompute, local_openapi: LocalOpenApi
) -> None:
    local_openapi.page_size = 1
    wanted = {trigger["triggerName"]: trigger["triggerConfig"] for trigger in PROPS["triggers"]}
    found = functions.triggers(NAME)
    assert {name: trigger["triggerConfig"] for name, trigger in found.items()} == wanted
    assert local_openapi.calls == ["FC.ListTriggers"] * len(wanted)


def test_what_is_not_there_is_none(functions: FunctionCompute) -> None:
    assert functions.function("other") is None
    with pytest.raises(CloudError) as error:
        functions.triggers("other")
    assert error.value.missing


@pytest.mark.parametrize("fault", [THROTTLED, GATEWAY_ERROR, DROPPED])
def test_what_passes_is_asked_again(
    functions: FunctionCompute, local_openapi: LocalOpenApi, fault: Any
) -> None:
    local_openapi.fail("GetFunction", fault, times=1)
    assert functions.function(NAME) is not None


def test_a_refusal_names_the_permission_and_is_not_asked_again(
    functions: FunctionCompute, local_openapi: LocalOpenApi
) -> None:
    local_openapi.fail("GetAsyncInvokeConfig", DENIED)
    with pytest.raises(CloudError) as error:
        functions.asynchronous(NAME)
    assert (error.value.denied, error.value.permission) == (True, "fc:GetFunctionAsyncInvokeConfig")
    assert len(local_openapi.calls) == 1


def test_half_an_answer_is_an_error_and_holds_no_secret(
    functions: FunctionCompute, local_openapi: LocalOpenApi
) -> None:
    local_openapi.fail("GetFunction", BROKEN)
    with pytest.raises(CloudError) as error:
        functions.function(NAME)
    assert local_openapi.credentials.access_key_secret not in str(error.value)


def test_a_trigger_whose_config_is_no_json_is_an_error_that_names_it(
    functions: FunctionCompute, local_openapi: LocalOpenApi
) -> None:
    local_openapi.account[Functions].functions[NAME].triggers["trail"]["triggerConfig"] = "{"
    with pytest.raises(CloudError, match="the config of trail is no JSON"):
        functions.triggers(NAME)


@pytest.mark.parametrize("ending", ["Z", ".123456789Z", ".000+0000"])
def test_times_are_read_as_function_compute_writes_them(ending: str) -> None:
    assert moment(f"2026-11-20T03:04:05{ending}") == datetime(2026, 11, 20, 3, 4, 5, tzinfo=timezone.utc)
    assert moment("2026-11-20T11:04:05+08:00") == datetime(2026, 11, 20, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-11-20", "2026-11-20T03:04:05 CST"])
def test_what_is_no_such_time_is_none(text: object) -> None:
    assert moment(text) is None
