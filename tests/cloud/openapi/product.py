"""What a product is made of: an account's things, calls, and functions that answer them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

Part = TypeVar("Part")

ACCOUNT_ID = "1234567890123456"


class Refusal(Exception):  # noqa: N818
    """The call is refused, with the API's own code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class Account:
    """What the account holds, by product: `account[Ram]` is the one Ram, made when it is first asked for."""

    id = ACCOUNT_ID

    def __init__(self) -> None:
        self._parts: dict[type[Any], Any] = {}

    def __getitem__(self, kind: type[Part]) -> Part:
        return cast("Part", self._parts.setdefault(kind, kind()))


@dataclass(frozen=True)
class Call:
    """One call, its signature checked. `page_size` is the most that a page may hold."""

    product: str
    action: str
    region: str
    parameters: Mapping[str, str]
    page_size: int
    body: bytes = b""
    path: str = "/"

    def need(self, name: str) -> str:
        """The parameter, or the refusal of a call that lacks it."""
        if not self.parameters.get(name):
            raise Refusal(400, f"MissingParameter.{name}", f"{name} is mandatory for this action.")
        return self.parameters[name]


Action = Callable[[Account, Call], dict[str, Any]]


@dataclass(frozen=True)
class Product:
    """A product's API of one version: its name as in shared/cloud/openapi_endpoints.py."""

    name: str
    version: str
    actions: Mapping[str, Action]


def products() -> dict[str, Product]:
    """Every product in products/, by name; what several files say of one is put together."""
    package = importlib.import_module("tests.cloud.openapi.products")
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    ]
    many = [getattr(module, "PRODUCTS", None) or [module.PRODUCT] for module in modules]
    found: dict[str, Product] = {}
    for product in (each for some in many for each in some):
        known = found.get(product.name, product)
        assert known.version == product.version, f"{product.name} has two versions"
        found[product.name] = Product(product.name, product.version, {**known.actions, **product.actions})
    return found
