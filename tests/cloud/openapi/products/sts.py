"""STS: who calls."""

from __future__ import annotations

from typing import Any

from tests.cloud.openapi.product import Account, Call, Product


def get_caller_identity(account: Account, call: Call) -> dict[str, Any]:
    arn = f"acs:ram::{account.id}:assumed-role/trailguard/session"
    return {
        "IdentityType": "AssumedRoleUser",
        "AccountId": account.id,
        "Arn": arn,
        "PrincipalId": "1:session",
    }


PRODUCT = Product("Sts", "2015-04-01", {"GetCallerIdentity": get_caller_identity})
