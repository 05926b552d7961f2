"""What the requests of the ECS API let in, in every form that an event may carry them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.exposure import Opening, is_wide, is_world, openings, ports_of, world_networks

SSH = {"IpProtocol": "tcp", "PortRange": "22/22", "SourceCidrIp": "0.0.0.0/0"}
SSH_OPENED = ["tcp 22 from 0.0.0.0/0"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["SourceCidrIp", "PortRange", "Permissions", "a.1", ""]), inner)
    ),
    max_leaves=12,
)


def opened(parameters: Any, event_name: str = "AuthorizeSecurityGroup") -> list[str]:
    return [str(opening) for opening in openings(event_name, parameters)]


@pytest.mark.parametrize(
    "network",
    ["0.0.0.0/0", "::/0", "0.0.0.0", "::", "0.0.0.0/1", "128.0.0.0/1", "203.0.113.7/0", "2000::/3", " ::/0 "],
)
def test_the_whole_internet_or_half_of_it_is_the_world(network: str) -> None:
    assert is_world(network)


@pytest.mark.parametrize(
    "network",
    [
        "10.0.0.0/8",
        "203.0.113.7",
        "100.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "2001:db8::/32",
        "",
        "sg-1",
        "1",
        "%",
    ],
)
def test_a_company_network_an_address_or_nonsense_is_not_the_world(network: str) -> None:
    assert not is_world(network)


FORMS: dict[str, Any] = {
    "flat, as the old API": {"SecurityGroupId": "sg-1", **SSH},
    "flat dotted keys": {f"Permissions.1.{name}": value for name, value in SSH.items()},
    "a real array": {"SecurityGroupId": "sg-1", "Permissions": [SSH]},
    "an array in a JSON string": {"Permissions": json.dumps([SSH])},
    "each permission in a JSON string": {"Permissions": [json.dumps(SSH)]},
    "lower-case names": {"permissions": [{name.lower(): value for name, value in SSH.items()}]},
    "upper-case protocol and policy": {**SSH, "IpProtocol": "TCP", "Policy": "Accept"},
    "the protocol by its number": {**SSH, "IpProtocol": "6"},
    "said once for all permissions": {
        "IpProtocol": "tcp",
        "PortRange": "22/22",
        "Permissions.1.SourceCidrIp": "0.0.0.0/0",
    },
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_ssh_from_anywhere_is_found_in_every_form(form: Any) -> None:
    assert opened(form) == SSH_OPENED


QUIET: dict[str, Any] = {
    "a drop rule": {**SSH, "Policy": "Drop"},
    "a company network": {**SSH, "SourceCidrIp": "10.0.0.0/8"},
    "another group": {"IpProtocol": "tcp", "PortRange": "22/22", "SourceGroupId": "sg-2"},
    "the world as destination": {"IpProtocol": "tcp", "PortRange": "443/443", "DestCidrIp": "0.0.0.0/0"},
    "an egress rule in a bulk edit": {**SSH, "Direction": "egress"},
    "ping, which has no ports": {"IpProtocol": "icmp", "PortRange": "-1/-1", "SourceCidrIp": "0.0.0.0/0"},
    "ping by its number": {"IpProtocol": "58", "PortRange": "-1/-1", "Ipv6SourceCidrIp": "::/0"},
    "nothing at all": None,
}


@pytest.mark.parametrize("parameters", QUIET.values(), ids=QUIET.keys())
def test_what_lets_nobody_in_opens_nothing(parameters: Any) -> None:
    assert opened(parameters) == []


def test_of_several_permissions_only_those_open_to_the_world_are_told() -> None:
    office = {**SSH, "SourceCidrIp": "203.0.113.0/24"}
    web = {"IpProtocol": "tcp", "PortRange": "443/443", "Ipv6SourceCidrIp": "::/0"}
    assert opened({"Permissions": [office, web]}) == ["tcp 443 from ::/0"]


@pytest.mark.parametrize("name", ["AuthorizePermission", "AuthorizePermissions", "authorizePermissions"])
def test_the_bulk_edit_of_the_console_counts_what_it_authorizes(name: str) -> None:
    parameters = {f"{name}.1.{key}": value for key, value in SSH.items()}
    assert opened(parameters, "ConfigureSecurityGroupPermissions") == SSH_OPENED


@pytest.mark.parametrize("name", ["RevokePermission", "revokePermissions"])
def test_the_bulk_edit_of_the_console_does_not_count_what_it_revokes(name: str) -> None:
    assert opened({name: [SSH]}, "ConfigureSecurityGroupPermissions") == []


@pytest.mark.parametrize(
    "event_name",
    ["RevokeSecurityGroup", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupEgressRule", "RunInstances"],
)
def test_events_that_let_nothing_in_open_nothing(event_name: str) -> None:
    assert opened(SSH, event_name) == []


def test_event_names_compare_without_case() -> None:
    assert opened(SSH, "modifysecuritygrouprule") == SSH_OPENED


PORTS: dict[str, tuple[str, list[str], bool]] = {
    "one port": ("3306/3306", ["3306"], False),
    "a bare number": ("3306", ["3306"], False),
    "a small range": ("8000/8002", ["8000", "8001", "8002"], False),
    "two ranges": ("80/80,443/443", ["80", "443"], False),
    "a range back to front": ("23/22", ["22", "23"], False),
    "all ports": ("-1/-1", [], True),
    "every port by number": ("1/65535", [], True),
    "a great range": ("1024/9000", [], True),
    "no ports told": ("", [], True),
}


@pytest.mark.parametrize(("text", "ports", "wide"), PORTS.values(), ids=PORTS.keys())
def test_ports_are_told_one_by_one_unless_there_are_too_many(text: str, ports: list[str], wide: bool) -> None:
    found = openings("AuthorizeSecurityGroup", {**SSH, "PortRange": text})
    assert ports_of(found) == ports
    assert [is_wide(opening) for opening in found] == [wide]


def test_a_port_of_absurd_length_breaks_nothing() -> None:
    assert len(openings("AuthorizeSecurityGroup", {**SSH, "PortRange": "9" * 5000})) == 1


def test_protocol_all_opens_every_port_whatever_the_range_says() -> None:
    found = openings("AuthorizeSecurityGroup", {**SSH, "IpProtocol": "ALL"})
    assert found == [Opening("all", "0.0.0.0/0", ((1, 65535),))]


def test_a_port_list_instead_of_a_range_counts_as_wide() -> None:
    parameters = {"IpProtocol": "tcp", "PortRangeListId": "prl-1", "SourceCidrIp": "0.0.0.0/0"}
    assert [is_wide(opening) for opening in openings("AuthorizeSecurityGroup", parameters)] == [True]


ALLOW_LISTS: dict[str, tuple[Any, list[str]]] = {
    "RDS": ({"SecurityIps": "10.0.0.0/8,0.0.0.0/0"}, ["0.0.0.0/0"]),
    "a company network that ends alike": ({"SecurityIps": "10.0.0.0/8,192.0.0.0/16"}, []),
    "a listener's list in a JSON string": ({"AclEntrys": '[{"entry":"0.0.0.0/0"}]'}, ["0.0.0.0/0"]),
    "entries with flat keys": ({"AclEntries.1.Entry": "::/0", "AclEntries.2.Entry": "10.1.0.0/16"}, ["::/0"]),
    "a route's destination": ({"DestinationCidrBlock": "0.0.0.0/0"}, []),
    "a network that is only talked about": ({"Description": "no more 0.0.0.0/0"}, []),
    "told twice": ({"a": "0.0.0.0/0", "b": "0.0.0.0/0"}, ["0.0.0.0/0"]),
}


@pytest.mark.parametrize(("parameters", "networks"), ALLOW_LISTS.values(), ids=ALLOW_LISTS.keys())
def test_an_allow_list_tells_its_networks_that_are_the_world(parameters: Any, networks: list[str]) -> None:
    assert world_networks(parameters) == networks


@given(ANYTHING)
def test_whatever_the_parameters_hold_nothing_is_raised(parameters: Any) -> None:
    ports_of(openings("AuthorizeSecurityGroup", parameters))
    world_networks(parameters)


@given(st.text(alphabet="0123456789./:abcdef%, -"))
def test_whatever_an_address_looks_like_nothing_is_raised(text: str) -> None:
    is_world(text)
    opened({**SSH, "SourceCidrIp": text, "PortRange": text})
