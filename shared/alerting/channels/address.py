"""Where a webhook may go: public addresses, and the private ones that the settings name.

A webhook's URL is typed by a person and its name is answered by somebody's DNS, so without this check
it could be pointed at the ECS metadata service and the credentials behind it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str], Sequence[str]]  # host name → addresses; raises OSError

# The ECS metadata service ("Instance metadata", alibabacloud.com/help/ecs) lies in 100.64.0.0/10, which
# Python does not call private. Never allowed, whatever the settings say.
FORBIDDEN = (
    ipaddress.ip_network("100.100.100.200/32"),
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
)
_HOST = re.compile(r"[0-9A-Za-z._:-]+")
_PORTS = {"https": 443, "http": 80}
_GLOBAL_UNICAST_V6 = ipaddress.ip_network("2000::/3")
_IETF_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")  # global to Python 3.10, but not to anyone else
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefusedError(ValueError):
    """The host leads to an address that a webhook may not reach. The text names host and address only."""


@dataclass(frozen=True)
class Target:
    """A webhook's URL, taken apart. `path` holds the query too, and may be a secret."""

    scheme: str
    host: str
    port: int
    path: str

    def __repr__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/***"

    @property
    def host_header(self) -> str:
        """Host, and port where it is not the scheme's own, as the Host header names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Raises ValueError, without the URL in its text, for one that is not https://host… or http://host…"""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError:  # UnicodeError too; `from None`, because the text quotes the URL
        raise ValueError("the webhook URL is malformed") from None
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host):
        raise ValueError("a webhook URL must begin with https:// and a host")
    if "@" in parts.netloc:
        raise ValueError("a webhook URL can't hold a user name: sign with a secret instead")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], f"{path}?{query}" if query else path)


def resolve(host: str) -> list[str]:
    """Every address of `host`, by the system's resolver."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def checked_address(target: Target, allow_private: Sequence[IPNetwork], lookup: Lookup = resolve) -> str:
    """The one address to connect to; the caller must not look the name up again.

    Every address of the name must be public or in `allow_private`, and plain http must stay inside
    `allow_private`. Raises AddressRefusedError, or OSError when the name can't be resolved.
    """
    addresses = [ipaddress.ip_address(text) for text in lookup(target.host)]
    if not addresses:
        raise OSError(0, "the name has no address")
    for address in addresses:
        if refusal := _refusal(_unwrapped(address), target.scheme, allow_private):
            raise AddressRefusedError(f"{target.host} leads to {address}, {refusal}")
    return str(min(addresses, key=lambda address: address.version))  # every network has IPv4


def is_forbidden(url: str) -> bool:
    """Whether the host of any URL is, in whatever spelling, an address that nothing may reach; no name is
    looked up."""
    try:
        host = urlsplit(url).hostname or ""
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (ValueError, OSError):
        return False
    addresses = [_unwrapped(ipaddress.ip_address(entry[4][0])) for entry in found]
    return any(address in network for address in addresses for network in FORBIDDEN)


def _refusal(address: IPAddress, scheme: str, allow_private: Sequence[IPNetwork]) -> str:
    """Why `address` may not be reached; empty when it may."""
    if any(address in network for network in FORBIDDEN):
        return "which no webhook may reach"
    if any(address in network for network in allow_private):
        return ""
    if scheme == "http":
        return "and plain http is for allow_private addresses only"
    return "" if _is_public(address) else "which is not public and not in allow_private"


def _is_public(address: IPAddress) -> bool:
    """`is_global` alone lets multicast, and IPv6 outside of global unicast, pass."""
    if address.version == 6 and address not in _GLOBAL_UNICAST_V6:
        return False
    return address.is_global and not address.is_multicast and address not in _IETF_PROTOCOLS


def _unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address that a mapped, NAT64 or 6to4 address stands for; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
