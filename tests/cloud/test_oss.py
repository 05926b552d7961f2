"""The OSS client against local buckets, and the official SDK as judge of what the local OSS takes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import alibabacloud_oss_v2 as official
import pytest

from shared.cloud import oss
from shared.cloud.openapi import Api, OpenApiError
from shared.cloud.oss import Oss
from tests.cloud.openapi import BROKEN, DENIED, DROPPED, SERVER_ERROR, Fault, LocalOpenApi
from tests.cloud.openapi.oss import Bucket, Buckets

REGION = "cn-hangzhou"
EVERYONE = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Principal": ["*"], "Action": ["oss:GetObject"]}],
}


@pytest.fixture
def client(local_openapi: LocalOpenApi) -> Oss:
    return Oss(local_openapi.credentials, local_openapi.endpoints, retry=local_openapi.retry)


@pytest.fixture
def bucket(local_openapi: LocalOpenApi) -> Bucket:
    return local_openapi.account[Buckets].add("ledger")


def refused(client: Oss, api: Api = oss.GET_BUCKET_ACL, name: str = "ledger") -> OpenApiError:
    with pytest.raises(OpenApiError) as caught:
        client.get(api, name, REGION)
    return caught.value


@pytest.mark.parametrize("size", [1, 3, 5, 1000])
def test_every_page_of_buckets_is_read(local_openapi: LocalOpenApi, client: Oss, size: int) -> None:
    for number in range(5):
        local_openapi.account[Buckets].add(f"bucket-{number}", region="cn-beijing")
    local_openapi.page_size = size
    found = list(client.buckets(REGION))
    assert [bucket["Name"] for bucket in found] == [f"bucket-{number}" for number in range(5)]
    assert {bucket["Region"] for bucket in found} == {"cn-beijing"}


def test_an_account_without_buckets_has_none(client: Oss) -> None:
    assert list(client.buckets(REGION)) == []


@pytest.mark.parametrize(
    ("api", "path", "settings", "expected"),
    [
        (oss.GET_BUCKET_ACL, "AccessControlList/Grant", {"acl": "public-read"}, "public-read"),
        (oss.GET_BUCKET_INFO, "Bucket/AccessControlList/Grant", {"acl": "public-read"}, "public-read"),
        (oss.GET_BUCKET_POLICY_STATUS, "IsPublic", {"policy": EVERYONE}, "true"),
        (oss.GET_BUCKET_PUBLIC_ACCESS_BLOCK, "BlockPublicAccess", {"block_public": True}, "true"),
        (oss.GET_BUCKET_LOGGING, "LoggingEnabled/TargetBucket", {"logging_to": "logs"}, "logs"),
        (oss.GET_BUCKET_LOGGING, "LoggingEnabled/TargetBucket", {}, None),
        (oss.GET_BUCKET_ENCRYPTION, ".//SSEAlgorithm", {"encryption": "KMS"}, "KMS"),
        (oss.GET_BUCKET_VERSIONING, "Status", {"versioning": "Enabled"}, "Enabled"),
        (oss.GET_BUCKET_LIFECYCLE, "Rule/ID", {"lifecycle": "<Rule><ID>old</ID></Rule>"}, "old"),
    ],
)
def test_each_setting_is_read_by_its_own_operation(
    local_openapi: LocalOpenApi, client: Oss, api: Api, path: str, settings: dict[str, object], expected: str
) -> None:
    local_openapi.account[Buckets].add("ledger", **settings)
    assert client.get(api, "ledger", REGION).findtext(path) == expected
    assert local_openapi.calls == [f"Oss.{api.action}"]


def test_the_accounts_own_public_access_block_is_asked_without_a_bucket(
    local_openapi: LocalOpenApi, client: Oss
) -> None:
    local_openapi.account[Buckets].block_public = True
    assert client.get(oss.GET_PUBLIC_ACCESS_BLOCK, "", REGION).findtext("BlockPublicAccess") == "true"
    assert local_openapi.calls == ["Oss.GetPublicAccessBlock"]


def test_a_policy_is_json(client: Oss, bucket: Bucket) -> None:
    bucket.policy = EVERYONE
    assert client.policy("ledger", REGION) == EVERYONE


@pytest.mark.parametrize(
    ("api", "code"),
    [
        (oss.GET_BUCKET_POLICY, "NoSuchBucketPolicy"),
        (oss.GET_BUCKET_ENCRYPTION, "NoSuchServerSideEncryptionRule"),
        (oss.GET_BUCKET_LIFECYCLE, "NoSuchLifecycle"),
    ],
)
def test_what_was_never_set_is_told_by_osss_own_code(
    client: Oss, bucket: Bucket, api: Api, code: str
) -> None:
    error = refused(client, api)
    assert (error.code, error.status, error.temporary) == (code, 404, False)


def test_a_bucket_is_asked_in_its_own_region(local_openapi: LocalOpenApi, client: Oss) -> None:
    local_openapi.account[Buckets].add("elsewhere", region="cn-beijing")
    assert refused(client, name="elsewhere").code == "AccessDenied"
    assert client.get(oss.GET_BUCKET_ACL, "elsewhere", "cn-beijing") is not None


@pytest.mark.parametrize("fault", [SERVER_ERROR, DROPPED])
def test_what_passes_is_tried_again(
    local_openapi: LocalOpenApi, client: Oss, bucket: Bucket, fault: Fault
) -> None:
    local_openapi.fail("GetBucketAcl", fault, times=2, bucket="ledger")
    assert client.get(oss.GET_BUCKET_ACL, "ledger", REGION) is not None
    assert len(local_openapi.calls) == 3


@pytest.mark.parametrize(
    ("fault", "code", "attempts"),
    [
        (DENIED, "NoPermission", 1),
        (BROKEN, "BadResponse", 1),
        (DROPPED, "ConnectionFailed", 4),
        (Fault(status=502, body=b"<html>"), "BadResponse", 4),
        (Fault(status=302, body=b""), "BadResponse", 1),
    ],
)
def test_what_does_not_pass_is_an_error(
    local_openapi: LocalOpenApi, client: Oss, bucket: Bucket, fault: Fault, code: str, attempts: int
) -> None:
    local_openapi.fail("GetBucketAcl", fault)
    assert refused(client).code == code
    assert len(local_openapi.calls) == attempts


def test_a_slow_answer_is_not_waited_for_beyond_the_deadline(
    local_openapi: LocalOpenApi, bucket: Bucket
) -> None:
    local_openapi.fail("GetBucketAcl", Fault(seconds=5))
    start = time.monotonic()
    error = refused(Oss(local_openapi.credentials, local_openapi.endpoints, start + 0.3, local_openapi.retry))
    assert error.code in ("ConnectionFailed", "DeadlineExceeded")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "body",
    [
        b"<ListAllMyBucketsResult/>",
        b"<ListAllMyBucketsResult><IsTruncated>true</IsTruncated><Buckets/></ListAllMyBucketsResult>",
        b"<R><IsTruncated>true</IsTruncated><NextMarker>same</NextMarker><Buckets/></R>",
    ],
)
def test_a_list_that_lies_is_an_error_and_not_a_short_list(
    local_openapi: LocalOpenApi, client: Oss, body: bytes
) -> None:
    local_openapi.fail("ListBuckets", Fault(status=200, body=body))
    with pytest.raises(OpenApiError, match=r"^BadResponse: ListBuckets: "):
        list(client.buckets(REGION))
    assert len(local_openapi.calls) <= 2


@pytest.mark.parametrize(
    "wrong", [{"access_key_secret": "another"}, {"access_key_id": "nobody"}, {"security_token": "stale"}]
)
def test_wrong_credentials_are_refused_and_stay_secret(
    local_openapi: LocalOpenApi, bucket: Bucket, wrong: dict[str, str]
) -> None:
    credentials = replace(local_openapi.credentials, **wrong)
    error = refused(Oss(credentials, local_openapi.endpoints))
    assert error.status in (400, 403)
    for secret in (credentials.access_key_secret, credentials.security_token):
        assert secret not in str(error)


def test_an_error_that_quotes_what_was_signed_is_told_without_it(
    local_openapi: LocalOpenApi, client: Oss, bucket: Bucket
) -> None:
    quoted = local_openapi.credentials.security_token
    body = f"<Error><Code>SignatureDoesNotMatch</Code><Message>signed: {quoted}</Message></Error>".encode()
    local_openapi.fail("GetBucketAcl", Fault(status=403, body=body))
    assert str(refused(client)) == "SignatureDoesNotMatch: GetBucketAcl: signed: ***"


def test_no_other_password_of_this_machine_is_sent(
    local_openapi: LocalOpenApi, client: Oss, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(f"machine ledger.oss-{REGION}.aliyuncs.com login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert client.get(oss.GET_BUCKET_ACL, "ledger", REGION) is not None


def test_nobody_is_followed_elsewhere(local_openapi: LocalOpenApi, client: Oss, bucket: Bucket) -> None:
    elsewhere = f"http://oss-{REGION}.aliyuncs.com/?acl"
    local_openapi.fail("GetBucketAcl", Fault(status=307, body=b"", location=elsewhere), times=1)
    assert refused(client).code == "BadResponse"
    assert len(local_openapi.calls) == 1


def official_client(openapi: LocalOpenApi, secret: str) -> official.Client:
    keys = openapi.credentials
    config = official.config.load_default()
    config.credentials_provider = official.credentials.StaticCredentialsProvider(
        keys.access_key_id, secret, keys.security_token
    )
    config.region, config.proxy_host, config.retry_max_attempts = REGION, {"http": openapi.url}, 1
    config.endpoint = f"http://oss-{REGION}.aliyuncs.com"
    return official.Client(config)


def test_the_official_sdks_signature_is_taken_and_its_reading_of_the_answers_is_ours(
    local_openapi: LocalOpenApi, client: Oss, bucket: Bucket
) -> None:
    """What checks our signatures here takes the official SDK's as well, and no wrong one."""
    bucket.acl = "public-read"
    judge = official_client(local_openapi, local_openapi.credentials.access_key_secret)
    ours = client.get(oss.GET_BUCKET_ACL, "ledger", REGION).findtext("AccessControlList/Grant")
    assert judge.get_bucket_acl(official.GetBucketAclRequest("ledger")).acl == ours == "public-read"
    (listed,) = judge.list_buckets(official.ListBucketsRequest()).buckets
    assert listed.name == "ledger"
    with pytest.raises(official.exceptions.OperationError, match="SignatureDoesNotMatch"):
        official_client(local_openapi, "wrong").get_bucket_acl(official.GetBucketAclRequest("ledger"))
