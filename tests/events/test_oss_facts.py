"""What a request to OSS tells: which access, by whom, from where, and whether it could."""

from __future__ import annotations

from typing import Any

import pytest

from shared.events.oss_facts import facts_of, told_of
from shared.events.oss_operations import access_of, setting_of
from shared.events.percent import MOST, decoded


def facts(**fields: Any) -> dict[str, Any]:
    return facts_of(told_of({"bucket": "shop", "operation": "GetObject", **fields}))


@pytest.mark.parametrize(
    ("operation", "access"),
    [
        ("GetObject", "read"),
        ("HeadObject", "read"),
        ("ProcessImage", "read"),
        ("GetBucket", "list"),
        ("ListObjectsV2", "list"),
        ("GetService", "list"),
        ("PutObject", "write"),
        ("CompleteUploadPart", "write"),
        ("AbortMultiPartUpload", "write"),
        ("DeleteObject", "delete"),
        ("DeleteObjects", "delete"),
        ("ExpireObject", "delete"),
        ("PutBucket", "settings"),
        ("DeleteBucket", "settings"),
        ("PutBucketWebSite", "settings"),
        ("PutBucketLog", "settings"),
        ("PutObjectAcl", "settings"),
        ("DeleteBucketPolicy", "settings"),
        ("GetBucketAcl", "inspect"),
        ("GetObjectAcl", "inspect"),
        ("GetBucketLifecycle", "inspect"),
        ("PutObjectTagging", "write"),
        ("SomethingNew", "other"),
    ],
)
def test_what_an_operation_does(operation: str, access: str) -> None:
    assert facts(operation=operation)["access"] == access
    assert facts(operation=operation.upper())["access"] == access


@pytest.mark.parametrize(
    ("method", "to_object", "to_bucket"),
    [
        ("GET", "read", "inspect"),
        ("put", "write", "settings"),
        ("POST", "write", "settings"),
        ("DELETE", "delete", "settings"),
        ("OPTIONS", "other", "other"),
        ("", "other", "other"),
    ],
)
def test_an_operation_of_next_year_goes_by_its_method(method: str, to_object: str, to_bucket: str) -> None:
    assert access_of("Frobnicate", method, True, "") == to_object
    assert access_of("Frobnicate", method, False, "") == to_bucket


@pytest.mark.parametrize(
    ("operation", "uri", "setting", "access"),
    [
        ("PutBucket", "/?acl", "acl", "settings"),
        ("PutBucket", "/?acl=", "acl", "settings"),
        ("PutBucket", "%2F%3Facl", "acl", "settings"),
        ("PutBucket", "/?publicAccessBlock", "publicaccessblock", "settings"),
        ("DeleteBucket", "/?policy", "policy", "settings"),
        ("PutBucketLogging", "/?logging", "logging", "settings"),
        ("PutBucketLog", "-", "logging", "settings"),
        ("GetBucket", "/?acl", "acl", "inspect"),
        ("GetBucket", "/?prefix=a&max-keys=100", None, "list"),
        ("GetBucket", "/?prefix=a&acl", None, "list"),
        ("PutBucket", "/", None, "settings"),
        ("PutBucket", "/?x=acl", None, "settings"),
        ("GetObject", "/a?acl", None, "read"),
        ("PutObject", "/%3Facl", None, "write"),
    ],
)
def test_which_setting_a_request_is_about(operation: str, uri: str, setting: str | None, access: str) -> None:
    found = facts(operation=operation, request_uri=uri, object="a" if operation.endswith("Object") else "-")
    assert (found.get("setting"), found["access"]) == (setting, access)


def test_a_setting_is_known_by_the_name_of_the_operation_alone() -> None:
    assert setting_of("PutBucketACL", ()) == "acl"
    assert setting_of("PutObject", ()) == setting_of("", ()) == setting_of("PutBucketFoo", ()) == ""


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("200", "-", "success"),
        ("206", "", "success"),
        ("304", "-", "success"),
        ("403", "AccessDenied", "denied"),
        ("401", "-", "denied"),
        ("-", "AccessDenied", "denied"),
        ("403", "InvalidObjectState", "failed"),
        ("403", "RequestTimeTooSkewed", "failed"),
        ("404", "NoSuchKey", "failed"),
        ("503", "-", "failed"),
        ("-", "-", "success"),
        ("-", "InternalError", "failed"),
    ],
)
def test_whether_it_could(status: str, code: str, outcome: str) -> None:
    assert facts(http_status=status, error_code=code)["outcome"] == outcome


