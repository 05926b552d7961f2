"""What a look at the live account answers, and what it says when it can't see."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from shared.audits.confirm import BUDGET, FRESH, Confirmer, permissions
from shared.audits.live import LiveAccount
from shared.audits.look_ups import LOOK_UPS
from shared.detection import confirm as may_be_asked
from shared.events.event import Event
from shared.events.sources import SOURCES
from tests.cloud.openapi import BROKEN, DENIED, LocalOpenApi
from tests.cloud.openapi.oss import Buckets
from tests.cloud.openapi.products.alb import Alb
from tests.cloud.openapi.products.ecs import Ecs
from tests.cloud.openapi.products.kms import Kms
from tests.cloud.openapi.products.ram import DOMAIN, Ram
from tests.cloud.openapi.products.slb import Slb

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
ALL_AT_ONCE = "0.0.0.0/0"


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def confirmer(local_openapi: LocalOpenApi, clock: Clock) -> Confirmer:
    account = LiveAccount(local_openapi.credentials, local_openapi.url, retry=local_openapi.retry)
    return Confirmer(account, "cn-hangzhou", NOW, local_openapi.account.id, clock)


def event(name: str = "PutBucketAcl", **parameters: Any) -> Event:
    record = {"eventId": "1", "eventName": name, "acsRegion": "cn-hangzhou", "requestParameters": parameters}
    return SOURCES["actiontrail"].read(record, "x", NOW)


def test_what_rules_may_ask_can_be_answered() -> None:
    assert set(LOOK_UPS) == set(may_be_asked.LOOK_UPS)


def test_looks_only_read() -> None:
    assert permissions()
    assert [
        each for each in permissions() if not each.split(":")[1].startswith(("Get", "List", "Describe"))
    ] == []


@pytest.mark.parametrize(
    ("settings", "outcome", "says"),
    [
        ({"acl": "public-read"}, "confirmed", "anybody can read"),
        ({"acl": "private"}, "refuted", "data is not public"),
        ({"acl": "public-read", "block_public": True}, "refuted", "data is not public"),
    ],
)
def test_a_bucket_is_public_or_not(
    confirmer: Confirmer, local_openapi: LocalOpenApi, settings: dict[str, Any], outcome: str, says: str
) -> None:
    local_openapi.account[Buckets].add("data", **settings)
    answer = confirmer("bucket-public", event(BucketName="data"))
    assert (answer.outcome, says in answer.text) == (outcome, True), answer


def test_the_bucket_may_be_told_by_the_resources_alone(
    confirmer: Confirmer, local_openapi: LocalOpenApi
) -> None:
    local_openapi.account[Buckets].add("data", acl="public-read")
    told = event()
    told = replace(told, fields={**told.fields, "referencedResources": {"ACS::OSS::Bucket": ["data"]}})
    assert confirmer("bucket-public", told).outcome == "confirmed"


def test_a_security_group_is_open_or_not(confirmer: Confirmer, local_openapi: LocalOpenApi) -> None:
    local_openapi.account[Ecs].group("sg-open").lets("22/22", ALL_AT_ONCE)
    local_openapi.account[Ecs].group("sg-shut").lets("22/22", "10.0.0.0/8")
    opened = confirmer("security-group-open", event("AuthorizeSecurityGroup", SecurityGroupId="sg-open"))
    shut = confirmer("security-group-open", event("AuthorizeSecurityGroup", SecurityGroupId="sg-shut"))
    assert (opened.outcome, shut.outcome) == ("confirmed", "refuted")
    assert "22" in opened.text


@pytest.mark.parametrize(
    "named", [{"UserName": "bob"}, {"UserPrincipalName": f"bob@{DOMAIN}"}], ids=["name", "principal"]
)
def test_a_user_has_a_device_or_not(
    confirmer: Confirmer, local_openapi: LocalOpenApi, named: dict[str, str]
) -> None:
    user = local_openapi.account[Ram].user("bob", console=True)
    asked = event("UnbindMFADevice", **named)
    assert confirmer("user-without-mfa", asked).outcome == "confirmed"
    user.mfa = True
    confirmer._seen.clear()
    assert confirmer("user-without-mfa", asked).outcome == "refuted"


def test_a_key_is_usable_or_not(confirmer: Confirmer, local_openapi: LocalOpenApi) -> None:
    local_openapi.account[Kms].key("k-1", state="PendingDeletion")
    local_openapi.account[Kms].key("k-2")
    assert confirmer("kms-key-unusable", event("ScheduleKeyDeletion", KeyId="k-1")).outcome == "confirmed"
    assert confirmer("kms-key-unusable", event("ScheduleKeyDeletion", KeyId="k-2")).outcome == "refuted"


SECURED = "SetLoadBalancerHTTPSListenerAttribute"


def listener_event(name: str, service: str, **parameters: Any) -> Event:
    record = {"eventId": "1", "eventName": name, "serviceName": service, "requestParameters": parameters}
    return SOURCES["actiontrail"].read(record, "x", NOW)


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ("tls_cipher_policy_1_0", "confirmed"),
        ("tls_cipher_policy_1_2_strict", "refuted"),
        (None, "unconfirmed"),
    ],
)
def test_a_listener_allows_old_tls_or_not(
    confirmer: Confirmer, local_openapi: LocalOpenApi, policy: str | None, outcome: str
) -> None:
    slb = local_openapi.account[Slb]
    slb.balancer("lb-1")
    slb.http("lb-1", port=80)
    slb.https("lb-1", policy, port=443)
    asked = listener_event(SECURED, "Slb", LoadBalancerId="lb-1", ListenerPort=443)
    assert confirmer("listener-weak-tls", asked).outcome == outcome


def test_a_listener_of_an_alb_is_found_by_its_id(confirmer: Confirmer, local_openapi: LocalOpenApi) -> None:
    alb = local_openapi.account[Alb]
    alb.balancer("alb-1")
    alb.listener("lsn-1", "alb-1", "HTTPS", policy="tls_cipher_policy_1_1")
    asked = listener_event("UpdateListenerAttribute", "Alb", ListenerId="lsn-1")
    assert confirmer("listener-weak-tls", asked).text == (
        "the listener allows TLS 1.1 and newer (tls_cipher_policy_1_1)"
    )


def test_a_refusal_confirms_nothing_and_says_so(confirmer: Confirmer, local_openapi: LocalOpenApi) -> None:
    local_openapi.account[Ecs].group("sg-1").lets("22/22", ALL_AT_ONCE)
    local_openapi.fail("DescribeSecurityGroupAttribute", DENIED)
    answer = confirmer("security-group-open", event("AuthorizeSecurityGroup", SecurityGroupId="sg-1"))
    assert answer.outcome == "unconfirmed"
    assert answer.text.startswith("ecs:DescribeSecurityGroupAttribute failed: ")


def test_an_answer_that_is_not_understood_confirms_nothing(
    confirmer: Confirmer, local_openapi: LocalOpenApi
) -> None:
    local_openapi.account[Kms].key("k-1")
    local_openapi.fail("DescribeKey", BROKEN)
    assert confirmer("kms-key-unusable", event("DisableKey", KeyId="k-1")).outcome == "unconfirmed"


def test_an_event_that_does_not_say_which_one_confirms_nothing_and_asks_nobody(
    confirmer: Confirmer, local_openapi: LocalOpenApi
) -> None:
    assert (
        confirmer("kms-key-unusable", event("DisableKey")).text == "the event does not say which one it was"
    )
    assert local_openapi.calls == []


def test_the_same_thing_is_looked_at_once_in_a_while(
    confirmer: Confirmer, local_openapi: LocalOpenApi, clock: Clock
) -> None:
    local_openapi.account[Kms].key("k-1", state="Disabled")
    for _ in range(20):
        assert confirmer("kms-key-unusable", event("DisableKey", KeyId="k-1")).outcome == "confirmed"
    assert len(local_openapi.calls) == 1
    clock.time = FRESH + 1
    confirmer("kms-key-unusable", event("DisableKey", KeyId="k-1"))
    assert len(local_openapi.calls) == 2


def test_a_slow_account_does_not_hold_alerts_back(
    confirmer: Confirmer, local_openapi: LocalOpenApi, clock: Clock
) -> None:
    local_openapi.account[Kms].key("k-1", state="Disabled")
    confirmer._spent = BUDGET
    answer = confirmer("kms-key-unusable", event("DisableKey", KeyId="k-1"))
    assert answer.text == "no time was left to look at the live account"
    assert local_openapi.calls == []
