"""What audits state of OSS buckets."""

from __future__ import annotations

BUCKETS = {
    "oss_account": {
        "public_access_blocked": "whether the whole account shuts out the public",
    },
    "oss_bucket": {
        "acl": "private, public-read or public-read-write",
        "policy_public": "true or false, as OSS judges the bucket's policy; unknown",
        "public_access_blocked": "true, false or unknown, by the account's switch or the bucket's own",
        "anybody_can_list": "true, false or unknown: the names of its objects",
        "anybody_can_read": "true, false or unknown; objects with an ACL of their own not counted",
        "anybody_can_write": "true, false or unknown: to write or delete objects",
        "why": "what opens it, and what could not be found out",
    },
    "oss_bucket_logging": {
        "target": "the bucket that takes the access logs, empty where none are kept",
    },
    "oss_bucket_encryption": {
        "algorithm": "AES256, KMS or SM4; empty where it is left to whoever writes an object",
    },
    "oss_bucket_versioning": {
        "versioning": "Enabled, Suspended, or empty where it never was",
    },
}
