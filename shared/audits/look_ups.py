"""The look-ups that rules may ask for by `confirm:`, each one answer of the live account about one thing.

What they mean stands in shared/detection/confirm.py. They ask as the collectors do, and of the same APIs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.audits.collector import Inquiry
from shared.audits.ecs_openings import world_openings
from shared.audits.ecs_security_groups import DESCRIBE_PORT_LIST, DESCRIBE_PREFIX_LIST, DESCRIBE_RULES, Region
from shared.audits.kms_keys import DESCRIBE_KEY
from shared.audits.listener_look_up import APIS, listener_named_by, listener_weak_tls
from shared.audits.oss_exposure import EXPOSURE_APIS, WAYS, account_blocked, settings_of
from shared.audits.ram_apis import GET_USER_MFA_INFO, is_true, unless_none
from shared.cloud.openapi import Api
from shared.detection.confirm import Answer
from shared.events.event import Event
from shared.events.leaves import last_name, leaves
from shared.events.text import text_of

GET_MFA_OF_NAME = Api("Ram", "2015-05-01", "GetUserMFAInfo", "ram:GetUserMFAInfo")

MOST_SHOWN = 3
"""Openings that an answer names."""


@dataclass(frozen=True)
class LookUp:
    """One look-up. `named_by` finds in an event which thing it is about, empty where it does not say. `look`
    may raise Unanswered, or one of MISUNDERSTOOD."""

    apis: tuple[Api, ...]
    named_by: Callable[[Event], str]
    look: Callable[[Inquiry, str], Answer]


def parameter(*names: str) -> Callable[[Event], str]:
    """Finds the first request parameter, at any depth, with one of these names (in lower case)."""

    def named_by(event: Event) -> str:
        parameters = event.fields.get("requestParameters")
        found = {last_name(path): text_of(value) for path, value in reversed(leaves(parameters))}
        return next((found[name] for name in names if found.get(name)), "")

    return named_by


def referenced(kind: str, *names: str) -> Callable[[Event], str]:
    """The same; where no parameter tells, the first of the event's referenced resources of this kind."""

    def named_by(event: Event) -> str:
        resources = event.fields.get("referencedResources")
        listed = resources.get(kind) if isinstance(resources, dict) else None
        return by_parameter(event) or (text_of(listed[0]) if isinstance(listed, list) and listed else "")

    by_parameter = parameter(*names)
    return named_by


def bucket_public(ask: Inquiry, bucket: str) -> Answer:
    """Whether anybody can reach what is in the bucket."""
    settings, missed = settings_of(ask, "oss_bucket", bucket, ask.region, account_blocked(ask))
    open_ways = [way for way in WAYS if settings.lets_anybody(way)]
    if open_ways:
        why = ", ".join(settings.fields["why"])
        return Answer("confirmed", f"anybody can {' and '.join(open_ways)} ({why})")
    if missed:
        return Answer("unconfirmed", f"{missed[0].api} failed: {missed[0].error}")
    unknown = [way for way in WAYS if settings.lets_anybody(way) is None]
    if unknown:
        return Answer("unconfirmed", f"whether anybody can {' or '.join(unknown)} can't be told")
    return Answer("refuted", f"the bucket {bucket} is not public")


def security_group_open(ask: Inquiry, group: str) -> Answer:
    """Whether the group's rules, taken together, let the world in."""
    found = [str(opening) for opening in world_openings(Region(ask).rules(group))]
    if not found:
        return Answer("refuted", f"{group} lets nobody in from everywhere")
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return Answer("confirmed", f"{group} is open: {', '.join(found[:MOST_SHOWN])}{more}")


def user_without_mfa(ask: Inquiry, user: str) -> Answer:
    """Whether the user, by name or by `name@domain`, has no device bound."""
    if "@" in user:
        answer = unless_none(ask, "MFADevice", GET_USER_MFA_INFO, UserPrincipalName=user)
    else:
        answer = unless_none(ask, "MFADevice", GET_MFA_OF_NAME, UserName=user)
    if answer is None or not is_true(answer.get("IsMFAEnable", "MFADevice" in answer)):
        return Answer("confirmed", f"{user} has no MFA device")
    return Answer("refuted", f"{user} has an MFA device")


def kms_key_unusable(ask: Inquiry, key: str) -> Answer:
    """Whether the key is disabled, or about to be deleted."""
    found = ask.call(DESCRIBE_KEY, KeyId=key)["KeyMetadata"]
    state, until = found["KeyState"], found.get("DeleteDate", "")
    if state in ("Disabled", "PendingDeletion"):
        return Answer("confirmed", f"{key} is {state}" + (f", deleted at {until}" if until else ""))
    return Answer("refuted", f"{key} is {state}")


LOOK_UPS: dict[str, LookUp] = {
    "bucket-public": LookUp(
        EXPOSURE_APIS, referenced("ACS::OSS::Bucket", "bucket", "bucketname"), bucket_public
    ),
    "security-group-open": LookUp(
        (DESCRIBE_RULES, DESCRIBE_PREFIX_LIST, DESCRIBE_PORT_LIST),
        referenced("ACS::ECS::SecurityGroup", "securitygroupid"),
        security_group_open,
    ),
    "user-without-mfa": LookUp(
        (GET_USER_MFA_INFO, GET_MFA_OF_NAME), parameter("userprincipalname", "username"), user_without_mfa
    ),
    "listener-weak-tls": LookUp(APIS, listener_named_by, listener_weak_tls),
    "kms-key-unusable": LookUp((DESCRIBE_KEY,), referenced("ACS::KMS::Key", "keyid"), kms_key_unusable),
}
