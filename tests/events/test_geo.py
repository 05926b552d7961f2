"""Networks and countries of addresses, the latter from a real database of a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from shared.events import geo
from shared.events.actiontrail_facts import facts_of
from shared.settings import Settings

ROWS: dict[str, Any] = {
    "203.0.113.0/24": {"country": {"iso_code": "SG"}},  # as GeoLite2 and DB-IP have it
    "198.51.100.0/24": {"country": "de"},  # as IPinfo has it
    "192.0.2.0/24": {"country_code": "JP"},  # as ip-location-db has it
    "2001:db8::/32": {"country": {"iso_code": "FR"}},
    "198.18.0.0/24": {"continent": {"code": "AS"}},
    "198.18.1.0/24": {"country": {"iso_code": "somewhere"}},
    "10.0.0.0/8": {"country": "US"},
}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database file that the environment names."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-Country")
    for network, record in ROWS.items():
        writer.insert_network(IPSet([network]), record)
    path = tmp_path / "countries.mmdb"
    writer.to_db_file(str(path))
    monkeypatch.setenv(geo.DATABASE, str(path))
    geo._opened.cache_clear()
    yield path
    geo._opened.cache_clear()


NETWORKS = {
    "203.0.113.9": "203.0.0.0/16",
    "203.0.200.1": "203.0.0.0/16",
    "::ffff:203.0.113.9": "203.0.0.0/16",
    "2001:db8:1:2::3": "2001:db8:1::/48",
    "[2001:db8:1:2::3]": "2001:db8:1::/48",
}


@pytest.mark.parametrize(("address", "network"), NETWORKS.items())
def test_an_address_belongs_to_a_network(address: str, network: str) -> None:
    assert geo.network_of(address) == network
    assert facts_of({"sourceIpAddress": address})["network"] == network


NOWHERE = (
    "",
    "Internal",
    "ecs.aliyuncs.com",
    "192.168.XX.XX",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "172.31.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "::1",
    "::",
    "fd00::1",
    "fe80::1%eth0",
    "203.0.113",
    "203.0.113.9, 198.51.100.1",
    "9" * 10_000,
)


@pytest.mark.parametrize("address", NOWHERE)
def test_what_is_inside_or_no_address_is_nowhere(address: str, database: Path) -> None:
    assert geo.network_of(address) == ""
    assert geo.country_of(address) == ""
    assert "network" not in facts_of({"sourceIpAddress": address})
    assert "country" not in facts_of({"sourceIpAddress": address})


COUNTRIES = {
    "203.0.113.9": "SG",
    "198.51.100.7": "DE",
    "192.0.2.1": "JP",
    "2001:db8::1": "FR",
    "::ffff:203.0.113.9": "SG",
    "198.18.0.1": "",
    "198.18.1.1": "",
    "8.8.8.8": "",
}


@pytest.mark.parametrize(("address", "country"), COUNTRIES.items())
def test_the_country_is_what_the_database_says(address: str, country: str, database: Path) -> None:
    assert geo.country_of(address) == country
    assert facts_of({"sourceIpAddress": address}).get("country", "") == country


def test_the_database_is_a_setting_like_others() -> None:
    assert Settings.of({geo.DATABASE: "/data/countries.mmdb"}).geoip_mmdb == "/data/countries.mmdb"


def test_without_a_database_no_country_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(geo.DATABASE, raising=False)
    assert geo.country_of("203.0.113.9") == ""


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"\xab\xcd\xefMaxMind.com" * 3])
def test_a_database_that_is_missing_or_broken_is_told_once_and_stops_nothing(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.mmdb"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(geo.DATABASE, str(path))
    geo._opened.cache_clear()
    assert [geo.country_of(address) for address in ("203.0.113.9", "198.51.100.7")] == ["", ""]
    assert [record.getMessage().split(" ")[0] for record in caplog.records] == [f"{geo.DATABASE}={path}"]


def test_a_database_that_turns_out_corrupt_stops_nothing(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = database.read_bytes()
    metadata = data.index(b"\xab\xcd\xefMaxMind.com")
    database.write_bytes(data[: metadata // 2] + b"\xff" * (metadata - metadata // 2) + data[metadata:])
    geo._opened.cache_clear()
    found = {geo.country_of(address) for address in COUNTRIES}
    assert found <= {"", *COUNTRIES.values()}


def test_a_lookup_that_lies_gives_no_country() -> None:
    for record in (None, 5, [], "SG", {"country": 5}, {"country": {"iso_code": ["SG"]}}, {"country": {}}):
        assert geo.country_in(lambda address, record=record: record, "203.0.113.9") == ""
