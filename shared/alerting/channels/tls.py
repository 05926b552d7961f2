"""Whom a channel trusts."""

from __future__ import annotations

import ssl

import certifi


def client_context(cafile: str | None) -> ssl.SSLContext:
    """Certificates and names are verified, against `cafile` alone if it is given, else as the system does.

    certifi's list is added to the system's, for a function's runtime may have none.

    Raises ValueError for a `cafile` that can't be read.
    """
    try:
        context = ssl.create_default_context(cafile=cafile or None)
    except OSError as error:
        raise ValueError(f"{cafile} can't be read as certificates: {error.strerror or error}") from error
    if not cafile:
        context.load_verify_locations(certifi.where())
    return context
