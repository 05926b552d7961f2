"""The chapter on open ports, end to end: opened in the trail, found by the audit, shut, told as over."""

from __future__ import annotations

import pytest

from shared.audits.ecs_addresses import ECS_ADDRESSES
from shared.audits.ecs_instances import ECS_IMAGES, ECS_INSTANCES
from shared.audits.ecs_security_groups import SECURITY_GROUPS
from shared.config import HERE
from shared.detection.engine import Engine
from shared.detection.load import load_rule
from shared.events.sources import SOURCES
from tests.audits.conftest import Audits
from tests.audits.team import Team
from tests.cloud.openapi import DENIED
from tests.cloud.openapi.products.ecs import Ecs

WORLD = "0.0.0.0/0"


@pytest.fixture
def team(audits: Audits) -> Team:
    """An account with a production web server that the world reaches at 443, as it should."""
    ecs = audits.openapi.account[Ecs]
    ecs.group("sg-web").lets("443/443")
    ecs.instance("i-web", groups=("sg-web",), elastic="203.0.113.5", tags={"env": "production"})
    team = Team(audits, (SECURITY_GROUPS, ECS_ADDRESSES, ECS_INSTANCES, ECS_IMAGES))
    assert team.audit() == []
    return team


def ecs(team: Team) -> Ecs:
    return team.audits.openapi.account[Ecs]


def test_a_port_is_opened_and_shut_again(team: Team) -> None:
    ecs(team).groups["sg-web"].lets("22/22")
    opened = {"SecurityGroupId": "sg-web", "IpProtocol": "tcp", "PortRange": "22/22", "SourceCidrIp": WORLD}
    assert ("sensitive-port-opened-to-world", "happened") in team.trail(
        "Ecs", "AuthorizeSecurityGroup", **opened
    )
    assert team.audit() == [("ecs-open-group", "standing"), ("ecs-sensitive-port-open", "standing")]
    told = next(alert for alert in team.heard if alert.rule == "ecs-sensitive-port-open")
    assert told.level == "high"
    assert told.summary == (
        "The whole internet reaches host of i-web (i-web, cn-hangzhou, 203.0.113.5): "
        "tcp 22 from 0.0.0.0/0, tcp 443 from 0.0.0.0/0, by sg-web"
    )
    assert team.audit() == [], "what stands is told once"

    ecs(team).groups["sg-web"].rules.pop()
    assert team.audit() == [("ecs-open-group", "resolved"), ("ecs-sensitive-port-open", "resolved")]


def test_a_denial_that_goes_first_shuts_it_too(team: Team) -> None:
    ecs(team).groups["sg-web"].lets("22/22", Priority=2)
    team.audit()
    ecs(team).groups["sg-web"].lets("22/22", Policy="Drop", Priority=1)
    assert team.audit() == [("ecs-open-group", "resolved"), ("ecs-sensitive-port-open", "resolved")]


def test_a_port_of_ones_own_counts_in_production_alone(team: Team) -> None:
    ecs(team).group("sg-test").lets("8081/8081")
    ecs(team).instance("i-test", groups=("sg-test",), elastic="203.0.113.6", tags={"env": "test"})
    assert team.audit() == []
    ecs(team).instances["i-test"].tags = {"env": "prod"}
    assert team.audit() == [("ecs-production-port-open", "standing")]
    ecs(team).instances["i-test"].status = "Stopped"
    assert team.audit() == [("ecs-production-port-open", "resolved")]


def test_an_open_group_without_instances(team: Team) -> None:
    ecs(team).group("sg-old").lets("3306/3306", "::/0")
    assert team.audit() == [("ecs-open-group", "standing")]
    assert team.heard[-1].level == "low"
    del ecs(team).groups["sg-old"]
    assert team.audit() == [("ecs-open-group", "resolved")]


@pytest.mark.parametrize(
    "refused", ["DescribeSecurityGroups", "DescribeSecurityGroupAttribute", "DescribeInstances"]
)
def test_what_cannot_be_seen_ends_nothing(team: Team, refused: str) -> None:
    ecs(team).groups["sg-web"].lets("22/22")
    team.audit()
    team.audits.openapi.fail(refused, DENIED)
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}
    team.audits.openapi.mend()
    assert {rule for rule, _ in team.audit()} == {"audit-incomplete"}
    ecs(team).groups["sg-web"].rules.pop()
    assert team.audit() == [("ecs-open-group", "resolved"), ("ecs-sensitive-port-open", "resolved")]


def test_a_new_public_address(team: Team) -> None:
    ecs(team).instance("i-new", public=("198.51.100.7",))
    assert team.audit() == [("ecs-public-address-new", "happened")]
    assert (
        team.heard[-1].summary == "Public addresses of cn-hangzhou: added 198.51.100.7 of EcsInstance i-new"
    )


def test_protection_and_metadata_of_an_instance(team: Team) -> None:
    web = ecs(team).instances["i-web"]
    web.protected, web.http_tokens = False, "optional"
    assert team.audit() == [
        ("ecs-metadata-without-token", "standing"),
        ("ecs-production-deletable", "standing"),
    ]
    web.protected, web.http_tokens = True, None
    assert team.audit() == [("ecs-production-deletable", "resolved")], "what is not told is not mended"
    web.http_tokens = "required"
    assert team.audit() == [("ecs-metadata-without-token", "resolved")]


def test_a_team_that_lists_its_images_hears_of_others(team: Team) -> None:
    path = "alerts/rules/audits/ecs-image-not-approved.yml"
    lists = {"approved_images": ("hardened-*",)}
    rule = load_rule((HERE / path).read_text(), path, SOURCES.values(), lists)
    engine = Engine([rule], SOURCES.values())
    ecs(team).images |= {
        "m-1": {"ImageName": "hardened-7", "ImageOwnerAlias": "self"},
        "m-2": {"ImageName": "miner", "ImageOwnerAlias": "others"},
    }
    ecs(team).instances["i-web"].image = "m-1"
    ecs(team).instance("i-odd", image="m-2")
    found = [f for event in team.audits.look(ECS_IMAGES) for f in engine.judge(event).findings]
    matched = [f.event.fields["resource"] for f in found if f.rule.node.matches(f.event.fields)]
    assert matched == ["i-odd"]
