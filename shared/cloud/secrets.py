"""Secrets from KMS Secrets Manager: robot tokens, passwords and keys that stand in no environment.

One secret holds all of them, as JSON: {"DINGTALK_TOKEN": "…", "DINGTALK_SECRET": "SEC…"}. Its name is no
secret. "GetSecretValue",
https://www.alibabacloud.com/help/en/kms/key-management-service/developer-reference/api-getsecretvalue
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.cloud.openapi import Api, OpenApi, OpenApiError

GET_SECRET_VALUE = Api("Kms", "2016-01-20", "GetSecretValue", "kms:GetSecretValue")

EXAMPLE = '{"DINGTALK_TOKEN": "…"}'

FRESH = 600.0
"""Seconds that an instance goes by what it has read: a secret that was changed is in force after them."""


class SecretsError(Exception):
    """The secret can't be read, or is not of the form that it must have. Names it; never holds a value."""


@dataclass(frozen=True)
class _Read:
    values: Mapping[str, str]
    at: float


_read: dict[tuple[str, str], _Read] = {}


def secrets(
    name: str, region: str, openapi: OpenApi, clock: Callable[[], float] = time.monotonic
) -> Mapping[str, str]:
    """The values that the secret `name` holds. What was read FRESH seconds ago or less is not asked again;
    where KMS does not answer, what was read before still serves. Raises SecretsError when nothing was."""
    known = _read.get((name, region))
    if known is not None and clock() - known.at < FRESH:
        return known.values
    try:
        answer = openapi.call(GET_SECRET_VALUE, {"SecretName": name}, region)
    except OpenApiError as error:
        if known is not None and error.temporary:
            return known.values
        raise SecretsError(f"the secret {name} in {region} can't be read: {error.code}") from None
    values = _values(name, answer.get("SecretData"))
    _read[name, region] = _Read(values, clock())
    return values


def _values(name: str, data: object) -> Mapping[str, str]:
    try:
        held = json.loads(data) if isinstance(data, str) else None
    except ValueError:
        held = None
    if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
        raise SecretsError(f"the secret {name} must be a JSON object of texts, such as {EXAMPLE}")
    return held
