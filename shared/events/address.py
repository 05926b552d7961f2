"""The other end of a connection, as daemons write it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Network, ip_address


@lru_cache(maxsize=16384)
def plain_address(text: str) -> str:
    """`text` as an IP address, without a zone and without `::ffff:` before IPv4; empty if it is none."""
    if len(text) > 60:
        return ""
    try:
        address = ip_address(text.partition("%")[0].strip("[]"))
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if address.version == 6 else None
    return str(mapped or address)


@lru_cache(maxsize=16384)
def ipv6_network(address: str) -> str:
    """The /64 around a plain IPv6 address: what one customer has at the least, and may send from at will
    (https://www.rfc-editor.org/rfc/rfc6177)."""
    return str(IPv6Network((address, 64), strict=False))


def peer_facts(text: str, port: str = "") -> dict[str, str]:
    """`source_ip` or, where a name was logged (sshd's UseDNS), `source_host`; with the port if told."""
    address = plain_address(text)
    facts = {"source_ip": address} if address else {"source_host": text[:255]}
    if port:
        facts["source_port"] = port
    return facts
