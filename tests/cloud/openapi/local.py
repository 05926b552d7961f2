"""LocalOpenApi: an OpenAPI for tests, which the real clients talk to without knowing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.cloud.credentials import Credentials
from shared.cloud.openapi import OpenApi, Retry
from shared.cloud.openapi_endpoints import Endpoints
from tests.cloud.openapi.faults import Fault, Faults, Order
from tests.cloud.openapi.product import Account, Call, Product
from tests.cloud.openapi.server import Server

CREDENTIALS = Credentials("STS.LocalKeyId", "local-key-secret", "local-security-token")
RETRY = Retry(attempts=4, first_pause=0.005, longest_pause=0.02)


class LocalOpenApi:
    """A context manager: `with LocalOpenApi() as openapi`, then describe `openapi.account`."""

    retry = RETRY

    def __init__(self, credentials: Credentials = CREDENTIALS) -> None:
        self.credentials = credentials
        self.account = Account()
        self._faults = Faults()
        self._server = Server(self.account, self._faults, credentials)

    def __enter__(self) -> LocalOpenApi:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(gateway=self.url)

    def environment(self) -> dict[str, str]:
        """The variable that leads a deployed function here."""
        return {"TRAILGUARD_OPENAPI_ENDPOINT": self.url}

    def client(self, deadline: float | None = None) -> OpenApi:
        """A client of this server with short pauses."""
        return OpenApi(self.credentials, self.endpoints, deadline, self.retry)

    @property
    def products(self) -> dict[str, Product]:
        """Those that it plays, by name; a test may put one of its own in."""
        return self._server.products

    @property
    def page_size(self) -> int:
        """The most that a page of any list holds, whatever is asked for."""
        return self._server.page_size

    @page_size.setter
    def page_size(self, size: int) -> None:
        self._server.page_size = size

    def fail(
        self, action: str, fault: Fault, times: int | None = None, after: int = 0, **parameters: str
    ) -> None:
        """This fault for the next `times` calls (None: until `mend`) of `action` (`*`: of any) with these
        parameters, but not for the first `after` of them. An OSS call's bucket is its parameter `bucket`."""
        self._faults.add(Order(action, fault, times, after, parameters))

    def mend(self) -> None:
        """Withdraw every fault."""
        self._faults.clear()

    @property
    def requests(self) -> list[Call]:
        """The calls so far, in order, refused ones too."""
        return self._server.calls

    @property
    def calls(self) -> list[str]:
        """The same as `Product.Action`."""
        return [f"{call.product}.{call.action}" for call in self._server.calls]


@pytest.fixture
def local_openapi() -> Iterator[LocalOpenApi]:
    """A running LocalOpenApi with an empty account."""
    with LocalOpenApi() as openapi:
        yield openapi
