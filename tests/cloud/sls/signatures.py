"""Checks a request's signature as Log Service does: version 1 (`LOG`) and version 4 (`SLS4-HMAC-SHA256`).

Help page: help.aliyun.com, Log Service, "Request signatures". One thing is not on it: with version 1 the SDK
adds x-log-date after it has signed, so that header is left out of the check.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.parse

from shared.cloud.credentials import Credentials
from tests.cloud.sls.request import Request
from tests.cloud.sls.store import ServiceError


def verify(request: Request, credentials: Credentials) -> None:
    """Raises ServiceError (401) unless the request was signed with these credentials."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if request.headers.get("x-acs-security-token", "") != credentials.security_token:
        raise ServiceError(401, "SecurityTokenInvalid", "the security token is not valid")
    if scheme == "LOG":
        _verify_v1(request, rest, credentials)
    elif scheme == "SLS4-HMAC-SHA256":
        _verify_v4(request, rest, credentials)
    else:
        raise ServiceError(401, "Unauthorized", "the Authorization header is missing or of an unknown kind")


def _verify_v1(request: Request, authorization: str, credentials: Credentials) -> None:
    key_id, _, signature = authorization.partition(":")
    _check_key(key_id, credentials)
    digest = hashlib.md5(request.body).hexdigest().upper() if request.body else ""
    if request.headers.get("content-md5", "") != digest:
        raise ServiceError(400, "SignatureNotMatch", "Content-MD5 is not that of the body")
    signed = _string_v1(request)
    expected = hmac.new(credentials.access_key_secret.encode(), signed.encode(), hashlib.sha1).digest()
    _check(base64.b64encode(expected).decode(), signature, signed)


def _string_v1(request: Request) -> str:
    headers = request.headers
    head = [request.method, *(headers.get(name, "") for name in ("content-md5", "content-type", "date"))]
    own = [f"{name}:{value}" for name, value in _own_headers(request) if name != "x-log-date"]
    query = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    return "\n".join([*head, *own, request.path + ("?" + query if query else "")])


def _verify_v4(request: Request, authorization: str, credentials: Credentials) -> None:
    parts = dict(part.strip().split("=", 1) for part in authorization.split(","))
    key_id, _, scope = parts["Credential"].partition("/")
    _check_key(key_id, credentials)
    if request.headers.get("x-log-content-sha256") != hashlib.sha256(request.body).hexdigest():
        raise ServiceError(400, "SignatureNotMatch", "x-log-content-sha256 is not that of the body")
    canonical = _string_v4(request)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signed = "\n".join(["SLS4-HMAC-SHA256", request.headers["x-log-date"], scope, digest])
    key = f"aliyun_v4{credentials.access_key_secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    _check(hmac.new(key, signed.encode(), hashlib.sha256).hexdigest(), parts["Signature"], canonical)


def _string_v4(request: Request) -> str:
    plain = [(name, request.headers[name]) for name in ("content-type", "host") if name in request.headers]
    headers = sorted([*plain, *_own_headers(request)])
    query = "&".join(
        name + ("=" + urllib.parse.quote(value, safe="~") if value else "")
        for name, value in sorted(request.query.items())
    )
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in headers)
    names = ";".join(name for name, _ in headers)
    return "\n".join(
        [request.method, request.path, query, lines, names, request.headers["x-log-content-sha256"]]
    )


def _own_headers(request: Request) -> list[tuple[str, str]]:
    return sorted(
        (name, value) for name, value in request.headers.items() if name.startswith(("x-log-", "x-acs-"))
    )


def _check_key(key_id: str, credentials: Credentials) -> None:
    if key_id != credentials.access_key_id:
        raise ServiceError(401, "Unauthorized", f"AccessKeyId not found: {key_id}")


def _check(expected: str, given: str, signed: str) -> None:
    if not hmac.compare_digest(expected, given):
        # As the real service does, the message quotes what was signed, security token and all.
        raise ServiceError(401, "SignatureNotMatch", f"signature {given} not match, string to sign: {signed}")
