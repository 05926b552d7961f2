"""Signs requests to OSS that have no body: OSS4-HMAC-SHA256.

"Include a V4 signature in the Authorization header",
https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from shared.cloud.credentials import Credentials

ALGORITHM = "OSS4-HMAC-SHA256"
PAYLOAD = "UNSIGNED-PAYLOAD"


def query_string(parameters: Mapping[str, str]) -> str:
    """The query, sorted and escaped as it is signed; a parameter without a value has no `=`."""
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in parameters.items())
    return "&".join(f"{name}={value}" if value else name for name, value in pairs)


def signed_headers(
    bucket: str, parameters: Mapping[str, str], region: str, credentials: Credentials, now: datetime
) -> dict[str, str]:
    """The headers of a GET of `bucket`, or of the service itself where that is empty. `now` is UTC."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"x-oss-content-sha256": PAYLOAD, "x-oss-date": moment}
    if credentials.security_token:
        headers["x-oss-security-token"] = credentials.security_token
    scope = f"{moment[:8]}/{region}/oss/aliyun_v4_request"
    text = "\n".join([ALGORITHM, moment, scope, _digest(_canonical(bucket, parameters, headers))])
    signature = hmac.new(
        _key(credentials.access_key_secret, scope), text.encode(), hashlib.sha256
    ).hexdigest()
    credential = f"{credentials.access_key_id}/{scope}"
    return {**headers, "Authorization": f"{ALGORITHM} Credential={credential},Signature={signature}"}


def _canonical(bucket: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> str:
    resource = f"/{bucket}/" if bucket else "/"
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    return "\n".join(["GET", resource, query_string(parameters), lines, "", PAYLOAD])


def _key(secret: str, scope: str) -> bytes:
    key = f"aliyun_v4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
