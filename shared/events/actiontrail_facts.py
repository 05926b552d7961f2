"""`facts.*`: what an ActionTrail event's own content says, where no single field says it.

Facts never judge. Each is worked out when a rule first asks for it: of most events, none is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.events import circumstances, exposure, policy
from shared.events.affected import affected
from shared.events.leaves import last_name, leaves
from shared.events.text import text_of

_SUCCESS = ("", "success", "ok", "0", "200")
_TLS_FIELDS = ("tlscipherpolicy", "securitypolicyid", "tlsversions", "tlsversion")
_TLS_VERSION = re.compile(r"(?:tls_cipher_policy_|tlsv?)(1)(?:[._]([0-3]))?(?![0-9])", re.IGNORECASE)
_PUBLIC_ACLS = {"publicread": "public-read", "publicreadwrite": "public-read-write"}
"""The ACLs of OSS that let anyone in, as the API and as its SDKs spell them."""


def facts_of(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts of one event; those that say nothing are absent."""
    return _Facts(fields)


def outcome(fields: Mapping[str, Any]) -> str:
    """`failure` if there is an error code, or a message other than `success`; otherwise `success`.

    Successful calls have neither, or both empty; sign-ins may say `errorMessage: success`.
    """
    code = text_of(fields.get("errorCode")).strip().lower()
    message = text_of(fields.get("errorMessage")).strip().lower()
    return "success" if code in _SUCCESS and message in _SUCCESS else "failure"


class _Facts(Mapping[str, Any]):
    """Looks like a dict of facts that are all there already."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known |= _WORKED_OUT_BY[name](self._fields)
        if not self._known[name]:
            raise KeyError(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in _WORKED_OUT_BY if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _outcome_fact(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"outcome": outcome(fields)}


def _opening_facts(fields: Mapping[str, Any]) -> dict[str, Any]:
    found = exposure.openings(text_of(fields.get("eventName")), fields.get("requestParameters"))
    return {
        "opened": [str(opening) for opening in found],
        "openedPorts": exposure.ports_of(found),
        "openedWide": any(exposure.is_wide(opening) for opening in found),
    }


def _network_fact(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"worldNetworks": exposure.world_networks(fields.get("requestParameters"))}


def _policy_facts(fields: Mapping[str, Any]) -> dict[str, Any]:
    documents = list(policy.policies(fields.get("requestParameters")))
    own_account = text_of(fields.get("recipientAccountId")) or _owner(fields)
    trusted = [account for document in documents for account in policy.trusted_accounts(document)]
    return {
        "adminPolicy": any(policy.grants_everything(document) for document in documents),
        "publicPolicy": any(policy.is_public(document) for document in documents),
        "trustedAccounts": [account for account in trusted if account not in ("*", own_account)],
        "trustsAnyone": "*" in trusted,
    }


def _resources_fact(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"resources": affected(fields)}


def _acl_fact(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`public-read` or `public-read-write` where a parameter named like an ACL, or a Grant, says so."""
    for path, value in leaves(fields.get("requestParameters")):
        name, acl = last_name(path), text_of(value).lower().replace("-", "").replace("_", "")
        if ("acl" in name or name == "grant") and acl in _PUBLIC_ACLS:
            return {"publicAcl": _PUBLIC_ACLS[acl]}
    return {"publicAcl": ""}


def _tls_fact(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The TLS versions that a listener or security policy names, such as `1.0`."""
    found = [
        f"{major}.{minor or 0}"
        for path, value in leaves(fields.get("requestParameters"))
        if last_name(path) in _TLS_FIELDS
        for major, minor in _TLS_VERSION.findall(text_of(value))
    ]
    return {"tlsVersions": list(dict.fromkeys(found))}


def _owner(fields: Mapping[str, Any]) -> str:
    identity = fields.get("userIdentity")
    return text_of(identity.get("accountId")) if isinstance(identity, Mapping) else ""


_WORKED_OUT_BY: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "outcome": _outcome_fact,
    **dict.fromkeys(("opened", "openedPorts", "openedWide"), _opening_facts),
    "worldNetworks": _network_fact,
    **dict.fromkeys(("adminPolicy", "publicPolicy", "trustedAccounts", "trustsAnyone"), _policy_facts),
    "publicAcl": _acl_fact,
    "tlsVersions": _tls_fact,
    "identity": circumstances.caller,
    **dict.fromkeys(("user", "otherUser"), circumstances.concerned_user),
    "network": circumstances.network,
    "country": circumstances.country,
    **dict.fromkeys(("utcHour", "weekday"), circumstances.clock),
    "resources": _resources_fact,
}
