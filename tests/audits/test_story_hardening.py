"""The chapter on instances and bastion hosts, end to end: loosened in the trail, found, made fast, over."""

from __future__ import annotations

import pytest

from shared.audits.ecs_addresses import ECS_ADDRESSES
from shared.audits.ecs_disks import ECS_DISKS
from shared.audits.ecs_instances import ECS_IMAGES, ECS_INSTANCES
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED, SERVER_ERROR, Fault
from tests.cloud.openapi.products.ecs import Ecs, Instance
from tests.cloud.openapi.products.vpc import Vpcs


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a production server inside, in order."""
    ecs = audits.openapi.account[Ecs]
    ecs.instance("i-web", tags={"env": "production"})
    ecs.disk("d-1", encrypted=True)
    team = Team(audits, (ECS_INSTANCES, ECS_IMAGES, ECS_ADDRESSES, ECS_DISKS))
    assert team.audit() == []
    return team


def web(team: Team) -> Instance:
    return team.audits.openapi.account[Ecs].instances["i-web"]


def loosen(team: Team) -> None:
    heard = team.trail("Ecs", "ModifyInstanceMetadataOptions", InstanceId="i-web", HttpTokens="optional")
    assert ("ecs-metadata-hardening-off", "happened") in heard
    web(team).http_tokens = "optional"


def test_metadata_is_given_to_whoever_asks_and_no_more(team: Team) -> None:
    loosen(team)
    assert team.audit() == [("ecs-metadata-without-token", "standing")]
    assert "i-web" in team.heard[-1].summary
    assert team.audit() == [], "what stands is told once"
    heard = team.trail("Ecs", "ModifyInstanceMetadataOptions", InstanceId="i-web", HttpTokens="required")
    assert ("ecs-metadata-hardening-off", "happened") not in heard
    web(team).http_tokens = "required"
    assert team.audit() == [("ecs-metadata-without-token", "resolved")]


@pytest.mark.parametrize("fault", [DENIED, SERVER_ERROR], ids=["denied", "broken"])
def test_what_cannot_be_seen_is_not_made_fast(team: Team, fault: Fault) -> None:
    loosen(team)
    team.audit()
    web(team).http_tokens = "required"
    team.audits.openapi.fail("DescribeInstances", fault)
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}
    team.audits.openapi.mend()
    assert ("ecs-metadata-without-token", "resolved") in team.audit()


def test_an_instance_in_production_can_be_released_by_mistake(team: Team) -> None:
    heard = team.trail("Ecs", "ModifyInstanceAttribute", InstanceId="i-web", DeletionProtection="false")
    assert ("ecs-deletion-protection-off", "happened") in heard
    web(team).protected = False
    assert team.audit() == [("ecs-production-deletable", "standing")]
    web(team).protected = True
    assert team.audit() == [("ecs-production-deletable", "resolved")]


def test_a_public_address_comes_and_goes(team: Team) -> None:
    vpcs = team.audits.openapi.account[Vpcs]
    heard = team.trail("Vpc", "AssociateEipAddress", AllocationId="eip-1", InstanceId="i-web")
    assert ("public-address-attached", "happened") in heard
    vpcs.eip("198.51.100.7", "i-web")

    team.audits.openapi.fail("DescribeEipAddresses", DENIED)
    assert team.audit() == [("audit-incomplete", "standing")], "a list that is not seen has not changed"
    team.audits.openapi.mend()
    assert team.audit() == [("audit-incomplete", "resolved"), ("ecs-public-address-new", "happened")]
    assert team.last("ecs-public-address-new").summary == (
        "Public addresses of cn-hangzhou: added 198.51.100.7 of EcsInstance i-web"
    )
    vpcs.eips.clear()
    assert team.audit() == [("ecs-public-address-new", "happened")]
    assert "removed 198.51.100.7" in team.heard[-1].summary


def test_a_disk_in_the_clear(team: Team) -> None:
    heard = team.trail("Ecs", "CreateDisk", DiskName="data", Encrypted="false")
    assert ("ecs-disk-unencrypted", "happened") in heard
    ecs = team.audits.openapi.account[Ecs]
    ecs.disk("d-2", encrypted=False)
    assert team.audit() == [("ecs-disk-not-encrypted", "standing")]
    ecs.disks.pop()
    assert team.audit() == [("ecs-disk-not-encrypted", "resolved")]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("EnableInstancePublicAccess", {}),
        ("ConfigInstanceWhiteList", {"WhiteList.1": "0.0.0.0/0"}),
        ("ModifyInstanceTwoFactor", {"EnableTwoFactor": "false"}),
    ],
    ids=["public", "whitelist", "second factor"],
)
def test_a_bastion_host_is_opened_up(team: Team, name: str, parameters: dict[str, str]) -> None:
    heard = team.trail("Yundun-bastionhost", name, InstanceId="bastionhost-cn-1", **parameters)
    assert ("bastion-host-exposed", "happened") in heard
    assert team.last("bastion-host-exposed").level == "high"