def test_a_key_without_its_secret_proves_nothing() -> None:
    assert facts(http_status="403", error_code="SignatureDoesNotMatch")["unproven"] is True
    assert "unproven" not in facts(http_status="403", error_code="AccessDenied")


@pytest.mark.parametrize("name", ["user_agent", "user-agent", "User-Agent"])
def test_three_spellings_of_the_user_agent_are_one_fact(name: str) -> None:
    assert facts(**{name: "curl/8.5"})["userAgent"] == "curl/8.5"
    assert "userAgent" not in facts(**{name: "-"})


def test_a_spelling_that_says_nothing_does_not_hide_the_one_that_does() -> None:
    assert facts(**{"user_agent": "-", "User-Agent": "curl/8.5"})["userAgent"] == "curl/8.5"


@pytest.mark.parametrize(
    ("fields", "key", "identity"),
    [
        ({"access_id": "LTAI5t1", "requester_id": "2"}, "permanent", "LTAI5t1"),
        (
            {"access_id": "STS.N", "requester_id": "3:x", "extend_information": "1,etl,x,1,"},
            "sts",
            "role/etl",
        ),
        ({"access_id": "STS.N", "requester_id": "3:x", "extend_information": "1,,,,"}, "sts", "user/3"),
        ({"access_id": "TMP.3", "requester_id": "2"}, "console", "user/2"),
        ({"access_id": "-", "requester_id": "-"}, "anonymous", "anonymous"),
        ({}, "anonymous", "anonymous"),
        ({"requester_id": "2"}, "unknown", "user/2"),
        ({"access_id": "LTAI5t1 shop/x", "requester_id": "-"}, "permanent", "LTAI5t1"),
    ],
)
def test_the_kind_of_key_and_who_holds_it(fields: dict[str, str], key: str, identity: str) -> None:
    found = facts(**fields)
    assert (found["key"], found["identity"]) == (key, identity)


def test_the_key_of_root_is_that_of_the_buckets_owner() -> None:
    owner = {"access_id": "LTAI5t1", "owner_id": "1", "requester_id": "1"}
    assert facts(**owner)["root"] is True
    assert "root" not in facts(**{**owner, "requester_id": "2"})
    assert "root" not in facts(**{**owner, "access_id": "TMP.1"})
    assert "root" not in facts(**{**owner, "owner_id": "-", "requester_id": "-"})


@pytest.mark.parametrize(
    ("extended", "account"),
    [
        ("9,,,,", "9"),
        ("9,copy,x,9,", "9"),
        ("9,partner,x,1,", None),
        ("1,,,,", None),
        ("1,etl,x,1,later,more", None),
        ("-", None),
        ("", None),
        ("-,-,-,-", None),
    ],
)
def test_another_account_is_told_by_the_account_of_its_role_or_else_its_own(
    extended: str, account: str | None
) -> None:
    assert facts(owner_id="1", requester_id="2", extend_information=extended).get("otherAccount") == account


@pytest.mark.parametrize(
    ("fields", "via", "network"),
    [
        ({"client_ip": "203.0.113.7"}, "internet", "203.0.113.0/24"),
        ({"client_ip": "2001:db8:1:2::7"}, "internet", "2001:db8:1::/48"),
        ({"client_ip": "::ffff:203.0.113.7"}, "internet", "203.0.113.0/24"),
        ({"client_ip": "10.0.0.9"}, "intranet", None),
        ({"client_ip": "100.64.1.1"}, "intranet", None),
        ({"client_ip": "-"}, "intranet", None),
        ({"client_ip": "oss.aliyuncs.com"}, "intranet", None),
        ({"client_ip": "203.0.113.7", "vpc_addr": "343819108"}, "vpc", "203.0.113.0/24"),
        ({"client_ip": "10.0.0.9", "vpc_id": "vpc-1", "vpc_addr": "343819108"}, "vpc", "vpc-1"),
        ({"client_ip": "203.0.113.7", "vpc_addr": "0", "vpc_id": "-"}, "internet", "203.0.113.0/24"),
        ({"client_ip": "203.0.113.7", "sync_request": "cdn"}, "cdn", "203.0.113.0/24"),
        ({"sync_request": "lifecycle"}, "lifecycle", None),
    ],
)
def test_where_a_request_comes_from(fields: dict[str, str], via: str, network: str | None) -> None:
    found = facts(**fields)
    assert (found["via"], found.get("network")) == (via, network)


