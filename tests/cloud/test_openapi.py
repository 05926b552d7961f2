"""The OpenAPI client against a local OpenAPI: signatures, endpoints, paging, and what can go wrong."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from shared.cloud.credentials import Credentials
from shared.cloud.openapi import Api, OpenApi, OpenApiError, Retry, listed
from shared.cloud.openapi_endpoints import Endpoint, Endpoints
from shared.cloud.openapi_paging import MAX_PAGES
from tests.cloud.openapi import (
    BROKEN,
    DENIED,
    DROPPED,
    GATEWAY_ERROR,
    SERVER_ERROR,
    THROTTLED,
    Fault,
    LocalOpenApi,
    Product,
)
from tests.cloud.openapi.paging import by_marker, by_number, by_token

IDENTITY = Api("Sts", "2015-04-01", "GetCallerIdentity", "sts:GetCallerIdentity")
ECHO = Api("Ecs", "2014-05-26", "Echo", "ecs:Echo")
ROA = Api("FC", "2023-03-30", "GetFunction", "fc:GetFunction", "ROA", "/2023-03-30/functions/{name}", "GET")
MARKED = Api("Ecs", "2014-05-26", "ListMarked", "ecs:ListMarked")
TOKENED = Api("Ecs", "2014-05-26", "ListTokened", "ecs:ListTokened")
NUMBERED = Api("Ecs", "2014-05-26", "ListNumbered", "ecs:ListNumbered")
REGION = "cn-hangzhou"
NAMES = [{"Name": f"thing-{number}"} for number in range(7)]


def answering(openapi: LocalOpenApi, **actions: Callable[..., dict[str, Any]]) -> OpenApi:
    """A client of a server whose Ecs has just these actions."""
    openapi.products["Ecs"] = Product("Ecs", "2014-05-26", actions)
    return openapi.client()


def echoing(openapi: LocalOpenApi) -> OpenApi:
    """A client of a server whose Ecs.Echo answers with the parameters."""
    return answering(openapi, Echo=lambda account, call: dict(call.parameters))


def refused(client: OpenApi, api: Api = IDENTITY, region: str = REGION) -> OpenApiError:
    with pytest.raises(OpenApiError) as caught:
        client.call(api, {}, region)
    return caught.value


def test_a_call_reaches_its_product_and_is_signed(local_openapi: LocalOpenApi) -> None:
    answer = local_openapi.client().call(IDENTITY, region=REGION)
    assert answer["AccountId"] == local_openapi.account.id
    assert local_openapi.calls == ["Sts.GetCallerIdentity"]
    assert local_openapi.requests[0].region == REGION


def test_a_long_lived_key_signs_without_a_token() -> None:
    key = Credentials("LTAI-long-lived", "its-secret")
    with LocalOpenApi(key) as openapi:
        assert openapi.client().call(IDENTITY, region=REGION)["IdentityType"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"access_key_secret": "another"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "nobody"}, "InvalidAccessKeyId.NotFound"),
        ({"security_token": "stale"}, "InvalidSecurityToken.MismatchWithAccessKey"),
    ],
)
def test_wrong_credentials_are_refused_at_once_and_stay_secret(
    local_openapi: LocalOpenApi, wrong: dict[str, str], code: str
) -> None:
    credentials = replace(local_openapi.credentials, **wrong)
    error = refused(OpenApi(credentials, local_openapi.endpoints))
    assert (error.code, error.temporary) == (code, False)
    assert len(local_openapi.calls) == 1
    for secret in (credentials.access_key_secret, credentials.security_token):
        assert secret not in str(error)


@pytest.mark.parametrize("secret", ["access_key_secret", "security_token", "access_key_id"])
def test_an_error_that_quotes_what_was_signed_is_told_without_it(
    local_openapi: LocalOpenApi, secret: str
) -> None:
    quoted = getattr(local_openapi.credentials, secret)
    body = f'{{"Code": "SignatureDoesNotMatch", "Message": "signed was: {quoted}"}}'.encode()
    local_openapi.fail("GetCallerIdentity", Fault(status=400, body=body))
    error = refused(local_openapi.client())
    assert error.code == "SignatureDoesNotMatch"
    assert quoted not in str(error)
    assert "signed was: ***" in str(error)


def test_the_sdk_logs_no_request_whatever_the_environment_says(
    local_openapi: LocalOpenApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DEBUG", "sdk")
    local_openapi.client().call(IDENTITY, region=REGION)
    assert [record for record in caplog.records if record.name == "darabonba-core"] == []


def test_lists_objects_and_booleans_are_sent_as_rpc_spells_them(local_openapi: LocalOpenApi) -> None:
    client = echoing(local_openapi)
    given = {"Tag": [{"Key": "环境", "Value": "a b/c~d+e&f"}], "DryRun": True, "Left": None, "Count": 3}
    answer = client.call(ECHO, given, REGION)
    del answer["RequestId"]
    assert answer == {
        "Tag.1.Key": "环境",
        "Tag.1.Value": "a b/c~d+e&f",
        "DryRun": "true",
        "Count": "3",
        "RegionId": REGION,
    }


def test_a_roa_call_has_its_path_filled_in_and_no_region_beside(local_openapi: LocalOpenApi) -> None:
    local_openapi.products["FC"] = Product(
        "FC", "2023-03-30", {"GetFunction": lambda account, call: {"path": call.path, **call.parameters}}
    )
    answer = local_openapi.client().call(ROA, {"name": "a/b", "qualifier": "LATEST"}, REGION)
    assert (answer["path"], answer["qualifier"]) == ("/2023-03-30/functions/a%2Fb", "LATEST")
    assert "RegionId" not in answer


def test_a_body_is_sent_as_json(local_openapi: LocalOpenApi) -> None:
    client = answering(local_openapi, Echo=lambda account, call: {"body": call.body.decode()})
    assert client.call(ECHO, {}, REGION, {"a": [1]})["body"] == '{"a":[1]}'


@pytest.mark.parametrize(
    ("api", "code"),
    [
        (replace(IDENTITY, action="GetCallerIdentiti"), "InvalidAction.NotFound"),
        (replace(IDENTITY, version="2014-01-01"), "InvalidVersion"),
    ],
)
def test_what_the_api_does_not_know_it_says_by_its_own_code(
    local_openapi: LocalOpenApi, api: Api, code: str
) -> None:
    error = refused(local_openapi.client(), api)
    assert (error.code, error.status, error.temporary) == (code, 404, False)


def test_a_host_without_a_product_behind_it_says_so(local_openapi: LocalOpenApi) -> None:
    del local_openapi.products["Sts"]
    assert refused(local_openapi.client()).code == "InvalidProduct.NotFound"


@pytest.mark.parametrize("fault", [THROTTLED, SERVER_ERROR, GATEWAY_ERROR, BROKEN, DROPPED])
def test_what_passes_is_tried_again(local_openapi: LocalOpenApi, fault: Fault) -> None:
    local_openapi.fail("GetCallerIdentity", fault, times=2)
    assert local_openapi.client().call(IDENTITY, region=REGION)["AccountId"]
    assert len(local_openapi.calls) == 3


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (THROTTLED, "Throttling.User", 400),
        (SERVER_ERROR, "InternalError", 500),
        (GATEWAY_ERROR, "BadResponse", 0),
        (BROKEN, "BadResponse", 200),
        (DROPPED, "ConnectionFailed", 0),
        (Fault(status=200, body=b"[]"), "BadResponse", 200),
        (Fault(status=200, body=b""), "BadResponse", 200),
        (Fault(status=200, body=b"\xff\xfe"), "BadResponse", 0),
        (Fault(status=503, body=b"{}"), "BadResponse", 503),
        (Fault(status=500, body=b"[]"), "BadResponse", 0),
    ],
)
def test_what_does_not_pass_is_an_error_after_as_many_attempts_as_are_allowed(
    local_openapi: LocalOpenApi, fault: Fault, code: str, status: int
) -> None:
    local_openapi.fail("GetCallerIdentity", fault)
    error = refused(local_openapi.client())
    assert (error.code, error.status, error.temporary) == (code, status, True)
    assert len(local_openapi.calls) == local_openapi.retry.attempts


def test_many_threads_share_one_client(local_openapi: LocalOpenApi) -> None:
    local_openapi.fail("Echo", THROTTLED, times=20)
    local_openapi.fail("Echo", DROPPED, times=5)
    echoing(local_openapi)
    client = OpenApi(local_openapi.credentials, local_openapi.endpoints, retry=Retry(30, 0.001, 0.01))

    def asked(number: int) -> str:
        return str(client.call(ECHO, {"Number": number}, REGION)["Number"])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(asked, range(100))) == list(map(str, range(100)))


def test_a_refusal_is_not_tried_again(local_openapi: LocalOpenApi) -> None:
    local_openapi.fail("GetCallerIdentity", DENIED)
    error = refused(local_openapi.client())
    assert (error.code, error.status, error.temporary) == ("NoPermission", 403, False)
    assert len(local_openapi.calls) == 1


@pytest.mark.parametrize("success", ["false", '"False"'])
def test_a_refusal_with_status_200_is_a_refusal(local_openapi: LocalOpenApi, success: str) -> None:
    body = f'{{"Success": {success}, "Code": "NotAuthorized", "Message": "no"}}'.encode()
    local_openapi.fail("GetCallerIdentity", Fault(status=200, body=body))
    assert refused(local_openapi.client()).code == "NotAuthorized"


def test_no_server_at_all_is_a_failed_connection() -> None:
    with LocalOpenApi() as openapi:
        client = openapi.client()
    error = refused(client)
    assert (error.code, error.temporary) == ("ConnectionFailed", True)


def test_a_slow_answer_is_not_waited_for_beyond_the_deadline(local_openapi: LocalOpenApi) -> None:
    local_openapi.fail("GetCallerIdentity", Fault(seconds=5))
    start = time.monotonic()
    error = refused(local_openapi.client(deadline=start + 0.3))
    assert error.code in ("ConnectionFailed", "DeadlineExceeded")
    assert time.monotonic() - start < 2


def test_after_the_deadline_nothing_is_called(local_openapi: LocalOpenApi) -> None:
    assert refused(local_openapi.client(deadline=time.monotonic() - 1)).code == "DeadlineExceeded"
    assert local_openapi.calls == []


def test_pauses_double_up_to_a_longest_with_jitter() -> None:
    retry = Retry(first_pause=1, longest_pause=4)
    for attempt, longest in ((1, 1), (2, 2), (3, 4), (4, 4)):
        pauses = {retry.pause(attempt) for _ in range(50)}
        assert longest / 2 <= min(pauses) < max(pauses) <= longest


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("api", "path", "parameter"),
    [
        (MARKED, "Things.Thing", "MaxItems"),
        (TOKENED, "Things", "MaxResults"),
        (NUMBERED, "Things.Thing", "PageSize"),
    ],
)
def test_every_page_is_read_whichever_way_it_is_paged(
    local_openapi: LocalOpenApi, api: Api, path: str, parameter: str, size: int
) -> None:
    local_openapi.page_size = size
    client = answering(
        local_openapi,
        ListMarked=lambda account, call: by_marker(call, NAMES, "Things", "Thing"),
        ListTokened=lambda account, call: by_token(call, NAMES, "Things"),
        ListNumbered=lambda account, call: by_number(call, NAMES, "Things", "Thing"),
    )
    assert list(client.items(api, path, {parameter: 50}, REGION)) == NAMES
    assert len(local_openapi.calls) == -(-len(NAMES) // size)


def test_an_empty_list_is_one_page(local_openapi: LocalOpenApi) -> None:
    client = answering(local_openapi, ListNumbered=lambda a, call: by_number(call, [], "Things", "Thing"))
    assert list(client.items(NUMBERED, "Things.Thing", {"PageSize": 50}, REGION)) == []
    assert len(local_openapi.calls) == 1


@pytest.mark.parametrize(
    ("parameters", "shell"),
    [
        ({"PageSize": 2, "CurrentPage": 1}, "PageInfo"),
        ({"PageSize": 2, "PageNum": 1}, "Data"),
        ({"ShowSize": 2}, ""),
    ],
)
def test_the_spellings_of_other_products_page_too(
    local_openapi: LocalOpenApi, parameters: dict[str, int], shell: str
) -> None:
    def pages(account: Any, call: Any) -> dict[str, Any]:
        number = int(call.parameters.get("CurrentPage") or call.parameters.get("PageNum"))
        numbers = {"TotalCount": "7"}
        return {"Things": NAMES[2 * number - 2 : 2 * number], **({shell: numbers} if shell else numbers)}

    client = answering(local_openapi, ListNumbered=pages)
    assert list(client.items(NUMBERED, "Things", parameters, REGION)) == NAMES


def test_throttling_in_the_middle_of_a_list_loses_nothing(local_openapi: LocalOpenApi) -> None:
    local_openapi.page_size = 2
    local_openapi.fail("ListMarked", THROTTLED, times=2, after=1)
    client = answering(local_openapi, ListMarked=lambda a, call: by_marker(call, NAMES, "Things", "Thing"))
    assert list(client.items(MARKED, "Things.Thing", {"MaxItems": 50}, REGION)) == NAMES


@pytest.mark.parametrize(
    ("parameter", "lie"),
    [
        ("MaxItems", {"IsTruncated": True, "Marker": "same"}),
        ("MaxItems", {"IsTruncated": True}),
        ("MaxItems", {}),
        ("MaxResults", {"NextToken": "same"}),
        ("MaxResults", {"NextToken": 7}),
        ("PageSize", {}),
        ("PageSize", {"TotalCount": "many"}),
        ("PageSize", {"TotalCount": -1}),
    ],
)
def test_paging_that_lies_is_an_error_and_not_a_short_list(
    local_openapi: LocalOpenApi, parameter: str, lie: dict[str, Any]
) -> None:
    client = answering(local_openapi, Echo=lambda account, call: {"Things": NAMES, **lie})
    with pytest.raises(OpenApiError, match=r"^BadResponse: Echo: "):
        list(client.items(ECHO, "Things", {parameter: 50}, REGION))
    assert len(local_openapi.calls) <= 2


@pytest.mark.parametrize("parameter", ["MaxItems", "MaxResults", "PageSize"])
def test_pages_that_end_before_all_was_shown_are_an_error(
    local_openapi: LocalOpenApi, parameter: str
) -> None:
    """As where an API pages by numbers and takes no notice of MaxResults."""
    answer = {"Things": NAMES[:5], "IsTruncated": False, "TotalCount": 7}
    client = answering(local_openapi, Echo=lambda account, call: answer)
    with pytest.raises(OpenApiError, match="the pages end after 5 of 7"):
        list(client.items(ECHO, "Things", {parameter: 50}, REGION))


def test_a_list_without_an_end_is_an_error(local_openapi: LocalOpenApi) -> None:
    tokens = iter(range(10**9))
    client = answering(local_openapi, Echo=lambda account, call: {"NextToken": str(next(tokens))})
    with pytest.raises(OpenApiError, match=f"still not the last of {MAX_PAGES} pages"):
        list(client.pages(ECHO, {"MaxResults": 50}, REGION))


@pytest.mark.parametrize("answer", [{}, {"Users": None}, {"Users": {"User": {}}}, {"Users": {"User": ["x"]}}])
def test_an_answer_without_its_list_is_an_error_and_not_an_empty_list(answer: dict[str, Any]) -> None:
    with pytest.raises(OpenApiError, match=r"^BadResponse: Echo: .*Users.User"):
        listed(ECHO, answer, "Users.User")


def test_pages_want_a_size_to_know_how_the_api_pages(local_openapi: LocalOpenApi) -> None:
    with pytest.raises(ValueError, match="MaxItems, MaxResults"):
        list(local_openapi.client().pages(ECHO, {}, REGION))


@pytest.mark.parametrize(
    ("product", "region", "host"),
    [
        ("Ram", "cn-hangzhou", "ram.aliyuncs.com"),
        ("Ecs", "eu-central-1", "ecs.eu-central-1.aliyuncs.com"),
        ("Rds", "cn-beijing", "rds.aliyuncs.com"),
        ("Rds", "cn-chengdu", "rds.cn-chengdu.aliyuncs.com"),
        ("Slb", "cn-hangzhou", "slb.aliyuncs.com"),
        ("Slb", "cn-beijing", "slb.cn-beijing.aliyuncs.com"),
        ("Sas", "cn-beijing", "tds.cn-shanghai.aliyuncs.com"),
        ("Sas", "eu-central-1", "tds.ap-southeast-1.aliyuncs.com"),
    ],
)
def test_each_product_is_called_where_it_is(product: str, region: str, host: str) -> None:
    assert Endpoints().of(product, region) == Endpoint(host, "https")


def test_an_unknown_product_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(ValueError, match=r"Esc.*Ecs"):
        Endpoints().of("Esc", REGION)


def test_a_regional_product_wants_a_region() -> None:
    with pytest.raises(ValueError, match="Ecs is called by region"):
        Endpoints().of("Ecs")


def test_the_sdk_is_imported_at_the_first_call_only() -> None:
    script = (
        "import sys, shared.cloud.openapi, shared.cloud.oss; print({m.split('.')[0] for m in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("Tea", "darabonba", "aiohttp", "requests") if f"'{name}'" in loaded]
