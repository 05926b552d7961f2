"""Checks signatures as the real services do: ACS3-HMAC-SHA256, and OSS4-HMAC-SHA256 for OSS.

"V3 request structure and signature" (alibabacloud.com/help/en/sdk) and "Include a V4 signature in the
Authorization header" (alibabacloud.com/help/en/oss). Written from those pages, apart from what signs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from shared.cloud.credentials import Credentials
from tests.cloud.openapi.product import Refusal

LIFETIME = 900  # seconds that a request may be old


@dataclass(frozen=True)
class Request:
    """One HTTP request: `url` as in its first line, `headers` with lower-case names."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)


def verify_acs3(request: Request, credentials: Credentials) -> None:
    """Raises Refusal unless the request was signed with these credentials, now."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme != "ACS3-HMAC-SHA256":
        raise Refusal(400, "MissingParameter.Authorization", "Authorization is mandatory for this action.")
    parts = dict(part.split("=", 1) for part in rest.split(","))
    _check_key(parts["Credential"], request.headers.get("x-acs-security-token", ""), credentials)
    _check_age(request.headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha256(request.body).hexdigest()
    if request.headers.get("x-acs-content-sha256") != digest:
        raise Refusal(400, "SignatureDoesNotMatch", "x-acs-content-sha256 is not that of the body")
    names = parts["SignedHeaders"].split(";")
    _check_signed(request, names)
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names)
    query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(request.query))
    canonical = "\n".join([request.method, request.path, query, headers, ";".join(names), digest])
    signed = f"ACS3-HMAC-SHA256\n{_sha256(canonical)}"
    _check(credentials.access_key_secret.encode(), signed, parts["Signature"], canonical)


def _check_signed(request: Request, names: list[str]) -> None:
    own = {name for name in request.headers if name.startswith("x-acs-")}
    if missing := {"host", *own} - set(names):
        raise Refusal(400, "SignatureDoesNotMatch", f"not signed: {', '.join(sorted(missing))}")


def verify_oss4(request: Request, credentials: Credentials, bucket: str) -> None:
    """Raises Refusal unless the request was signed with these credentials, now, for its own region."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme != "OSS4-HMAC-SHA256":
        raise Refusal(403, "AccessDenied", "Anonymous user has no right to access this bucket.")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    key_id, _, scope = parts["Credential"].partition("/")
    _check_key(key_id, request.headers.get("x-oss-security-token", ""), credentials, 403)
    moment = request.headers.get("x-oss-date", "")
    _check_age(moment, "%Y%m%dT%H%M%SZ")
    _check_scope(request, scope, moment)
    additional = parts.get("AdditionalHeaders", "")
    canonical = _canonical_oss(request, bucket, additional)
    key = f"aliyun_v4{credentials.access_key_secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    _check(key, f"OSS4-HMAC-SHA256\n{moment}\n{scope}\n{_sha256(canonical)}", parts["Signature"], canonical)


def _check_scope(request: Request, scope: str, moment: str) -> None:
    region = re.search(r"oss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com", request.headers["host"])
    if scope != f"{moment[:8]}/{region and region[1]}/oss/aliyun_v4_request":
        raise Refusal(403, "AccessDenied", "Invalid signing region in Authorization header.")


def _canonical_oss(request: Request, bucket: str, additional: str) -> str:
    names = {name for name in request.headers if name.startswith("x-oss-")}
    names |= {"content-type", "content-md5"} & set(request.headers) | set(filter(None, additional.split(";")))
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in sorted(names))
    resource = f"/{bucket}{unquote(request.path)}" if bucket else unquote(request.path)
    query = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in request.query)
    text = "&".join(f"{name}={value}" if value else name for name, value in query)
    payload = request.headers["x-oss-content-sha256"]
    return "\n".join([request.method, quote(resource, safe="/~"), text, headers, additional, payload])


def _check_key(key_id: str, token: str, credentials: Credentials, status: int = 404) -> None:
    if key_id != credentials.access_key_id:
        raise Refusal(status, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    if token != credentials.security_token:
        raise Refusal(400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified token is not valid.")


def _check_age(text: str, form: str) -> None:
    try:
        moment = datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refusal(400, "InvalidTimeStamp.Format", "Specified time stamp is not well formatted.") from None
    if abs((datetime.now(timezone.utc) - moment).total_seconds()) > LIFETIME:
        raise Refusal(400, "InvalidTimeStamp.Expired", "Specified time stamp is expired.")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _check(key: bytes, signed: str, given: str, canonical: str) -> None:
    if not hmac.compare_digest(hmac.new(key, signed.encode(), hashlib.sha256).hexdigest(), given):
        # As the real services do, the message quotes what was signed, security token and all.
        raise Refusal(400, "SignatureDoesNotMatch", f"server string to sign is: {canonical}")
