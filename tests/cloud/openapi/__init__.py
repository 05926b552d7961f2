"""A local OpenAPI of Alibaba Cloud, which the real tea-openapi client and our OSS client talk to.

    def test_it(local_openapi: LocalOpenApi) -> None:
        local_openapi.account[Ram].user("alice", console=True)             # what the account holds
        local_openapi.page_size = 2                                        # no page holds more
        local_openapi.fail("ListUsers", THROTTLED, times=2)                # then as usual again
        local_openapi.fail("GetUserMFAInfo", DENIED, UserPrincipalName="alice@…")   # for ever, and for her
        ... local_openapi.client().call(LIST_USERS) ...              # an OpenApi that does not wait long
        assert local_openapi.calls == ["Ims.ListUsers", ...]

The server is the gateway of `Endpoints(gateway=...)`, which TRAILGUARD_OPENAPI_ENDPOINT sets. Requests
name their true host, so a call to the wrong product, region or version is refused as by the real one.

To add a product, write products/NAME.py; nothing else has to be touched:
- a dataclass for what the account has of it, with a method for each thing that a test adds in a line. It is
  made when it is first asked for: `account[Slb]`;
- functions `(account, call) -> dict` for its actions. `call.parameters` are texts as they were sent
  (`Tag.1.Key`), `call.region` is the host's. Lists are answered through tests/cloud/openapi/paging.py:
  `by_marker`, `by_token`, `by_number`. A refusal is `raise Refusal(404, "Invalid….NotFound", "…")`;
- `PRODUCT = Product("Slb", "2014-05-15", {"DescribeLoadBalancers": describe_load_balancers, ...})`. The name
  is that of shared/cloud/openapi_endpoints.py. Several are `PRODUCTS = [...]`.
An action that is not there answers InvalidAction.NotFound, as the real one.
"""

from tests.cloud.openapi.faults import (
    BROKEN,
    DENIED,
    DROPPED,
    GATEWAY_ERROR,
    SERVER_ERROR,
    SLOW,
    THROTTLED,
    Fault,
)
from tests.cloud.openapi.local import LocalOpenApi, local_openapi
from tests.cloud.openapi.product import Account, Call, Product, Refusal

__all__ = [
    "BROKEN",
    "DENIED",
    "DROPPED",
    "GATEWAY_ERROR",
    "SERVER_ERROR",
    "SLOW",
    "THROTTLED",
    "Account",
    "Call",
    "Fault",
    "LocalOpenApi",
    "Product",
    "Refusal",
    "local_openapi",
]
