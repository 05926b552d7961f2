"""Object Storage Service (OSS): the buckets, and what is set on each. Reads only, never an object.

OSS is not an OpenAPI: REST with XML and a signature of its own (shared/cloud/oss_signature.py). Errors are
OpenApiError all the same, with OSS's codes: `NoSuchBucketPolicy`, `AccessDenied`. "List of operations",
https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from shared.cloud.credentials import Credentials
from shared.cloud.openapi import BAD_RESPONSE, Api, OpenApiError, Retry, persist
from shared.cloud.openapi_endpoints import ENDPOINTS, Endpoint, Endpoints
from shared.cloud.openapi_paging import MAX_PAGES
from shared.cloud.oss_signature import query_string, signed_headers

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 3.0  # seconds
PAGE = "1000"  # buckets: the most that one answer holds
MESSAGE_LENGTH = 300  # characters
TEMPORARY_CODES = frozenset({"RequestTimeout", "QpsLimitExceeded", "DownloadTrafficRateLimitExceeded"})


def _read(action: str, sub_resource: str) -> Api:
    return Api("Oss", "2019-05-17", action, f"oss:{action}", "ROA", f"/?{sub_resource}", "GET")


LIST_BUCKETS = _read("ListBuckets", "")
GET_PUBLIC_ACCESS_BLOCK = _read("GetPublicAccessBlock", "publicAccessBlock")  # the whole account's: no bucket
GET_BUCKET_INFO = _read("GetBucketInfo", "bucketInfo")
GET_BUCKET_ACL = _read("GetBucketAcl", "acl")
GET_BUCKET_POLICY = _read("GetBucketPolicy", "policy")
GET_BUCKET_POLICY_STATUS = _read("GetBucketPolicyStatus", "policyStatus")
GET_BUCKET_PUBLIC_ACCESS_BLOCK = _read("GetBucketPublicAccessBlock", "publicAccessBlock")
GET_BUCKET_LOGGING = _read("GetBucketLogging", "logging")
GET_BUCKET_ENCRYPTION = _read("GetBucketEncryption", "encryption")
GET_BUCKET_VERSIONING = _read("GetBucketVersioning", "versioning")
GET_BUCKET_LIFECYCLE = _read("GetBucketLifecycle", "lifecycle")


class Oss:
    """Calls with one set of credentials. Threads may share it. Every method raises OpenApiError.

    `deadline` and `retry` as for OpenApi.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoints: Endpoints = ENDPOINTS,
        deadline: float | None = None,
        retry: Retry | None = None,
    ) -> None:
        self._credentials = credentials
        self._endpoints = endpoints
        self._deadline = deadline
        self._retry = retry or Retry()

    def buckets(self, region: str) -> Iterator[dict[str, str]]:
        """Every bucket of the account, whichever region is asked: its Name, Region, CreationDate and more."""
        marker = ""
        for _ in range(MAX_PAGES):
            parameters = {"max-keys": PAGE, **({"marker": marker} if marker else {})}
            page = self._xml(LIST_BUCKETS, "", region, parameters)
            yield from _buckets(page)
            following = _next_marker(page)
            if not following:
                return
            if following == marker:
                raise OpenApiError(BAD_RESPONSE, "ListBuckets: the next page is this page again")
            marker = following
        raise OpenApiError(BAD_RESPONSE, f"ListBuckets: still not the last of {MAX_PAGES} pages")

    def get(self, api: Api, bucket: str, region: str) -> Element:
        """The root of the XML that one of this module's reads gives; `bucket` is in `region`, or empty."""
        return self._xml(api, bucket, region, {api.path.removeprefix("/?"): ""})

    def policy(self, bucket: str, region: str) -> dict[str, Any]:
        """The bucket's policy, which is JSON. Raises OpenApiError `NoSuchBucketPolicy` when it has none."""
        text = self._text(GET_BUCKET_POLICY, bucket, region, {"policy": ""})
        try:
            policy = json.loads(text)
        except ValueError:
            policy = None
        if not isinstance(policy, dict):
            raise OpenApiError(BAD_RESPONSE, "GetBucketPolicy: the answer is not a JSON object")
        return policy

    def _xml(self, api: Api, bucket: str, region: str, parameters: Mapping[str, str]) -> Element:
        return _parsed(api, self._text(api, bucket, region, parameters))

    def _text(self, api: Api, bucket: str, region: str, parameters: Mapping[str, str]) -> bytes:
        def attempt(seconds: float) -> bytes:
            return self._attempt(api, bucket, region, parameters, seconds)

        return persist(attempt, self._deadline, self._retry)

    def _attempt(
        self, api: Api, bucket: str, region: str, parameters: Mapping[str, str], seconds: float
    ) -> bytes:
        import requests

        endpoint = self._endpoints.of("Oss", region, bucket)
        headers = signed_headers(bucket, parameters, region, self._credentials, datetime.now(timezone.utc))
        try:
            answer = requests.get(
                f"{endpoint.scheme}://{endpoint.host}/?{query_string(parameters)}",
                headers=headers,
                auth=_as_signed,
                timeout=(min(seconds, CONNECT_TIMEOUT), seconds),
                allow_redirects=False,
                proxies=_proxies(endpoint),
            )
        except requests.RequestException as error:
            message = f"{api.action}: {type(error).__name__}"
            raise OpenApiError("ConnectionFailed", message, temporary=True) from None
        if answer.status_code != 200:
            raise self._refusal(api, answer.content, answer.status_code)
        return answer.content

    def _refusal(self, api: Api, body: bytes, status: int) -> OpenApiError:
        try:
            said = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            said = Element("Error")
        code = said.findtext("Code") or BAD_RESPONSE
        temporary = status >= 500 or status == 429 or code in TEMPORARY_CODES
        message = said.findtext("Message") or f"status {status} without a word of why"
        return OpenApiError(code, self._safe(api, message), temporary, status)

    def _safe(self, api: Api, text: str) -> str:
        keys = (self._credentials.security_token, self._credentials.access_key_secret)
        for secret in (*filter(None, keys), self._credentials.access_key_id):
            text = text.replace(secret, "***")
        return f"{api.action}: {' '.join(text.split())}"[:MESSAGE_LENGTH]


def _as_signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No other credentials: without an `auth`, requests would look for some in ~/.netrc."""
    return request


def _proxies(endpoint: Endpoint) -> dict[str, str]:
    return {"http": endpoint.proxy} if endpoint.proxy else {}


def _parsed(api: Api, body: bytes) -> Element:
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise OpenApiError(BAD_RESPONSE, f"{api.action}: the answer is not XML") from None


def _buckets(page: Element) -> Iterator[dict[str, str]]:
    shell = page.find("Buckets")
    if shell is None:
        raise OpenApiError(BAD_RESPONSE, "ListBuckets: the answer has no Buckets")
    for bucket in shell.findall("Bucket"):
        yield {item.tag: item.text or "" for item in bucket}


def _next_marker(page: Element) -> str:
    """Where the next page begins, empty on the last. IsTruncated is left out when all fits in one answer."""
    if (page.findtext("IsTruncated") or "false") != "true":
        return ""
    marker = page.findtext("NextMarker")
    if not marker:
        raise OpenApiError(BAD_RESPONSE, "ListBuckets: there is more, but no NextMarker")
    return marker
