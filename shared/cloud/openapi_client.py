"""The generic OpenAPI SDK, tamed: one attempt a call, errors as OpenApiError, nothing secret in them.

Imports the SDK, so only shared/cloud/openapi.py imports this, at the moment of the first call. Requests are
signed with ACS3-HMAC-SHA256 ("V3 request structure and signature",
https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature).
"""

from __future__ import annotations

import json
import logging
import string
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.exceptions import DaraException, ResponseException, RetryError
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException, UnretryableException

from shared.cloud.credentials import Credentials
from shared.cloud.openapi import BAD_RESPONSE, Api, OpenApiError
from shared.cloud.openapi_endpoints import Endpoint

Answer = TypeVar("Answer")

CONNECT_TIMEOUT = 3.0  # seconds
MESSAGE_LENGTH = 300  # characters
USER_AGENT = "trailguard"

# https://api.aliyun.com, "Common errors": a throttled call is 400, 403, 429 or 503, by product.
TEMPORARY = (
    "Throttling",
    "ServiceUnavailable",
    "InternalError",
    "SystemBusy",
    "ServiceBusy",
    "RequestTimeout",
)
UNAVAILABLE = 500  # and above; 429 beside it

# With DEBUG=sdk in the environment it would log whole requests, the security token included.
logging.getLogger("darabonba-core").disabled = True


class OpenApiClient:
    """One endpoint with one set of credentials. Its methods raise OpenApiError and nothing else."""

    sdk: ClassVar[type[Client]] = Client

    def __init__(self, endpoint: Endpoint, credentials: Credentials) -> None:
        self._proxy = endpoint.proxy
        self.client = self.sdk(
            Config(
                access_key_id=credentials.access_key_id,
                access_key_secret=credentials.access_key_secret,
                security_token=credentials.security_token or None,
                endpoint=endpoint.host,
                protocol=endpoint.scheme,
                user_agent=USER_AGENT,
                signature_algorithm="ACS3-HMAC-SHA256",
            )
        )
        keys = (credentials.access_key_id, credentials.access_key_secret, credentials.security_token)
        self._secrets = sorted(filter(None, keys), key=len, reverse=True)

    def call(
        self, api: Api, parameters: Mapping[str, Any], body: Mapping[str, Any] | None, seconds: float
    ) -> dict[str, Any]:
        """The answer to one attempt, which may wait `seconds` for the next byte."""
        path, query = _placed(api, parameters)
        request = OpenApiRequest(query=query, body=dict(body) if body else None)
        response = self.attempt(
            api, lambda how: self.client.call_api(_params(api, path), request, how), seconds
        )
        return self._read(api, response)

    def attempt(self, api: Api, ask: Callable[[RuntimeOptions], Answer], seconds: float) -> Answer:
        """What `ask` returns, once told how long it may wait; its errors are the SDK's."""
        try:
            return ask(self._options(seconds))
        except (TeaException, RetryError) as error:
            raise self._translated(api, error) from None

    def _options(self, seconds: float) -> RuntimeOptions:
        """No retry policy is given, so the SDK does not retry. Its timeouts are in milliseconds."""
        wait = min(seconds, CONNECT_TIMEOUT)
        return RuntimeOptions(
            read_timeout=max(1, int(seconds * 1000)),
            connect_timeout=max(1, int(wait * 1000)),
            http_proxy=self._proxy or None,
        )

    def _translated(self, api: Api, error: Exception) -> OpenApiError:
        if isinstance(error, ResponseException):
            return self._refusal(api, str(error.code), str(error.message), int(error.status_code or 0))
        cause = error.inner_exception if isinstance(error, UnretryableException) else error
        if isinstance(cause, RetryError):
            return OpenApiError("ConnectionFailed", f"{api.action}: {_kind(cause)}", temporary=True)
        if isinstance(cause, DaraException):
            return OpenApiError(str(cause.code), self._safe(api, str(cause.message)))
        # What a gateway's page of HTML makes of the SDK. Its text quotes the page, so only its kind is told.
        message = f"{api.action}: an error without JSON ({type(cause).__name__})"
        return OpenApiError(BAD_RESPONSE, message, temporary=True)

    def _refusal(self, api: Api, code: str, message: str, status: int) -> OpenApiError:
        temporary = status >= UNAVAILABLE or status == 429 or code.startswith(TEMPORARY)
        known = code not in ("None", "")
        return OpenApiError(code if known else BAD_RESPONSE, self._safe(api, message), temporary, status)

    def _read(self, api: Api, response: Mapping[str, Any]) -> dict[str, Any]:
        text, status = response["body"], int(response["statusCode"])
        if not text and status == 204:
            return {}
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise OpenApiError(BAD_RESPONSE, f"{api.action}: the answer is not a JSON object", True, status)
        # Billing and others refuse with status 200.
        if str(answer.get("Success", True)).lower() == "false":
            raise self._refusal(api, str(answer.get("Code")), str(answer.get("Message")), status)
        return answer

    def _safe(self, api: Api, text: str) -> str:
        # SignatureDoesNotMatch quotes the string that was signed, security token included.
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return f"{api.action}: {' '.join(text.split())}"[:MESSAGE_LENGTH]


def _kind(error: RetryError) -> str:
    """`ReadTimeout` and the like. The SDK keeps the words only, which quote the whole address."""
    return "the answer did not come in time" if "timed out" in str(error.message) else "no answer"


def _params(api: Api, path: str) -> Params:
    return Params(
        action=api.action,
        version=api.version,
        protocol="HTTPS",
        pathname=path,
        method=api.method,
        auth_type="AK",
        style=api.style,
        req_body_type="json",
        body_type="string",
    )


def _placed(api: Api, parameters: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The path with its `{name}`s filled in, and what is left for the query."""
    query = dict(_flat("", parameters))
    names = {name for _, name, _, _ in string.Formatter().parse(api.path) if name}
    places = {name: quote(query.pop(name), safe="~") for name in names}
    return api.path.format(**places), query


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """`Tag.1.Key` and its text, for each leaf that is not None. Lists count from 1."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), item)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value, 1):
            yield from _flat(f"{prefix}.{number}", item)
    elif value is not None:
        yield prefix, str(value).lower() if isinstance(value, bool) else str(value)
