"""Whether anybody may list, read or write a bucket: worked out of its ACL, its policy, and the switches that
shut the public out.

"Block public access", https://www.alibabacloud.com/help/en/oss/user-guide/block-public-access: where it is
on, for the account or the bucket, public ACLs and policies are ignored. "Bucket ACL",
https://www.alibabacloud.com/help/en/oss/user-guide/overview-of-bucket-acl: public-read lets anybody read
objects; whether it lets them list too is not written there, so it is unknown. A policy's denial goes before
what the ACL grants. Objects may have an ACL of their own, which nothing here sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from shared.audits.collector import MISUNDERSTOOD, Inquiry, Unanswered, Unknown, unknown
from shared.cloud.oss import (
    GET_BUCKET_ACL,
    GET_BUCKET_POLICY,
    GET_BUCKET_POLICY_STATUS,
    GET_BUCKET_PUBLIC_ACCESS_BLOCK,
    GET_PUBLIC_ACCESS_BLOCK,
)
from shared.events.policy import actions_of_anyone

Answer = TypeVar("Answer")
Truth = bool | None
"""None: unknown."""

EXPOSURE_APIS = (
    GET_PUBLIC_ACCESS_BLOCK,
    GET_BUCKET_ACL,
    GET_BUCKET_POLICY,
    GET_BUCKET_POLICY_STATUS,
    GET_BUCKET_PUBLIC_ACCESS_BLOCK,
)
"""What working it out may ask."""

WAYS = {
    "list": ("oss:listobjects", "oss:listobjectversions"),
    "read": ("oss:getobject", "oss:getobjectversion"),
    "write": ("oss:putobject", "oss:deleteobject", "oss:putobjectacl"),
}
"""What anybody may do, and the actions of a policy that stand for it."""

BY_ACL: Mapping[str, Mapping[str, Truth]] = {
    "private": {"list": False, "read": False, "write": False},
    "public-read": {"list": None, "read": True, "write": False},
    "public-read-write": {"list": None, "read": True, "write": True},
}

NO_POLICY = "NoSuchBucketPolicy"


@dataclass(frozen=True)
class Settings:
    """What is set on a bucket; None where it could not be found out. `allowed` and `denied` are the actions
    that the policy allows, or denies, to anyone; empty where OSS calls the policy not public."""

    acl: str | None
    policy_public: Truth
    allowed: tuple[str, ...] | None
    denied: tuple[str, ...]
    blocked: Truth

    @property
    def fields(self) -> dict[str, Any]:
        """As the kind `oss_bucket` tells it."""
        ways = {f"anybody_can_{way}": told(self.lets_anybody(way)) for way in WAYS}
        shown = {"acl": self.acl or "unknown", "policy_public": told(self.policy_public)}
        return {**shown, "public_access_blocked": told(self.blocked), **ways, "why": list(self._why())}

    def lets_anybody(self, way: str) -> Truth:
        """Whether anybody can `list`, `read` or `write`."""
        if self.blocked:
            return False
        granted = _either(self._by_acl(way), self._by_policy(way))
        return None if granted and self.blocked is None else granted

    def _by_acl(self, way: str) -> Truth:
        if self.acl == "private" or all(_fits(action, self.denied) for action in WAYS[way]):
            return False
        return BY_ACL.get(self.acl or "", {}).get(way)

    def _by_policy(self, way: str) -> Truth:
        if self.allowed is None:
            return None
        return any(_fits(action, self.allowed) for action in WAYS[way])

    def _why(self) -> Iterator[str]:
        if self.blocked:
            yield "public access is blocked"
        if self.acl != "private":
            yield f"the ACL is {self.acl or 'unknown'}"
        if self.policy_public is not False:
            yield "the policy is public" if self.policy_public else "the policy is unknown"
        if self.blocked is None:
            yield "whether public access is blocked is unknown"


def account_blocked(ask: Inquiry) -> bool:
    """Whether the account shuts the public out of all its buckets. Raises Unanswered, KeyError."""
    return _is_true(ask.call(GET_PUBLIC_ACCESS_BLOCK)["BlockPublicAccess"])


def settings_of(
    ask: Inquiry, kind: str, bucket: str, region: str, shut: Truth
) -> tuple[Settings, list[Unknown]]:
    """What is set on the bucket, and what could not be found out, each as an Unknown of `kind`. `shut` is
    whether the account blocks public access."""
    missed: list[Unknown] = []

    def asked(read: Callable[[], Answer]) -> Answer | None:
        try:
            return read()
        except (Unanswered, *MISUNDERSTOOD) as error:
            missed.append(unknown(kind, bucket, error))
            return None

    acl = asked(lambda: _acl(ask, bucket, region))
    public = asked(lambda: _is_policy_public(ask, bucket, region))
    policy = None
    if public or acl not in ("private", None):
        policy = asked(lambda: _policy(ask, bucket, region))
    allowed, denied = _by_policy(policy, public)
    own = True if shut else asked(lambda: _is_blocked(ask, bucket, region))
    return Settings(acl, public, allowed, denied, _either(shut, own)), missed


def told(truth: Truth) -> bool | str:
    """As a field of a fact."""
    return "unknown" if truth is None else truth


def _by_policy(
    policy: Mapping[str, Any] | None, public: Truth
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The actions allowed to anyone (None: unknown) and denied to anyone."""
    denied = actions_of_anyone(policy, "deny") if policy else ()
    if not public:
        return (() if public is False else None), denied
    # OSS calls it public: where nothing is found that makes it so, it is not understood.
    return (actions_of_anyone(policy, "allow") or None) if policy else None, denied


def _acl(ask: Inquiry, bucket: str, region: str) -> str:
    answer = ask.call(GET_BUCKET_ACL, region=region, bucket=bucket)
    return str(answer["AccessControlList"]["Grant"])


def _is_policy_public(ask: Inquiry, bucket: str, region: str) -> bool:
    """A bucket without a policy answers false, says the page on blocking public access."""
    try:
        return _is_true(ask.call(GET_BUCKET_POLICY_STATUS, region=region, bucket=bucket)["IsPublic"])
    except Unanswered as error:
        if error.error != NO_POLICY:
            raise
        return False


def _policy(ask: Inquiry, bucket: str, region: str) -> dict[str, Any]:
    try:
        return ask.call(GET_BUCKET_POLICY, region=region, bucket=bucket)
    except Unanswered as error:
        if error.error != NO_POLICY:
            raise
        return {"Statement": []}


def _is_blocked(ask: Inquiry, bucket: str, region: str) -> bool:
    answer = ask.call(GET_BUCKET_PUBLIC_ACCESS_BLOCK, region=region, bucket=bucket)
    return _is_true(answer["BlockPublicAccess"])


def _is_true(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _either(one: Truth, other: Truth) -> Truth:
    """Whether one of them holds."""
    if one or other:
        return True
    return None if one is None or other is None else False


def _fits(action: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in patterns)
