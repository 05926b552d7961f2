"""What a TLS policy accepts, for the load balancers of all three kinds.

A policy of Alibaba Cloud's own is named after the oldest version that it accepts
(https://www.alibabacloud.com/help/en/slb/application-load-balancer/user-guide/tls-security-policies); what a
custom one accepts is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

UNKNOWN = "unknown"

VERSIONS = ("1.0", "1.1", "1.2", "1.3")
"""Oldest first."""

_SYSTEM = re.compile(r"tls_cipher_policy_(1)_([0-3])(_|$)")


def tls_fields(policy: str, versions_of: Callable[[str], Iterable[str]]) -> dict[str, Any]:
    """`tls_policy` and `lowest_tls`. `versions_of` asks what a custom policy accepts (`TLSv1.2`).

    Where no policy is told, it is unknown. Raises KeyError for versions that are not known.
    """
    return {"tls_policy": policy, "lowest_tls": _lowest(policy, versions_of) if policy else UNKNOWN}


def _lowest(policy: str, versions_of: Callable[[str], Iterable[str]]) -> str:
    if system := _SYSTEM.match(policy):
        return f"{system[1]}.{system[2]}"
    accepted = {version.removeprefix("TLSv") for version in versions_of(policy)}
    if not accepted or not accepted <= {*VERSIONS}:
        raise KeyError(f"TLS versions {', '.join(sorted(accepted)) or 'none'} of {policy}")
    return min(accepted)
