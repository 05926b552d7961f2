"""`facts.*` of a request to OSS: who, with which kind of key, from where, what it did and whether it could.

Fields: "OSS log fields", https://www.alibabacloud.com/help/en/sls/oss, and "Log fields",
https://www.alibabacloud.com/help/en/sls/user-guide/log-fields-13. A `-` says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_network
from typing import Any

from shared.events import geo
from shared.events.address import plain_address
from shared.events.oss_operations import access_of, is_by_service, setting_of
from shared.events.percent import decoded
from shared.events.text import text_of

GIGABYTE = 10**9
LONGEST_URI = 4096
"""Characters of an address that are looked at."""

_USER_AGENTS = ("user_agent", "user-agent", "User-Agent")
_KINDS = {"TMP": "console", "STS": "sts"}
"""How the AccessKey ids of temporary credentials begin: those of the console, and security tokens."""
_BY_ITSELF = ("lifecycle", "superuser", "sync", "sync-public")
"""Values of sync_request where no client asked; `cdn` fetches what a client of the CDN asked for."""
_DENIED_CODES = (
    "accessdenied",
    "accessforbidden",
    "invalidaccesskeyid",
    "signaturedoesnotmatch",
    "securitytokenexpired",
    "invalidsecuritytoken",
    "userdisable",
)
_NOT_DENIED = ("invalidobjectstate", "requesttimetooskewed")
"""Answered with 403, too: an archived object that is not restored, a clock that is wrong."""
_UNPROVEN = ("invalidaccesskeyid", "signaturedoesnotmatch", "requesttimetooskewed", "invalidsecuritytoken")
"""Anybody can write somebody's key id into a request; only its secret proves the key."""
_SIGNED_URLS = ("urisign", "uri_sign4")
_SIGNATURES = frozenset(("signature", "x-oss-signature"))
"""Parameters of a signed URL, of version 1 and of version 4."""
_PREFIXES = {4: 24, 6: 48}


class Told(dict[str, str]):
    """The fields of a record as texts; empty for `-`, and for what it does not have."""

    def __missing__(self, name: str) -> str:
        return ""


def told_of(record: Mapping[str, Any]) -> Told:
    """What a record tells."""
    told = Told()
    for name, value in record.items():
        text = value if isinstance(value, str) else text_of(value)
        if text != "-":
            told[name] = text
    return told


def facts_of(told: Told) -> dict[str, Any]:
    """The facts of one request; those that say nothing are absent."""
    caller = _caller(told)
    found = {
        **_request(told),
        **_outcome(told),
        **caller,
        **_object(told, caller["identity"]),
        **_place(told),
        "gigabytes": _gigabytes(told["response_body_length"], told["request_id"]),
        "userAgent": next(filter(None, (told[name] for name in _USER_AGENTS)), ""),
    }
    return {name: value for name, value in found.items() if value}


def _request(told: Told) -> dict[str, Any]:
    """`access`, `setting`, `uri` and `parameters`: what was asked for; `signedUrl`: by an address with its
    signature in it, which OSS's own files show by the parameters alone."""
    operation, (path, query) = told["operation"], _address(told)
    names = [decoded(part.partition("=")[0], 60).lower() for part in query.split("&")[:100] if part]
    setting = setting_of(operation, names)
    access = access_of(operation, told["http_method"], bool(told["object"]), setting)
    return {
        "access": access,
        "setting": setting,
        "uri": decoded(path),
        "parameters": names,
        "signedUrl": told["sign_type"].lower() in _SIGNED_URLS or not _SIGNATURES.isdisjoint(names),
    }


def _address(told: Told) -> tuple[str, str]:
    """The path and the query of the request's address, each still encoded as the client did it."""
    raw = told["request_uri"][:LONGEST_URI]
    if not raw.startswith("/"):  # encoded once more, as a whole
        raw = decoded(raw, LONGEST_URI)
    path, _, query = raw.partition("?")
    return path, query


def _outcome(told: Told) -> dict[str, Any]:
    """`outcome`: success, denied or failed; `unproven`: the request may be by somebody without the secret."""
    status, code = told["http_status"], told["error_code"].lower()
    is_denied = (status in ("401", "403") and code not in _NOT_DENIED) or code in _DENIED_CODES
    is_fine = status[:1] in ("2", "3") if status else not code
    outcome = "denied" if is_denied else "success" if is_fine else "failed"
    return {"outcome": outcome, "unproven": code in _UNPROVEN}


