"""The dead man's switch: an address that is called after each healthy self-check. Whoever keeps it tells when
the calls stop, such as https://healthchecks.io does: nothing inside can tell that everything inside is dead.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from shared.alerting.channels.address import Lookup, Target, checked_address, parse, resolve
from shared.alerting.channels.faults import describe
from shared.alerting.channels.tls import client_context

TIMEOUT = 10.0  # seconds


class SwitchError(Exception):
    """The address was not reached, or did not say yes. Does not hold it: it may be a secret."""


def call(
    url: str, *, allow_private: Sequence[str] = (), cafile: str | None = None, lookup: Lookup = resolve
) -> None:
    """One GET; any answer of 2xx is a yes, a redirect is none. Raises SwitchError.

    The address is checked as a webhook's is, and the one that was checked is the one that is called.
    """
    try:
        target = parse(url)
        networks = [ipaddress.ip_network(network) for network in allow_private]
        connection = _connection(target, checked_address(target, networks, lookup), cafile)
        status = _get(connection, target)
    except (HTTPError, OSError, ValueError) as error:
        text = str(error) if isinstance(error, ValueError) else describe(error)
        raise SwitchError(f"TRAILGUARD_WATCHDOG_URL: {text}") from None
    if not 200 <= status < 300:
        raise SwitchError(f"TRAILGUARD_WATCHDOG_URL: {target!r} answered HTTP {status}")


def _connection(target: Target, address: str, cafile: str | None) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=TIMEOUT)
    context = client_context(cafile)
    return HTTPSConnection(
        address, target.port, timeout=TIMEOUT, ssl_context=context, server_hostname=target.host
    )


def _get(connection: HTTPConnection, target: Target) -> int:
    headers = {"Host": target.host_header, "User-Agent": "Trailguard"}
    try:
        connection.request("GET", target.path, headers=headers, preload_content=False)
        return connection.getresponse().status
    finally:
        connection.close()
