"""KMS keys that the account has made itself; those that services make for themselves are left out.

https://www.alibabacloud.com/help/en/kms/key-management-service/developer-reference/api-kms-2016-01-20-describekey
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import DAY, Collector, Fields, Inquiry, Told
from shared.cloud.openapi import Api

VERSION = "2016-01-20"
LIST_KEYS = Api("Kms", VERSION, "ListKeys", "kms:ListKeys")
DESCRIBE_KEY = Api("Kms", VERSION, "DescribeKey", "kms:DescribeKey")

BY_USERS = json.dumps([{"Key": "CreatorType", "Values": ["User"]}])

OPTIONAL = {"rotation": "AutomaticRotation", "deletion_protection": "DeletionProtection"}
"""What the answer leaves out for keys that it does not apply to."""


def collect(ask: Inquiry) -> Iterator[Told]:
    """A fact for each key of the region."""
    keys = ask.items(LIST_KEYS, "Keys.Key", PageSize=100, Filters=BY_USERS)
    yield from ask.each("kms_key", keys, "KeyId", partial(_key, ask))


def _key(ask: Inquiry, key: dict[str, Any]) -> Fields:
    found = ask.call(DESCRIBE_KEY, KeyId=key["KeyId"])["KeyMetadata"]
    return {
        "description": found.get("Description", ""),
        "state": found["KeyState"],
        "spec": found["KeySpec"],
        "usage": found["KeyUsage"],
        "origin": found["Origin"],
        **({"deletes_at": found["DeleteDate"]} if found["KeyState"] == "PendingDeletion" else {}),
        **{field: found[name] for field, name in OPTIONAL.items() if found.get(name)},
    }


KMS_KEYS = Collector(
    name="kms-keys",
    area="kms",
    every=DAY,
    scope="regional",
    kinds=("kms_key",),
    apis=(LIST_KEYS, DESCRIBE_KEY),
    collect=collect,
)