def _caller(told: Told) -> dict[str, Any]:
    """`key`: the kind of key; `identity`: who, under one name for all sessions; `role` and `session`.

    extend_information is `requesterParentId,roleName,roleSessionName,roleOwnerId`, and may grow at its end.
    """
    key_id, requester = told["access_id"], told["requester_id"]
    parent, role, session, role_owner = _extended(told)
    kind = _KINDS.get(key_id[:3], "permanent") if key_id else "unknown" if requester else "anonymous"
    owner, account = told["owner_id"], role_owner or parent
    return {
        "key": kind,
        "identity": _identity(kind, key_id, requester, role),
        "role": role,
        "session": session,
        "root": kind == "permanent" and not role and requester != "" and requester == owner,
        "otherAccount": account if owner and account != owner else "",
    }


def _identity(kind: str, key_id: str, requester: str, role: str) -> str:
    """`LTAI…`, `role/backup`, `user/2012…`, `anonymous`. It has no blank, so that lists can tell it from what
    follows."""
    if role:
        name = f"role/{role}"
    elif kind == "permanent":
        name = key_id
    else:
        name = f"user/{requester.partition(':')[0]}" if requester else key_id or "anonymous"
    return name.partition(" ")[0][:128]


def _extended(told: Told) -> tuple[str, str, str, str]:
    parts = told["extend_information"].split(",")[:4]
    parent, role, session, owner = (("" if p.strip() == "-" else p.strip()) for p in (parts + [""] * 4)[:4])
    return parent, role, session, owner


def _object(told: Told, identity: str) -> dict[str, Any]:
    """`object`: its name, decoded; `path`: bucket and object, or the prefix that a listing asks for; `use`:
    who and what, as the lists of sensitive buckets have it."""
    name = decoded(told["object"])
    path = f"{told['bucket']}/{name or _prefix(told)}"
    return {"object": name, "path": path, "use": f"{identity} {path}"}


def _prefix(told: Told) -> str:
    """The `prefix` of a listing."""
    parts = (part.partition("=") for part in _address(told)[1].split("&"))
    return next((decoded(value) for name, _, value in parts if name == "prefix"), "")


def _place(told: Told) -> dict[str, Any]:
    """`network`: the VPC, or the /24 or /48 of a public address; `country`; `via`: internet, vpc, intranet,
    or what OSS calls the request (`cdn`, `lifecycle`); `byService`: no client asked.

    A thief in a VPC of the same region shows a private address like everybody's, but another VPC.
    """
    address, sync = told["client_ip"], told["sync_request"].lower()
    is_public = bool(geo.network_of(address))
    return {
        "network": told["vpc_id"] or (_network(address) if is_public else ""),
        "country": geo.country_of(address),
        "via": sync or ("vpc" if _is_vpc(told) else "internet" if is_public else "intranet"),
        "byService": sync in _BY_ITSELF or is_by_service(told["operation"]),
    }


def _is_vpc(told: Told) -> bool:
    return any(told[name] not in ("", "0") for name in ("vpc_id", "vpc_addr"))


@lru_cache(maxsize=16384)
def _network(address: str) -> str:
    """The network around a public address."""
    plain = plain_address(address)
    return str(ip_network(f"{plain}/{_PREFIXES[6 if ':' in plain else 4]}", strict=False))


def _gigabytes(length: str, request_id: str) -> int:
    """The `gigabytes` that a response of so many bytes carried.

    A remainder counts as one gigabyte for as many requests in a thousand as it has megabytes, told by a
    digest of their ids: so many small responses add up to what they carried, and few are to be remembered.
    """
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0
    whole, remainder = divmod(size, GIGABYTE)
    draw = blake2b(request_id.encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return whole + (int.from_bytes(draw, "big") * GIGABYTE >> 64 < remainder)


FACTS = (
    "access setting uri parameters outcome unproven key identity role session root otherAccount signedUrl"
    " object path use network country via byService gigabytes userAgent"
).split()
