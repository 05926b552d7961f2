"""Facts of ActionTrail events: what their parameters say, in every form that they may take."""

from __future__ import annotations

from typing import Any

import pytest

from shared.events.actiontrail_facts import facts_of

TLS: dict[str, tuple[Any, list[str] | None]] = {
    "CLB, the oldest policy": ({"TLSCipherPolicy": "tls_cipher_policy_1_0"}, ["1.0"]),
    "ALB and NLB": ({"SecurityPolicyId": "tls_cipher_policy_1_1"}, ["1.1"]),
    "from 1.0 up to 1.3": ({"SecurityPolicyId": "tls_cipher_policy_1_0_to_1_3"}, ["1.0"]),
    "strict with 1.3": ({"SecurityPolicyId": "tls_cipher_policy_1_2_strict_with_1_3"}, ["1.2"]),
    "strict": ({"TLSCipherPolicy": "tls_cipher_policy_1_2_strict"}, ["1.2"]),
    "a custom policy, flat keys": ({"TLSVersions.1": "TLSv1.0", "TLSVersions.2": "TLSv1.2"}, ["1.0", "1.2"]),
    "a custom policy, an array": ({"TlsVersions": ["TLSv1.2", "TLSv1.3"]}, ["1.2", "1.3"]),
    "a custom policy, a JSON string": ({"TLSVersions": '["TLSv1.1"]'}, ["1.1"]),
    "without its minor number": ({"TLSVersions": ["TLSv1"]}, ["1.0"]),
    "without the v": ({"TLSVersions": "TLS1.1,TLS1.2"}, ["1.1", "1.2"]),
    "the id of a custom policy": ({"SecurityPolicyId": "spy-n0kn923f"}, None),
    "a name that only sounds like it": ({"SecurityPolicyName": "tls_cipher_policy_1_0"}, None),
}


@pytest.mark.parametrize(("parameters", "versions"), TLS.values(), ids=TLS.keys())
def test_the_tls_versions_that_a_listener_accepts(parameters: Any, versions: list[str] | None) -> None:
    assert facts_of({"requestParameters": parameters}).get("tlsVersions") == versions


ACLS: dict[str, tuple[Any, str | None]] = {
    "the header": ({"x-oss-acl": "public-read"}, "public-read"),
    "an object's header": ({"x-oss-object-acl": "public-read-write"}, "public-read-write"),
    "a parameter": ({"acl": "Public-Read"}, "public-read"),
    "the request body": (
        {"AccessControlPolicy": {"AccessControlList": {"Grant": "public-read"}}},
        "public-read",
    ),
    "private": ({"x-oss-acl": "private"}, None),
    "a bucket that is only named so": ({"bucket": "public-read"}, None),
}


@pytest.mark.parametrize(("parameters", "acl"), ACLS.values(), ids=ACLS.keys())
def test_the_public_acl_that_a_request_sets(parameters: Any, acl: str | None) -> None:
    assert facts_of({"requestParameters": parameters}).get("publicAcl") == acl


@pytest.mark.parametrize("error", [{}, {"errorCode": "", "errorMessage": ""}, {"errorMessage": "success"}])
def test_no_error_is_a_success(error: dict[str, str]) -> None:
    assert facts_of(error)["outcome"] == "success"


@pytest.mark.parametrize("error", [{"errorCode": "NoPermission"}, {"errorMessage": "denied"}])
def test_an_error_code_or_message_is_a_failure(error: dict[str, str]) -> None:
    assert facts_of(error)["outcome"] == "failure"
