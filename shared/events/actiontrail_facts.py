"""`facts.*`: what an ActionTrail event's own content says, where no single field says it.

Facts never judge. They are worked out only for events that some rule may concern.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.events import exposure, policy
from shared.events.leaves import last_name, leaves
from shared.events.text import text_of

_SUCCESS = ("", "success", "ok", "200")
_TLS_FIELDS = ("tlscipherpolicy", "securitypolicyid", "tlsversions", "tlsversion")
_TLS_VERSION = re.compile(r"(?:tls_cipher_policy_|tlsv?)(1)(?:[._]([0-3]))?(?![0-9])", re.IGNORECASE)
_PUBLIC_ACLS = ("public-read", "public-read-write")


def facts_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one event; those that say nothing are left out."""
    parameters = fields.get("requestParameters")
    facts: dict[str, Any] = {"outcome": outcome(fields)}
    if parameters:
        facts |= _exposure_facts(text_of(fields.get("eventName")), parameters)
        facts |= _policy_facts(parameters, text_of(fields.get("recipientAccountId")) or _owner(fields))
        facts |= {"publicAcl": _public_acl(parameters), "tlsVersions": _tls_versions(parameters)}
    return {name: value for name, value in facts.items() if value}


def outcome(fields: Mapping[str, Any]) -> str:
    """`failure` if there is an error code, or a message other than `success`; otherwise `success`.

    Successful calls have neither, or both empty; sign-ins may say `errorMessage: success`.
    """
    code = text_of(fields.get("errorCode")).strip().lower()
    message = text_of(fields.get("errorMessage")).strip().lower()
    return "success" if code in _SUCCESS and message in _SUCCESS else "failure"


def _exposure_facts(event_name: str, parameters: Any) -> dict[str, Any]:
    found = exposure.openings(event_name, parameters)
    return {
        "opened": [str(opening) for opening in found],
        "openedPorts": exposure.ports_of(found),
        "openedWide": any(exposure.is_wide(opening) for opening in found),
        "worldNetworks": exposure.world_networks(parameters),
    }


def _policy_facts(parameters: Any, own_account: str) -> dict[str, Any]:
    documents = list(policy.policies(parameters))
    trusted = [account for document in documents for account in policy.trusted_accounts(document)]
    return {
        "adminPolicy": any(policy.grants_everything(document) for document in documents),
        "publicPolicy": any(policy.is_public(document) for document in documents),
        "trustedAccounts": [account for account in trusted if account not in ("*", own_account)],
        "trustsAnyone": "*" in trusted,
    }


def _public_acl(parameters: Any) -> str:
    """`public-read` or `public-read-write` where a parameter named like an ACL, or a Grant, says so."""
    for path, value in leaves(parameters):
        name = last_name(path)
        if ("acl" in name or name == "grant") and text_of(value).lower() in _PUBLIC_ACLS:
            return text_of(value).lower()
    return ""


def _tls_versions(parameters: Any) -> list[str]:
    """The TLS versions that a listener or security policy names, such as `1.0`."""
    found = [
        f"{major}.{minor or 0}"
        for path, value in leaves(parameters)
        if last_name(path) in _TLS_FIELDS
        for major, minor in _TLS_VERSION.findall(text_of(value))
    ]
    return list(dict.fromkeys(found))


def _owner(fields: Mapping[str, Any]) -> str:
    identity = fields.get("userIdentity")
    return text_of(identity.get("accountId")) if isinstance(identity, Mapping) else ""
