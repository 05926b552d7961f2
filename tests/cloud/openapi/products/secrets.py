"""KMS Secrets Manager: secrets by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.cloud.openapi.product import Account, Call, Product, Refusal


@dataclass
class SecretsManager:
    """Secrets, each a text."""

    secrets: dict[str, str] = field(default_factory=dict)


def get_secret_value(account: Account, call: Call) -> dict[str, Any]:
    name = call.need("SecretName")
    if name not in account[SecretsManager].secrets:
        raise Refusal(404, "Forbidden.ResourceNotFound", "The specified Resource is not found.")
    return {"SecretName": name, "SecretData": account[SecretsManager].secrets[name], "SecretDataType": "text"}


PRODUCT = Product("Kms", "2016-01-20", {"GetSecretValue": get_secret_value})