@pytest.mark.parametrize("sync", ["lifecycle", "superuser", "sync", "sync-public"])
def test_what_oss_does_by_itself(sync: str) -> None:
    assert facts(sync_request=sync)["byService"] is True
    assert facts(operation="ExpireObject")["byService"] is True
    assert "byService" not in facts(sync_request="cdn")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/?prefix=pay%2F2026&max-keys=9", "shop/pay/2026"),
        ("/?max-keys=9&prefix=", "shop/"),
        ("%2F%3Fprefix%3Dpay", "shop/pay"),
        ("/", "shop/"),
    ],
)
def test_a_listing_is_of_the_prefix_that_it_asks_for(uri: str, path: str) -> None:
    assert facts(operation="GetBucket", object="-", request_uri=uri)["path"] == path


@pytest.mark.parametrize(
    "fields",
    [
        {"sign_type": "UriSign"},
        {"sign_type": "URI_SIGN4"},
        {"request_uri": "/a?OSSAccessKeyId=LTAI5t1&Expires=1&Signature=abc%3D"},
        {"request_uri": "/a?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=abc"},
    ],
)
def test_a_signed_url(fields: dict[str, str]) -> None:
    assert facts(**fields)["signedUrl"] is True
    assert "signedUrl" not in facts(sign_type="NORMAL_SIGN4", request_uri="/a?x-oss-process=image")
    assert "abc" not in str(facts(**fields)), "no fact holds a signature"


def test_small_responses_add_up_to_the_gigabytes_that_they_carried() -> None:
    sizes = [(n * 7_919_777) % 40_000_000 for n in range(5000)]
    counted = sum(
        facts(response_body_length=str(size), request_id=f"{n:024X}").get("gigabytes", 0)
        for n, size in enumerate(sizes)
    )
    assert counted == pytest.approx(sum(sizes) / 1e9, rel=0.2)
    assert 80 < sum(sizes) / 1e9 < 120


def test_whole_gigabytes_are_counted_exactly_and_each_time_alike() -> None:
    assert facts(response_body_length="5000000000", request_id="A")["gigabytes"] == 5
    half = [facts(response_body_length="1500000000", request_id=str(n))["gigabytes"] for n in range(40)]
    assert set(half) == {1, 2}
    assert half == [
        facts(response_body_length="1500000000", request_id=str(n))["gigabytes"] for n in range(40)
    ]
    for nothing in ("-", "", "-5", "x", "9" * 40, "٣"):
        assert "gigabytes" not in facts(response_body_length=nothing)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a%2Fb%20c", "a/b c"),
        ("%E5%8F%91", "发"),
        ("%252F", "%2F"),
        ("100%", "100%"),
        ("%zz%4", "%zz%4"),
        ("%FF", "\\xff"),
        ("%00", "\x00"),
        ("a+b", "a+b"),
        ("%5B%20x%20%5D%28javascript%3A1%29", "[ x ](javascript:1)"),
        ("%E2%80%AEfdp.exe", "\u202efdp.exe"),
        ("\ud800%20", "\\ud800 "),
    ],
)
def test_percent_encoding_is_taken_off_once(text: str, plain: str) -> None:
    assert decoded(text) == plain


def test_a_name_of_five_megabytes_is_cut() -> None:
    for huge in ("x" * 5_000_000, "%41" * 1_700_000, "%" * 5_000_000):
        assert len(decoded(huge)) == MOST
        assert len(facts(object=huge)["use"]) < 2 * MOST
