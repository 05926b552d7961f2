"""Where on the Internet an address is: its network and, with a database of your own, its country.

The database is any MaxMind DB file with countries (GeoLite2, DB-IP, IPinfo; https://maxmind.github.io/MaxMind-DB/).
None is shipped: their licences differ, and they age.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from shared.events.address import plain_address

log = logging.getLogger(__name__)

DATABASE = "TRAILGUARD_GEOIP_MMDB"
"""The environment variable with the path of the database."""

_PREFIXES = {4: 16, 6: 48}
"""Of an address so much names its network: what a provider gives to one town or one customer."""

_INSIDE = [
    ip_network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16"
        " ::/127 fc00::/7 fe80::/10"
    ).split()
]
"""Networks that everybody has (RFC 1918, RFC 6598, RFC 4193, …): they tell nothing about where."""

Lookup = Callable[[str], Any]
"""An address to its record in the database, None if it has none."""


@lru_cache(maxsize=16384)
def network_of(text: str) -> str:
    """The /16 of an IPv4 address, the /48 of an IPv6 one; empty for what is no address or is inside."""
    plain = plain_address(text)
    if not plain:
        return ""
    address = ip_address(plain)
    if any(address in network for network in _INSIDE):
        return ""
    return str(ip_network(f"{plain}/{_PREFIXES[address.version]}", strict=False))


def country_of(text: str) -> str:
    """The two letters of the country of an address in the database that DATABASE names; empty if unknown.

    Raises nothing: without a database, or with a broken one, no country is known.
    """
    path = os.environ.get(DATABASE, "")
    return country_in(_opened(path), text) if path and network_of(text) else ""


def country_in(lookup: Lookup, text: str) -> str:
    """The country that a database tells of an address; empty if none, or if the database is corrupt."""
    try:
        record = lookup(plain_address(text))
    except (ValueError, OSError, RuntimeError) as error:  # InvalidDatabaseError is a RuntimeError
        log.warning("the country of an address can't be looked up: %s", error)
        return ""
    return _code(record).upper()


def _code(record: Any) -> str:
    """`{"country": {"iso_code": "SG"}}`, `{"country": "SG"}` or `{"country_code": "SG"}`."""
    if not isinstance(record, Mapping):
        return ""
    country = record.get("country")
    found = country.get("iso_code") if isinstance(country, Mapping) else country
    code = found or record.get("country_code")
    return code if isinstance(code, str) and len(code) == 2 else ""


@lru_cache(maxsize=1)
def _opened(path: str) -> Lookup:
    """The database's lookup; one that knows nothing, told once, where it can't be opened."""
    try:
        import maxminddb  # the extra [geo]; only who names a database needs it

        return maxminddb.open_database(path).get
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        log.warning("%s=%s can't be used, no country is known: %s", DATABASE, path, error)
        return lambda address: None
