"""OSS's buckets: what they have set, and the XML that says so.

Reference: "List of operations by function", alibabacloud.com/help/en/oss, under each operation's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from tests.cloud.openapi.product import Account, Call, Refusal
from tests.cloud.openapi.signatures import Request

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass
class Bucket:
    """A bucket. `public_policy` None: as it follows from the policy's principals."""

    name: str
    region: str = "cn-hangzhou"
    acl: str = "private"
    policy: dict[str, Any] | None = None
    public_policy: bool | None = None
    block_public: bool | None = None
    logging_to: str = ""
    encryption: str = ""  # AES256 or KMS
    versioning: str = ""  # Enabled or Suspended
    lifecycle: str | None = None  # the rules' XML

    def is_public_by_policy(self) -> bool:
        if self.public_policy is not None:
            return self.public_policy
        statements = (self.policy or {}).get("Statement", [])
        return any(s.get("Effect") == "Allow" and "*" in s.get("Principal", []) for s in statements)


@dataclass
class Buckets:
    """The account's buckets. `block_public`: the account's own switch."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    block_public: bool = False

    def add(self, name: str, **settings: Any) -> Bucket:
        """One more bucket; settings as in Bucket."""
        self.buckets[name] = Bucket(name, **settings)
        return self.buckets[name]


def action_of(request: Request, bucket: str) -> str:
    """The operation that a request asks for, by its sub-resource."""
    if not bucket and not {name for name, _ in request.query} & set(SERVICE):
        return "ListBuckets"
    table = OPERATIONS if bucket else SERVICE
    return next((table[name][0] for name, _ in request.query if name in table), "GetBucket")


def answer(account: Account, call: Call) -> bytes:
    """The XML (JSON for a policy). Raises Refusal."""
    held = account[Buckets]
    if call.action == "ListBuckets":
        return (HEAD + _list(held, call)).encode()
    if not call.parameters["bucket"]:
        return (HEAD + _public_access_block(held.block_public)).encode()
    bucket = held.buckets.get(call.parameters["bucket"])
    if bucket is None:
        raise Refusal(404, "NoSuchBucket", "The specified bucket does not exist.")
    if bucket.region != call.region:
        message = "The bucket you are attempting to access must be addressed using the specified endpoint."
        raise Refusal(403, "AccessDenied", message)
    reply = next((reply for name, reply in OPERATIONS.values() if name == call.action), None)
    if reply is None:
        raise Refusal(403, "AccessDenied", "Objects are not played here.")
    return (reply(bucket) if call.action == "GetBucketPolicy" else HEAD + reply(bucket)).encode()


def error(refusal: Refusal, request_id: str) -> bytes:
    """The XML of a refusal."""
    said = {"Code": refusal.code, "Message": refusal.message, "RequestId": request_id, "HostId": "local"}
    return f"{HEAD}<Error>{_tags(said)}</Error>".encode()


def _list(held: Buckets, call: Call) -> str:
    names = sorted(name for name in held.buckets if name > call.parameters.get("marker", ""))
    size = min(int(call.parameters.get("max-keys", 100)), call.page_size)
    page, more = names[:size], len(names) > size
    tail = {"IsTruncated": "true", "NextMarker": page[-1]} if more else {}
    shown = "".join(f"<Bucket>{_tags(_described(held.buckets[name]))}</Bucket>" for name in page)
    return f"<ListAllMyBucketsResult>{_tags(tail)}<Buckets>{shown}</Buckets></ListAllMyBucketsResult>"


def _described(bucket: Bucket) -> dict[str, str]:
    return {
        "CreationDate": "2026-01-02T03:04:05.000Z",
        "ExtranetEndpoint": f"oss-{bucket.region}.aliyuncs.com",
        "Location": f"oss-{bucket.region}",
        "Name": bucket.name,
        "Region": bucket.region,
        "StorageClass": "Standard",
    }


def _acl(bucket: Bucket) -> str:
    granted = f"<AccessControlList><Grant>{bucket.acl}</Grant></AccessControlList>"
    return f"<AccessControlPolicy><Owner><ID>1</ID></Owner>{granted}</AccessControlPolicy>"


def _info(bucket: Bucket) -> str:
    granted = f"<AccessControlList><Grant>{bucket.acl}</Grant></AccessControlList>"
    blocked = f"<BlockPublicAccess>{str(bool(bucket.block_public)).lower()}</BlockPublicAccess>"
    described = _tags(_described(bucket))
    return f"<BucketInfo><Bucket>{described}{granted}{blocked}</Bucket></BucketInfo>"


def _policy(bucket: Bucket) -> str:
    if bucket.policy is None:
        raise Refusal(404, "NoSuchBucketPolicy", "The bucket policy does not exist.")
    return json.dumps(bucket.policy)


def _policy_status(bucket: Bucket) -> str:
    public = str(bucket.is_public_by_policy()).lower()
    return f"<PolicyStatus><IsPublic>{public}</IsPublic></PolicyStatus>"


def _bucket_public_access_block(bucket: Bucket) -> str:
    return _public_access_block(bool(bucket.block_public))


def _public_access_block(blocked: bool) -> str:
    said = f"<BlockPublicAccess>{str(blocked).lower()}</BlockPublicAccess>"
    return f"<PublicAccessBlockConfiguration>{said}</PublicAccessBlockConfiguration>"


def _logging(bucket: Bucket) -> str:
    target = f"<TargetBucket>{bucket.logging_to}</TargetBucket><TargetPrefix>log/</TargetPrefix>"
    enabled = f"<LoggingEnabled>{target}</LoggingEnabled>" if bucket.logging_to else ""
    return f"<BucketLoggingStatus>{enabled}</BucketLoggingStatus>"


def _encryption(bucket: Bucket) -> str:
    if not bucket.encryption:
        message = "The server side encryption configuration was not found."
        raise Refusal(404, "NoSuchServerSideEncryptionRule", message)
    rule = f"<SSEAlgorithm>{bucket.encryption}</SSEAlgorithm>"
    default = f"<ApplyServerSideEncryptionByDefault>{rule}</ApplyServerSideEncryptionByDefault>"
    return f"<ServerSideEncryptionRule>{default}</ServerSideEncryptionRule>"


def _versioning(bucket: Bucket) -> str:
    status = f"<Status>{bucket.versioning}</Status>" if bucket.versioning else ""
    return f"<VersioningConfiguration>{status}</VersioningConfiguration>"


def _lifecycle(bucket: Bucket) -> str:
    if bucket.lifecycle is None:
        raise Refusal(404, "NoSuchLifecycle", "No lifecycle configuration for this bucket.")
    return f"<LifecycleConfiguration>{bucket.lifecycle}</LifecycleConfiguration>"


def _tags(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


OPERATIONS: dict[str, tuple[str, Callable[[Bucket], str]]] = {
    "acl": ("GetBucketAcl", _acl),
    "bucketInfo": ("GetBucketInfo", _info),
    "encryption": ("GetBucketEncryption", _encryption),
    "lifecycle": ("GetBucketLifecycle", _lifecycle),
    "logging": ("GetBucketLogging", _logging),
    "policy": ("GetBucketPolicy", _policy),
    "policyStatus": ("GetBucketPolicyStatus", _policy_status),
    "publicAccessBlock": ("GetBucketPublicAccessBlock", _bucket_public_access_block),
    "versioning": ("GetBucketVersioning", _versioning),
}
"""By the sub-resource in the query."""

SERVICE = {"publicAccessBlock": ("GetPublicAccessBlock", None)}
"""Sub-resources of the account itself."""
