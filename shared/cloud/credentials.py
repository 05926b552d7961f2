"""The keys that a function calls Alibaba Cloud with: temporary ones, of the function's own role."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

ID_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_ID"
SECRET_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
TOKEN_VARIABLE = "ALIBABA_CLOUD_SECURITY_TOKEN"


class CredentialsError(Exception):
    """Neither the context nor the environment holds an access key."""


@dataclass(frozen=True)
class Credentials:
    """One access key. `security_token` is empty for a long-lived key. `repr` shows the id only."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


def from_context(context: Any) -> Credentials:
    """The credentials of a Function Compute call; `context` may be None outside of it.

    python3.10 hands them over in `context.credentials`, python3.12 only in the environment
    (help.aliyun.com, Function Compute, "Context": https://help.aliyun.com/zh/functioncompute/fc/context-1).
    Raises CredentialsError, naming both places, when there are none.
    """
    found = _of_context(context) or _of_environment()
    if found is None:
        raise CredentialsError(
            "no credentials: context.credentials is empty (has the function a role?) "
            f"and {ID_VARIABLE} with {SECRET_VARIABLE} is not set"
        )
    return found


def _of_context(context: Any) -> Credentials | None:
    given = getattr(context, "credentials", None)
    names = ("access_key_id", "access_key_secret", "security_token")
    return _complete(*(getattr(given, name, None) for name in names))


def _of_environment() -> Credentials | None:
    return _complete(*map(os.environ.get, (ID_VARIABLE, SECRET_VARIABLE, TOKEN_VARIABLE)))


def _complete(key_id: str | None, secret: str | None, token: str | None) -> Credentials | None:
    return Credentials(key_id, secret, token or "") if key_id and secret else None
