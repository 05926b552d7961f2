"""The account's own sign-in: root's device and AccessKeys, the password policy, the settings for users."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.audits.collector import HOUR, Collector, Inquiry, Told
from shared.audits.ram_apis import (
    GET_ACCOUNT_MFA_INFO,
    GET_PASSWORD_POLICY,
    GET_SECURITY_PREFERENCE,
    GET_SECURITY_REPORT,
    count,
    is_true,
)


def collect(ask: Inquiry) -> Iterator[Told]:
    """One fact for each setting; one that can't be seen hides no other."""
    for kind, tell in FACTS.items():
        if (kind, ask.account_id) not in ask.done:
            yield ask.about(kind, ask.account_id, partial(tell, ask))


def _root_mfa(ask: Inquiry) -> dict[str, Any]:
    return {"bound": is_true(ask.call(GET_ACCOUNT_MFA_INFO)["IsMFAEnable"])}


def _root_access_keys(ask: Inquiry) -> dict[str, Any]:
    """By the security report: ListAccessKeys shows root's keys to root alone."""
    report = ask.call(GET_SECURITY_REPORT)["AccountSecurityPracticeInfo"]
    return {"count": count(report["AccountSecurityPracticeUserInfo"]["RootWithAccessKey"])}


def _password_policy(ask: Inquiry) -> dict[str, Any]:
    policy = ask.call(GET_PASSWORD_POLICY)["PasswordPolicy"]
    return {
        "minimum_length": count(policy["MinimumPasswordLength"]),
        "lowercase": is_true(policy["RequireLowercaseCharacters"]),
        "uppercase": is_true(policy["RequireUppercaseCharacters"]),
        "numbers": is_true(policy["RequireNumbers"]),
        "symbols": is_true(policy["RequireSymbols"]),
        "maximum_age": count(policy["MaxPasswordAge"]),
        "hard_expire": is_true(policy["HardExpire"]),
        "reuse_prevention": count(policy["PasswordReusePrevention"]),
        "maximum_attempts": count(policy["MaxLoginAttemps"]),  # the API's spelling
    }


def _sign_in_settings(ask: Inquiry) -> dict[str, Any]:
    preference = ask.call(GET_SECURITY_PREFERENCE)["SecurityPreference"]
    sign_in = preference["LoginProfilePreference"]
    return {
        "mfa": _mfa(sign_in),
        "remembers_mfa": is_true(sign_in["EnableSaveMFATicket"]),
        "session_hours": count(sign_in["LoginSessionDuration"]),
        "networks": sorted(filter(None, str(sign_in.get("LoginNetworkMasks") or "").split(";"))),
        "users_change_password": is_true(sign_in["AllowUserToChangePassword"]),
        "users_manage_keys": is_true(preference["AccessKeyPreference"]["AllowUserToManageAccessKeys"]),
        "users_manage_mfa": is_true(preference["MFAPreference"]["AllowUserToManageMFADevices"]),
    }


def _mfa(sign_in: dict[str, Any]) -> str:
    """MFAOperationForLogin, or what EnforceMFAForLogin, which it replaces, would be by its words."""
    if "MFAOperationForLogin" in sign_in:
        return str(sign_in["MFAOperationForLogin"])
    return "mandatory" if is_true(sign_in["EnforceMFAForLogin"]) else "independent"


FACTS = {
    "root_mfa": _root_mfa,
    "root_access_keys": _root_access_keys,
    "password_policy": _password_policy,
    "sign_in_settings": _sign_in_settings,
}

RAM_ACCOUNT = Collector(
    name="ram-account",
    area="ram",
    every=HOUR,
    scope="global",
    kinds=tuple(FACTS),
    apis=(GET_ACCOUNT_MFA_INFO, GET_SECURITY_REPORT, GET_PASSWORD_POLICY, GET_SECURITY_PREFERENCE),
    collect=collect,
)
