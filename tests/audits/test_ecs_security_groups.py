"""Security groups open to the world, and the running instances that it reaches."""

from __future__ import annotations

from shared.audits.ecs_security_groups import SECURITY_GROUPS
from tests.audits.conftest import Audits, facts
from tests.cloud.openapi import DENIED, SERVER_ERROR, THROTTLED
from tests.cloud.openapi.products.ecs import Ecs


def ecs(audits: Audits) -> Ecs:
    return audits.openapi.account[Ecs]


def test_a_group_and_the_instance_that_it_exposes(audits: Audits) -> None:
    ecs(audits).group("sg-1", tags={"team": "web"}).lets("22/22").lets("8000/8002").lets(
        "443/443", "10.0.0.0/8"
    )
    ecs(audits).instance("i-1", groups=("sg-1",), public=("203.0.113.5",), tags={"env": "production"})
    events = audits.look(SECURITY_GROUPS)
    group = facts(events, "ecs_security_group")["sg-1"]
    assert group["open"] == ["tcp 22 from 0.0.0.0/0", "tcp 8000-8002 from 0.0.0.0/0"]
    assert (group["tags"], group["instances"], group["running"]) == (["team=web"], ["i-1"], 1)
    instance = facts(events, "ecs_exposure")["i-1"]
    assert instance["ports"] == ["22", "8000", "8001", "8002"]
    assert (instance["addresses"], instance["tags"]) == (["203.0.113.5"], ["env=production"])


def test_without_a_public_address_nothing_reaches_it(audits: Audits) -> None:
    ecs(audits).group("sg-1").lets("22/22")
    ecs(audits).instance("i-1", groups=("sg-1",))
    events = audits.look(SECURITY_GROUPS)
    assert facts(events, "ecs_exposure")["i-1"]["open"] == []
    assert facts(events, "ecs_security_group")["sg-1"]["running"] == 1


def test_an_elastic_address_is_one(audits: Audits) -> None:
    ecs(audits).group("sg-1").lets("22/22")
    ecs(audits).instance("i-1", groups=("sg-1",), elastic="203.0.113.9")
    exposed = facts(audits.look(SECURITY_GROUPS), "ecs_exposure")["i-1"]
    assert (exposed["addresses"], exposed["ports"]) == (["203.0.113.9"], ["22"])


def test_over_ipv6_it_takes_an_ipv6_address(audits: Audits) -> None:
    ecs(audits).group("sg-1").lets("22/22", "::/0")
    ecs(audits).instance("i-4", groups=("sg-1",), public=("203.0.113.5",))
    ecs(audits).instance("i-6", groups=("sg-1",), ipv6="2400:3200::5")
    exposed = facts(audits.look(SECURITY_GROUPS), "ecs_exposure")
    assert exposed["i-4"]["open"] == []
    assert (exposed["i-6"]["open"], exposed["i-6"]["addresses"]) == (["tcp 22 from ::/0"], ["2400:3200::5"])


def test_the_rules_of_all_its_groups_count_together(audits: Audits) -> None:
    ecs(audits).group("sg-open").lets("22/22", Priority=5).lets("80/80", Priority=5)
    ecs(audits).group("sg-shut").lets("22/22", Policy="Drop", Priority=1)
    ecs(audits).instance("i-1", groups=("sg-open", "sg-shut"), public=("203.0.113.5",))
    events = audits.look(SECURITY_GROUPS)
    assert facts(events, "ecs_exposure")["i-1"]["ports"] == ["80"]
    assert facts(events, "ecs_security_group")["sg-open"]["ports"] == ["22", "80"]


def test_interfaces_that_were_added_have_groups_and_addresses_of_their_own(audits: Audits) -> None:
    audits.openapi.page_size = 2
    for name, port in (("sg-shut", ""), ("sg-admin", "22/22"), ("sg-db", "3306/3306")):
        group = ecs(audits).group(name)
        if port:
            group.lets(port)
    ecs(audits).instance("i-1", groups=("sg-shut",), public=("203.0.113.5",))
    ecs(audits).interface("i-1", "sg-admin", elastic="203.0.113.6")
    ecs(audits).interface("i-1", "sg-db")
    events = audits.look(SECURITY_GROUPS)
    exposed = facts(events, "ecs_exposure")["i-1"]
    assert (exposed["ports"], exposed["addresses"]) == (["22"], ["203.0.113.5", "203.0.113.6"])
    assert exposed["groups"] == ["sg-shut", "sg-admin", "sg-db"]
    assert facts(events, "ecs_security_group")["sg-db"]["instances"] == ["i-1"]
    ecs(audits).interface("i-1", "sg-db", private_elastic="203.0.113.7")
    assert facts(audits.look(SECURITY_GROUPS), "ecs_exposure")["i-1"]["ports"] == ["22", "3306"]


def test_without_the_interfaces_nothing_is_said_to_be_shut(audits: Audits) -> None:
    ecs(audits).group("sg-1").lets("22/22")
    ecs(audits).instance("i-1", groups=("sg-1",), public=("203.0.113.5",))
    audits.openapi.fail("DescribeNetworkInterfaces", DENIED)
    events = audits.look(SECURITY_GROUPS)
    assert set(facts(events, "unknown")) == {"ecs_security_group sg-1", "ecs_exposure i-1"}


