from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.channels.address import (
    AddressRefusedError,
    Target,
    checked_address,
    is_forbidden,
    parse,
    resolve,
)

HTTPS = Target("https", "hooks.example.com", 443, "/")
HTTP = Target("http", "hooks.example.com", 80, "/")
EVERYTHING = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]


def leads_to(*addresses, target=HTTPS, allow=()):
    return checked_address(
        target, [ipaddress.ip_network(network) for network in allow], lambda host: addresses
    )


@pytest.mark.parametrize(
    "address", ["203.0.114.1", "8.8.8.8", "47.96.0.1", "2400:3200::1", "2606:4700::1111"]
)
def test_a_public_address_is_taken(address):
    assert leads_to(address) == address


NOT_PUBLIC = [
    *[
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.0.8",
        "198.18.0.1",
    ],
    *["100.64.0.1", "100.100.2.136", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"],
    *["::", "::1", "fc00::1", "fd00::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1"],
    *["::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:224.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"],
    *["64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1"],
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]
METADATA = [
    *["100.100.100.200", "169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0"],
    *["::ffff:100.100.100.200", "::ffff:169.254.169.254", "64:ff9b::6464:64c8", "2002:6464:64c8::1"],
    *["64:ff9b::169.254.169.254", "2002:a9fe:a9fe::"],
]


@pytest.mark.parametrize("address", NOT_PUBLIC + METADATA)
def test_an_address_that_is_not_public_is_refused(address):
    with pytest.raises(AddressRefusedError, match=r"hooks\.example\.com leads to"):
        leads_to(address)


@pytest.mark.parametrize("address", METADATA)
def test_the_metadata_service_is_refused_even_where_everything_is_allowed(address):
    with pytest.raises(AddressRefusedError, match="no webhook may reach"):
        checked_address(HTTPS, EVERYTHING, lambda host: [address])


def test_one_bad_address_among_good_ones_is_refused():
    with pytest.raises(AddressRefusedError, match=r"10\.0\.0\.1"):
        leads_to("8.8.8.8", "10.0.0.1")


def test_a_private_network_that_the_settings_name_is_reached():
    assert leads_to("10.1.2.3", allow=["10.1.0.0/16"]) == "10.1.2.3"
    assert leads_to("::ffff:10.1.2.3", allow=["10.1.0.0/16"])
    with pytest.raises(AddressRefusedError):
        leads_to("10.2.0.1", allow=["10.1.0.0/16"])


def test_plain_http_stays_inside_the_named_networks():
    assert leads_to("10.1.2.3", target=HTTP, allow=["10.0.0.0/8"]) == "10.1.2.3"
    with pytest.raises(AddressRefusedError, match="plain http"):
        leads_to("8.8.8.8", target=HTTP, allow=["10.0.0.0/8"])


def test_ipv4_is_preferred():
    assert leads_to("2400:3200::1", "8.8.8.8") == "8.8.8.8"


def test_a_name_without_addresses_is_an_error_that_can_be_retried():
    with pytest.raises(OSError, match="no address"):
        leads_to()


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_an_odd_spelling_of_the_local_address_is_refused_by_the_real_resolver(host):
    with pytest.raises(AddressRefusedError, match=r"127\.0\.0\.1"):
        checked_address(parse(f"https://{host}/"), [])


@given(st.ip_addresses())
def test_what_is_taken_is_always_public(address):
    try:
        taken = ipaddress.ip_address(leads_to(str(address)))
    except AddressRefusedError:
        return
    assert taken.is_global
    assert not taken.is_multicast
    assert taken not in ipaddress.ip_network("100.64.0.0/10")


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "host_header"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/", "hooks.example.com"),
        (
            "https://hooks.example.com:8443/a?b=c#d",
            "hooks.example.com",
            8443,
            "/a?b=c",
            "hooks.example.com:8443",
        ),
        ("https://[2400:3200::1]:8443/x", "2400:3200::1", 8443, "/x", "[2400:3200::1]:8443"),
        ("https://例子.cn/路", "xn--fsqu00a.cn", 443, "/%E8%B7%AF", "xn--fsqu00a.cn"),
        ("HTTPS://Hooks.Example.COM/%2F", "hooks.example.com", 443, "/%2F", "hooks.example.com"),
    ],
)
def test_a_url_is_taken_apart(url, host, port, path, host_header):
    target = parse(url)
    assert (target.host, target.port, target.path, target.host_header) == (host, port, path, host_header)


@pytest.mark.parametrize(
    "url",
    [
        *[
            "",
            "hooks.example.com/s3cret",
            "ftp://hooks.example.com/s3cret",
            "file:///etc/s3cret",
            "https:///s3cret",
        ],
        *[
            "https://u:s3cret@hooks.example.com/",
            "https://hooks.example.com:99999/s3cret",
            "https://[::1/s3cret",
        ],
        *["https://a\x00b/s3cret", "https://a b/s3cret", "https://" + "a" * 70 + ".com/s3cret"],
    ],
)
def test_a_malformed_url_is_refused_and_not_repeated(url):
    with pytest.raises(ValueError, match="webhook URL") as error:
        parse(url)
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_target_shows_no_path():
    assert repr(parse("https://hooks.example.com/s3cret?k=s3cret")) == "https://hooks.example.com:443/***"


SPELLINGS = [
    *["100.100.100.200", "1684301000", "0x646464c8", "0144.0144.0144.0310", "100.100.25800"],
    *["[::ffff:100.100.100.200]", "[::ffff:6464:64c8]", "[64:ff9b::6464:64c8]", "[2002:6464:64c8::]"],
    "１００.100.100.200",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_the_metadata_service_is_known_in_every_spelling(host):
    with pytest.raises(AddressRefusedError, match="no webhook may reach"):
        checked_address(parse(f"https://{host}/latest/meta-data"), EVERYTHING, resolve)


@pytest.mark.parametrize("host", SPELLINGS[:-1])
def test_and_in_the_url_of_any_other_service(host):
    assert is_forbidden(f"json://{host}/latest")
    assert not is_forbidden("json://127.0.0.1:8080/")
    assert not is_forbidden("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")
