"""Whom a channel trusts."""

from __future__ import annotations

import ssl


def client_context(cafile: str | None) -> ssl.SSLContext:
    """Certificates and names are verified, against `cafile` alone if it is given, else as the system does.

    Raises ValueError for a `cafile` that can't be read.
    """
    try:
        return ssl.create_default_context(cafile=cafile or None)
    except OSError as error:
        raise ValueError(f"{cafile} can't be read as certificates: {error.strerror or error}") from error
