"""What each operation of OSS does to a bucket, by the names that its access log has for them.

"OSS log fields" (operation types), https://www.alibabacloud.com/help/en/sls/oss. The log calls listing a
bucket GetBucket and completing an upload CompleteUploadPart, and it names some settings by the address alone:
`PutBucket` with `?acl`, as CIS 2.14 looks for. Newer names of the API are known, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_LISTS = "GetBucket ListObjects ListObjectsV2 GetBucketVersions ListObjectVersions GetService ListBuckets"
_ACCESS = {
    "list": f"{_LISTS} ListParts ListMultipartUploads ListUploads ListLiveChannel",
    "read": (
        "GetObject HeadObject GetObjectMeta SelectObject CreateSelectObjectMeta GetObjectTagging"
        " GetObjectInfo GetSymlink ProcessImage GetVodPlaylist GetLiveChannelHistory GetLiveChannelStat"
    ),
    "write": (
        "PutObject PostObject AppendObject CopyObject UploadPart UploadPartCopy InitiateMultipartUpload"
        " InitateMultipartUpload CompleteUploadPart CompleteMultipartUpload AbortMultipartUpload"
        " RestoreObject PutSymlink PutObjectTagging DeleteObjectTagging PostVodPlaylist PutLiveChannel"
        " PutLiveChannelStatus DeleteLiveChannel PostProcessTask"
    ),
    "delete": (
        "DeleteObject DeleteObjects DeleteMultipleObjects DeleteObjectVersion DeleteObjectVersions"
        " ExpireObject"
    ),
    "settings": "PutBucket CreateBucket DeleteBucket",
    "inspect": "HeadBucket GetBucketInfo GetBucketLocation GetBucketStat",
}
_ACCESS_OF = {name.lower(): access for access, names in _ACCESS.items() for name in names.split()}

_SETTINGS = frozenset(
    "acl policy policystatus publicaccessblock logging lifecycle cors website referer encryption replication"
    " versioning worm inventory requestpayment transferacceleration cname accesspoint accesspointpolicy"
    " accessmonitor httpsconfig resourcegroup archivedirectread userdefinedlogfieldsconfig metaquery"
    " bucketinfo location stat qosinfo".split()
)
_SETTING = re.compile(r"(?:get|put|set|head|delete|initiate|complete|abort|extend)(?:bucket|object)(.{1,40})")
_SPELLINGS = {"log": "logging", "website": "website"}

_LISTING = frozenset(
    "prefix delimiter marker max-keys list-type continuation-token start-after key-marker versions".split()
)
"""Parameters of a request that lists objects; one that names a setting beside them still lists."""

_BY_METHOD = {
    "GET": ("read", "inspect"),
    "HEAD": ("read", "inspect"),
    "PUT": ("write", "settings"),
    "POST": ("write", "settings"),
    "DELETE": ("delete", "settings"),
}
"""What an operation of an unknown name does: to an object, to a bucket."""

SERVICE_OPERATIONS = ("expireobject", "transitionstorageclass", "replicat")
"""How operations begin that OSS does by itself: lifecycle rules and replication."""


def setting_of(operation: str, parameters: Collection[str]) -> str:
    """The setting that a request is about, such as `acl`; empty for one about objects. `parameters` are the
    names in its address, in lower case."""
    named = _SETTING.fullmatch(operation.lower())
    word = _SPELLINGS.get(named[1], named[1]) if named else ""
    if word in _SETTINGS:
        return word
    if operation.lower() not in ("getbucket", "putbucket", "deletebucket", "headbucket", "postbucket"):
        return ""
    found = [name for name in parameters if name in _SETTINGS]
    return found[0] if found and _LISTING.isdisjoint(parameters) else ""


def access_of(operation: str, method: str, has_object: bool, setting: str) -> str:
    """`read`, `write`, `delete` or `list` objects; `settings` changed, or looked at: `inspect`; `other`."""
    name = operation.lower()
    if setting:
        return "inspect" if name.startswith(("get", "head", "list")) else "settings"
    if name in _ACCESS_OF:
        return _ACCESS_OF[name]
    to_object, to_bucket = _BY_METHOD.get(method.upper(), ("other", "other"))
    return to_object if has_object else to_bucket


def is_by_service(operation: str) -> bool:
    """Whether OSS does this by itself, as it was told by a rule of the bucket."""
    return operation.lower().startswith(SERVICE_OPERATIONS)
