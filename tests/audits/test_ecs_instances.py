"""Instances, their images, disks and public addresses."""

from __future__ import annotations

import pytest

from shared.audits.collector import Collector
from shared.audits.ecs_addresses import ECS_ADDRESSES
from shared.audits.ecs_disks import ECS_DISKS
from shared.audits.ecs_instances import ECS_IMAGES, ECS_INSTANCES
from tests.audits.conftest import REGION, Audits, facts
from tests.cloud.openapi import DENIED, THROTTLED
from tests.cloud.openapi.products.ecs import Ecs
from tests.cloud.openapi.products.vpc import Vpcs


def ecs(audits: Audits) -> Ecs:
    return audits.openapi.account[Ecs]


def test_an_instance(audits: Audits) -> None:
    ecs(audits).instance("i-1", public=("203.0.113.5",), elastic="203.0.113.6", tags={"env": "prod", "a": ""})
    found = facts(audits.look(ECS_INSTANCES), "ecs_instance")["i-1"]
    assert {name: found[name] for name in ("tags", "addresses", "deletion_protection", "http_tokens")} == {
        "tags": ["a=", "env=prod"],
        "addresses": ["203.0.113.5", "203.0.113.6"],
        "deletion_protection": True,
        "http_tokens": "required",
    }


def test_what_an_old_answer_does_not_tell_of_the_metadata_is_unknown(audits: Audits) -> None:
    ecs(audits).instance("i-1", http_tokens=None)
    assert facts(audits.look(ECS_INSTANCES), "ecs_instance")["i-1"]["http_tokens"] == "unknown"


def test_an_image_is_known_by_its_id_its_name_and_its_family(audits: Audits) -> None:
    ecs(audits).images["m-1"] = {
        "ImageName": "hardened-7",
        "ImageFamily": "hardened",
        "ImageOwnerAlias": "self",
    }
    ecs(audits).instance("i-1", image="m-1")
    ecs(audits).instance("i-2", image="m-1")
    ecs(audits).instance("i-3", image="m-deleted")
    found = facts(audits.look(ECS_IMAGES), "ecs_image")
    assert found["i-1"]["marks"] == ["m-1", "hardened-7", "hardened"]
    assert (found["i-3"]["marks"], found["i-3"]["image_name"]) == (["m-deleted"], "")
    assert audits.openapi.calls.count("Ecs.DescribeImages") == 2


def test_without_the_images_the_instances_are_known_all_the_same(audits: Audits) -> None:
    ecs(audits).instance("i-1")
    audits.openapi.fail("DescribeImages", DENIED)
    events = audits.look(ECS_INSTANCES, ECS_IMAGES)
    assert set(facts(events, "ecs_instance")) == {"i-1"}
    assert facts(events, "unknown")["ecs_image i-1"]["api"] == "ecs:DescribeImages"


def test_disks(audits: Audits) -> None:
    ecs(audits).disk("d-1", encrypted=True, KMSKeyId="key-1", InstanceId="i-1", Type="system")
    ecs(audits).disk("d-2", encrypted=False)
    found = facts(audits.look(ECS_DISKS), "ecs_disk")
    assert (found["d-1"]["encrypted"], found["d-1"]["key"], found["d-1"]["type"]) == (True, "key-1", "system")
    assert (found["d-2"]["encrypted"], found["d-2"]["instance"]) == (False, "")


def addresses(audits: Audits) -> list[str]:
    found: list[str] = facts(audits.look(ECS_ADDRESSES), "ecs_addresses")[REGION]["addresses"]
    return found


def test_public_addresses_and_whose_they_are(audits: Audits) -> None:
    audits.openapi.page_size = 2
    for number in range(1, 4):
        ecs(audits).instance(f"i-{number}", public=(f"203.0.113.{number}",))
        audits.openapi.account[Vpcs].eip(f"198.51.100.{number}", f"i-{number}")
    audits.openapi.account[Vpcs].eip("198.51.100.9")
    assert addresses(audits) == [
        f"{network}.{number} of EcsInstance i-{number}"
        for network in ("198.51.100", "203.0.113")
        for number in (1, 2, 3)
    ]


def test_an_account_without_addresses_says_so(audits: Audits) -> None:
    assert addresses(audits) == []


def test_a_list_of_addresses_that_is_not_whole_is_none(audits: Audits) -> None:
    ecs(audits).instance("i-1", public=("203.0.113.1",))
    audits.openapi.fail("DescribeEipAddresses", DENIED)
    events = audits.look(ECS_ADDRESSES)
    assert facts(events, "ecs_addresses") == {}
    assert facts(events, "unknown")[f"ecs_addresses {REGION}"]["api"] == "vpc:DescribeEipAddresses"


LISTS = [
    (ECS_INSTANCES, "DescribeInstances", "ecs_instance"),
    (ECS_IMAGES, "DescribeInstances", "ecs_image"),
    (ECS_DISKS, "DescribeDisks", "ecs_disk"),
]


@pytest.mark.parametrize(("collector", "action", "kind"), LISTS)
def test_every_page_or_it_says_so(audits: Audits, collector: Collector, action: str, kind: str) -> None:
    audits.openapi.page_size = 2
    for number in range(5):
        ecs(audits).instance(f"i-{number}")
        ecs(audits).disk(f"d-{number}", encrypted=True)
    audits.openapi.fail(action, THROTTLED, times=2)
    assert len(facts(audits.look(collector), kind)) == 5
    ecs(audits).instances.clear()
    ecs(audits).disks.clear()
    audits.openapi.fail(action, DENIED)
    events = audits.look(collector)
    assert facts(events, kind) == {} and facts(events, "unknown")[kind]["error"] == "NoPermission"
    audits.openapi.mend()
    assert [fields["exists"] for fields in facts(audits.look(collector), kind).values()] == [False] * 5


@pytest.mark.parametrize(("collector", "action", "kind"), LISTS)
def test_a_listing_that_breaks_off_loses_nothing(
    audits: Audits, collector: Collector, action: str, kind: str
) -> None:
    audits.openapi.page_size = 2
    for number in range(3):
        ecs(audits).instance(f"i-{number}")
        ecs(audits).disk(f"d-{number}", encrypted=True)
    audits.look(collector)
    audits.openapi.fail(action, DENIED, times=1, after=1)
    events = audits.look(collector)
    assert len(facts(events, kind)) == 2
    assert all(fields["exists"] for fields in facts(events, kind).values())
