"""The live account: its OpenAPI, its OSS and its logstores behind one door, answers as plain objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shared.cloud.credentials import Credentials
from shared.cloud.logstores import GET_LOGSTORE, Logstores
from shared.cloud.openapi import Api, OpenApi, Retry
from shared.cloud.openapi_endpoints import HOSTS, Endpoints
from shared.cloud.oss import GET_BUCKET_POLICY, Oss

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class LiveAccount:
    """See collector.Account. `gateway` is an http:// address that takes every call instead; usually empty.
    `deadline` is a time.monotonic() moment. Of OSS, the parameter `bucket` names the bucket; what it answers
    in XML becomes objects, a tag that stands several times a list. `home` is the region that is asked about
    the account as a whole, where a product can only be called by region."""

    def __init__(
        self,
        credentials: Credentials,
        gateway: str = "",
        deadline: float | None = None,
        home: str = "cn-hangzhou",
        retry: Retry | None = None,
    ) -> None:
        endpoints = Endpoints(gateway)
        self._home = home
        self._openapi = OpenApi(credentials, endpoints, deadline, retry)
        self._oss = Oss(credentials, endpoints, deadline, retry)
        self._logstores = Logstores(credentials, endpoints, deadline)

    def call(self, api: Api, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """See collector.Account.call."""
        region = region or self._home_of(api)
        if api == GET_LOGSTORE:
            return self._logstores.get(parameters["project"], parameters["logstore"], region)
        if api.product != "Oss":
            return self._openapi.call(api, parameters, region)
        bucket = str(parameters.get("bucket", ""))
        if api == GET_BUCKET_POLICY:
            return self._oss.policy(bucket, region)
        return _object(self._oss.get(api, bucket, region))

    def pages(self, api: Api, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """See collector.Account.pages. All buckets of the account are one page: {"Buckets": [...]}."""
        region = region or self._home_of(api)
        if api.product != "Oss":
            return self._openapi.pages(api, parameters, region)
        return iter([{"Buckets": list(self._oss.buckets(region))}])

    def _home_of(self, api: Api) -> str:
        return self._home if "{region}" in HOSTS.get(api.product, "") else ""


def _object(element: Element) -> dict[str, Any]:
    """What stands below an element, by its tags."""
    found: dict[str, Any] = {}
    for child in element:
        value: Any = _object(child) if len(child) else (child.text or "").strip()
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found
