"""What is left open to the world when accepting and denying rules of several priorities meet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.audits.ecs_openings import exposure, world_openings


def rule(ports: str = "22/22", source: str = "0.0.0.0/0", **settings: Any) -> dict[str, Any]:
    """An accepting TCP rule as DescribeSecurityGroupAttribute tells it."""
    family = "Ipv6SourceCidrIp" if ":" in source else "SourceCidrIp"
    given = {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": ports, family: source}
    return {**given, "Policy": "Accept", "Priority": 1, **settings}


def drop(ports: str = "22/22", source: str = "0.0.0.0/0", **settings: Any) -> dict[str, Any]:
    return rule(ports, source, Policy="Drop", **settings)


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ([rule()], ["tcp 22 from 0.0.0.0/0"]),
        ([rule(source="::/0")], ["tcp 22 from ::/0"]),
        ([rule(source="0.0.0.0/1")], ["tcp 22 from 0.0.0.0/1"]),
        ([rule(source="203.0.113.0/24")], []),
        ([rule(source="10.0.0.0/8")], []),
        ([rule(Direction="egress")], []),
        ([rule("-1/-1", IpProtocol="ICMP")], []),
        ([rule("-1/-1", IpProtocol="ALL")], ["all 1-65535 from 0.0.0.0/0"]),
        ([rule("", SourceGroupId="sg-2", SourceCidrIp="")], []),
        ([rule(), rule(), rule("443/443")], ["tcp 22 from 0.0.0.0/0", "tcp 443 from 0.0.0.0/0"]),
        ([rule(), drop()], []),
        ([rule(Priority=1), drop(Priority=2)], ["tcp 22 from 0.0.0.0/0"]),
        ([rule(Priority=2), drop(Priority=1)], []),
        ([rule(), drop(source="198.51.100.0/24")], ["tcp 22 from 0.0.0.0/0"]),
        ([rule(source="0.0.0.0/1"), drop(source="0.0.0.0/0")], []),
        ([rule(source="::/0"), drop(source="0.0.0.0/0")], ["tcp 22 from ::/0"]),
        ([rule(), drop(IpProtocol="UDP")], ["tcp 22 from 0.0.0.0/0"]),
        ([rule(), drop("-1/-1", IpProtocol="ALL")], []),
        ([rule("20/25"), drop("22/22")], ["tcp 20-21,23-25 from 0.0.0.0/0"]),
        ([rule("20/25"), drop("22/23"), drop("25/25")], ["tcp 20-21,24 from 0.0.0.0/0"]),
    ],
)  # fmt: skip
def test_what_is_left(rules: list[dict[str, Any]], left: list[str]) -> None:
    assert [str(opening) for opening in world_openings(rules)] == left


def test_as_fields_a_wide_range_is_not_spelt_out() -> None:
    assert exposure(world_openings([rule("1/65535"), rule("443/443")])) == {
        "open": ["tcp 1-65535 from 0.0.0.0/0", "tcp 443 from 0.0.0.0/0"],
        "ports": ["443"],
        "wide": True,
    }


spans = st.tuples(st.integers(1, 60), st.integers(1, 60)).map(sorted)
rules = st.lists(st.tuples(spans, st.booleans(), st.integers(1, 3)), max_size=6)


@given(rules)
def test_port_by_port_the_first_rule_decides(drawn: list[tuple[list[int], bool, int]]) -> None:
    made = [(drop if closes else rule)(f"{low}/{high}", Priority=rank) for (low, high), closes, rank in drawn]
    left = set(exposure(world_openings(made))["ports"])
    for port in range(1, 61):
        fitting = [(rank, not closes) for (low, high), closes, rank in drawn if low <= port <= high]
        assert (str(port) in left) is bool(fitting and min(fitting)[1])
