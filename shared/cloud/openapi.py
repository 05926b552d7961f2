"""Alibaba Cloud's OpenAPI: one way to call any product's read APIs.

The official generic client does the talking (shared/cloud/openapi_client.py). It is imported at the first
call, never with this module. What an answer lacks is an error, never an empty list: an audit that can't see
must say so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from shared.cloud.credentials import Credentials
from shared.cloud.openapi_endpoints import ENDPOINTS, INTERNATIONAL, Endpoint, Endpoints
from shared.cloud.openapi_paging import MAX_PAGES, Paging, paging_of, total_of

if TYPE_CHECKING:
    from shared.cloud.openapi_client import OpenApiClient

Result = TypeVar("Result")

PATIENCE = 30.0  # seconds for one call, retries included, where the caller sets no deadline
REQUEST_TIMEOUT = 10.0  # seconds without a byte before one attempt is given up
BAD_RESPONSE = "BadResponse"
ELSEWHERE = "NotApplicable"
"""What billing says to an account that was opened at the other of the two sites, aliyun.com and
alibabacloud.com (https://github.com/aliyun/terraform-provider-alicloud asks there in turn)."""


@dataclass(frozen=True)
class Api:
    """One API of one product, and the permission that calling it needs (a RAM action: `ecs:DescribeDisks`).

    `path` of a ROA API may hold `{name}`s, which are filled in from the parameters of those names.
    """

    product: str
    version: str
    action: str
    permission: str
    style: Literal["RPC", "ROA"] = "RPC"
    path: str = "/"
    method: str = "POST"


WHO_AM_I = Api("Sts", "2015-04-01", "GetCallerIdentity", "sts:GetCallerIdentity")
"""Whose keys these are: the account and the identity."""


class OpenApiError(Exception):
    """The API refused, could not be reached, or answered nonsense. Never holds a key or a token.

    `code` is the API's own (`NoPermission`, `EntityNotExist.User`), or `BadResponse`, `ConnectionFailed`,
    `DeadlineExceeded`. `temporary`: the same call may yet succeed. `status` is HTTP's, 0 without an answer.
    """

    def __init__(self, code: str, message: str, temporary: bool = False, status: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.temporary = temporary
        self.status = status


@dataclass(frozen=True)
class Retry:
    """How often a temporary failure is tried again, and the seconds between: doubled each time."""

    attempts: int = 6
    first_pause: float = 0.5
    longest_pause: float = 8.0

    def pause(self, attempt: int) -> float:
        """Seconds to wait after the `attempt`th failure, from 1 on. Jitter keeps callers out of step."""
        longest: float = min(self.longest_pause, self.first_pause * 2 ** (attempt - 1))
        return longest * random.uniform(0.5, 1)


class OpenApi:
    """Calls with one set of credentials. Threads may share it. Every method raises OpenApiError.

    `deadline` is a time.monotonic() moment by which the last answer is in; without it a call has PATIENCE.
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
        self._clients: dict[Endpoint, OpenApiClient] = {}
        self._international: set[str] = set()

    def call(
        self,
        api: Api,
        parameters: Mapping[str, Any] | None = None,
        region: str = "",
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The answer to one call. `region` picks the endpoint, and is sent as RegionId where RPC wants it.

        Lists and objects in `parameters` become `Tag.1.Key`; `body` is sent as JSON. Raises OpenApiError, and
        ValueError for a product without a known endpoint.
        """
        given = dict(parameters or {})
        if region and api.style == "RPC":
            given.setdefault("RegionId", region)
        if api.product in self._international:
            return self._persist(api, self._endpoints.international(api.product), given, body)
        try:
            return self._persist(api, self._endpoints.of(api.product, region), given, body)
        except OpenApiError as error:
            if error.code != ELSEWHERE or api.product not in INTERNATIONAL:
                raise
            self._international.add(api.product)
            return self._persist(api, self._endpoints.international(api.product), given, body)

    def pages(self, api: Api, parameters: Mapping[str, Any], region: str = "") -> Iterator[dict[str, Any]]:
        """Every page of a list. `parameters` hold the page's size, whose name says how the API pages:
        `MaxItems` (markers), `MaxResults` (tokens) or `PageSize` (numbers); see openapi_paging.PAGINGS.

        Raises OpenApiError, with `BadResponse` when an answer lacks what paging needs or would never end.
        """
        paging = paging_of(parameters)
        sent = {**parameters, **paging.first(parameters)}
        for _ in range(MAX_PAGES):
            answer = self.call(api, sent, region)
            yield answer
            change = _change(api, paging, sent, answer)
            if change is None:
                return
            sent |= change
        raise OpenApiError(BAD_RESPONSE, f"{api.action}: still not the last of {MAX_PAGES} pages")

    def items(
        self, api: Api, path: str, parameters: Mapping[str, Any], region: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Every object of the list at `path` (`Users.User`) in every page; parameters as in `pages`."""
        return items_of(api, path, self.pages(api, parameters, region))

    def _persist(
        self, api: Api, endpoint: Endpoint, given: Mapping[str, Any], body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        client = self._client(endpoint)
        return persist(lambda seconds: client.call(api, given, body, seconds), self._deadline, self._retry)

    def _client(self, endpoint: Endpoint) -> OpenApiClient:
        from shared.cloud.openapi_client import OpenApiClient

        if endpoint not in self._clients:
            self._clients[endpoint] = OpenApiClient(endpoint, self._credentials)
        return self._clients[endpoint]


def items_of(api: Api, path: str, pages: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every object of the list at `path` in these pages. Raises OpenApiError, also when the pages end before
    as many have come as the last one says there are: a list that pages oddly is not believed."""
    page: Mapping[str, Any] = {}
    seen = 0
    for page in pages:
        items = listed(api, page, path)
        seen += len(items)
        yield from items
    if seen < _total(api, page):
        raise OpenApiError(BAD_RESPONSE, f"{api.action}: the pages end after {seen} of {_total(api, page)}")


def listed(api: Api, answer: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """The objects of the list at `path` in an answer. Raises OpenApiError when there is no such list."""
    found = looked_up(api, answer, path)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise OpenApiError(BAD_RESPONSE, f"{api.action}: {path} is not a list of objects")
    return found


def looked_up(api: Api, answer: Mapping[str, Any], path: str) -> Any:
    """The value at the dotted `path` of an answer. Raises OpenApiError when it is not there."""
    value: Any = answer
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise OpenApiError(BAD_RESPONSE, f"{api.action}: the answer has no {path}")
        value = value[name]
    return value


def persist(attempt: Callable[[float], Result], deadline: float | None, retry: Retry) -> Result:
    """What `attempt(seconds it may take)` returns; tried again while its failure is temporary."""
    deadline = time.monotonic() + PATIENCE if deadline is None else deadline
    for number in range(1, retry.attempts + 1):
        try:
            return attempt(_attempt_time(deadline))
        except OpenApiError as error:
            pause = retry.pause(number)
            if not error.temporary or number == retry.attempts or time.monotonic() + pause >= deadline:
                raise
        time.sleep(pause)
    raise ValueError("no attempt was allowed")


def _attempt_time(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise OpenApiError("DeadlineExceeded", "no time was left for the call")
    return min(left, REQUEST_TIMEOUT)


def _total(api: Api, page: Mapping[str, Any]) -> int:
    try:
        return total_of(page) or 0
    except ValueError as error:
        raise OpenApiError(BAD_RESPONSE, f"{api.action}: {error}") from None


def _change(
    api: Api, paging: Paging, sent: Mapping[str, Any], answer: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    try:
        change = paging.next(sent, answer)
    except ValueError as error:
        raise OpenApiError(BAD_RESPONSE, f"{api.action}: {error}") from None
    if change is not None and change.items() <= sent.items():
        raise OpenApiError(BAD_RESPONSE, f"{api.action}: the next page is this page again")
    return change