def test_lists_of_networks_and_of_ports_are_looked_into(audits: Audits) -> None:
    ecs(audits).lists |= {"pl-1": ["10.0.0.0/8", "0.0.0.0/0", "::/0"], "prl-1": ["22/22", "3306/3306"]}
    group = ecs(audits).group("sg-1")
    rule = {"Direction": "ingress", "IpProtocol": "TCP", "Policy": "Accept", "Priority": 1, "PortRange": ""}
    group.rules.append({**rule, "SourcePrefixListId": "pl-1", "PortRangeListId": "prl-1"})
    found = facts(audits.look(SECURITY_GROUPS), "ecs_security_group")["sg-1"]
    assert found["open"] == [f"tcp {port} from {net}" for port in (22, 3306) for net in ("0.0.0.0/0", "::/0")]


def test_a_list_that_cannot_be_read_leaves_the_group_unknown(audits: Audits) -> None:
    rule = {
        "Direction": "ingress",
        "IpProtocol": "TCP",
        "Policy": "Accept",
        "Priority": 1,
        "PortRange": "22/22",
    }
    ecs(audits).group("sg-1").rules.append({**rule, "SourcePrefixListId": "pl-1"})
    ecs(audits).instance("i-1", groups=("sg-1",), public=("203.0.113.5",))
    audits.openapi.fail("DescribePrefixListAttributes", DENIED)
    events = audits.look(SECURITY_GROUPS)
    assert set(facts(events, "unknown")) == {"ecs_security_group sg-1", "ecs_exposure i-1"}
    assert audits.openapi.calls.count("Ecs.DescribePrefixListAttributes") == 1, (
        "nobody is asked twice in vain"
    )


def test_stopped_instances_are_not_reached(audits: Audits) -> None:
    ecs(audits).group("sg-1").lets("22/22")
    ecs(audits).instance("i-1", groups=("sg-1",), public=("203.0.113.5",), status="Stopped")
    events = audits.look(SECURITY_GROUPS)
    assert facts(events, "ecs_security_group")["sg-1"]["running"] == 0
    assert facts(events, "ecs_exposure") == {}


def test_every_page_of_every_region(audits: Audits) -> None:
    audits.openapi.page_size = 2
    audits.regions = ("cn-hangzhou", "cn-beijing")
    for number in range(5):
        ecs(audits).group(f"sg-{number}", region=audits.regions[number % 2])
        ecs(audits).instance(f"i-{number}", region=audits.regions[number % 2], groups=(f"sg-{number}",))
    for port in range(1, 8):
        ecs(audits).groups["sg-0"].lets(f"{port}/{port}")
    events = audits.look(SECURITY_GROUPS)
    groups = facts(events, "ecs_security_group")
    assert {name: fields["region"] for name, fields in groups.items()} == {
        f"sg-{number}": audits.regions[number % 2] for number in range(5)
    }
    assert all(fields["running"] == 1 for fields in groups.values())
    assert groups["sg-0"]["ports"] == list("1234567")
    assert len(facts(events, "ecs_exposure")) == 5


def test_an_empty_account(audits: Audits) -> None:
    events = audits.look(SECURITY_GROUPS)
    assert [event.fields["kind"] for event in events] == ["audit_run"]
    assert events[0].fields["complete"] is True


def test_without_the_instances_no_group_is_said_to_be_unused(audits: Audits) -> None:
    for number in range(3):
        ecs(audits).group(f"sg-{number}").lets("22/22")
    audits.openapi.fail("DescribeInstances", DENIED)
    events = audits.look(SECURITY_GROUPS)
    assert facts(events, "ecs_security_group") == {}
    assert {"ecs_security_group sg-0", "ecs_exposure"} <= set(facts(events, "unknown"))
    assert audits.openapi.calls.count("Ecs.DescribeInstances") == 1


def test_rules_that_cannot_be_read_hide_their_group_and_its_instances_alone(audits: Audits) -> None:
    for number in (1, 2):
        ecs(audits).group(f"sg-{number}").lets("22/22")
        ecs(audits).instance(f"i-{number}", groups=(f"sg-{number}",), public=(f"203.0.113.{number}",))
    audits.openapi.fail("DescribeSecurityGroupAttribute", SERVER_ERROR, SecurityGroupId="sg-1")
    events = audits.look(SECURITY_GROUPS)
    assert set(facts(events, "ecs_security_group")) == {"sg-2"}
    assert set(facts(events, "ecs_exposure")) == {"i-2"}


def test_a_rule_that_is_not_understood_hides_its_group_alone(audits: Audits) -> None:
    ecs(audits).group("sg-1").lets("22/22", Priority="first")
    ecs(audits).group("sg-2").lets("22/22")
    ecs(audits).group("sg-3").rules.append({"Direction": "ingress", "IpProtocol": "TCP"})
    events = audits.look(SECURITY_GROUPS)
    assert set(facts(events, "ecs_security_group")) == {"sg-2"}
    assert facts(events, "unknown")["ecs_security_group sg-1"]["error"] == "BadResponse"


def test_throttling_passes_and_what_goes_is_gone(audits: Audits) -> None:
    ecs(audits).group("sg-1").lets("22/22")
    ecs(audits).instance("i-1", groups=("sg-1",), public=("203.0.113.5",))
    audits.openapi.fail("DescribeSecurityGroups", THROTTLED, times=2)
    assert facts(audits.look(SECURITY_GROUPS), "audit_run")["ecs-security-groups"]["complete"] is True
    ecs(audits).instances["i-1"].status = "Stopped"
    del ecs(audits).groups["sg-1"]
    events = audits.look(SECURITY_GROUPS)
    assert facts(events, "ecs_security_group")["sg-1"]["exists"] is False
    assert facts(events, "ecs_exposure")["i-1"]["exists"] is False
