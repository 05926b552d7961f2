"""What a collector is, and what it is given: it asks read APIs and states facts. It judges nothing.

    def collect(ask: Inquiry) -> Iterator[Told]:
        users = ask.items(LIST_USERS, "Users.User")
        yield from ask.each("ram_user", users, "UserName", partial(_user, ask))

`_user(ask, user)` returns the fields of one fact. Where a call in it fails, that user is Unknown, and the
others go on; where the listing itself fails, the kind is Unknown as a whole and nothing counts as gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal, Protocol

from shared.cloud.openapi import Api, OpenApiError, items_of

HOUR, DAY = 3600, 86_400

NO_TIME = "DeadlineExceeded"
"""The code of a call that was not made, for its time was up."""

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Fact:
    """What is so: a kind of shared/events/audit_kinds/, the resource by its name or id, and its fields."""

    kind: str
    resource: str
    fields: Fields


@dataclass(frozen=True)
class Unknown:
    """What could not be found out, and why. An empty `resource` stands for all of the kind."""

    kind: str
    resource: str
    api: str
    error: str
    message: str


Told = Fact | Unknown


class Unanswered(Exception):  # noqa: N818 - a state of the world
    """A call that gave no answer: refused, failed, not understood. `api` is the permission it needs."""

    def __init__(self, api: str, error: str, message: str) -> None:
        super().__init__(f"{api}: {error}: {message}")
        self.api, self.error, self.message = api, error, message


class Account(Protocol):
    """Whoever answers the calls: shared/cloud/openapi.py. Both raise OpenApiError."""

    def call(self, api: Api, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """The answer to one call."""

    def pages(self, api: Api, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """Each page of the answer."""


class OutOfTime(Exception):  # noqa: N818 - a state of the world
    """The call's time is nearly up: what was stated stands, the next call goes on behind it."""


@dataclass(frozen=True)
class Collector:
    """One look at one area. `every` is in seconds. `scope`: asked once, or in each region that is watched.

    `kinds` are those whose complete listing it is: what is listed no more, exists no more. `apis` are all
    that it may call: the permissions of the function are made of them.
    """

    name: str
    area: str
    every: int
    scope: Literal["global", "regional"]
    kinds: tuple[str, ...]
    apis: tuple[Api, ...]
    collect: Callable[[Inquiry], Iterator[Told]]


@dataclass
class Inquiry:
    """One run of one collector in one region (empty: the account as a whole).

    `lists` are the team's, of alerts/lists/. `done` are the resources that an earlier call of the function,
    which ran out of time, has stated, and the parents below which it has stated all. `seen` and `incomplete`
    tell afterwards what was listed, and what not to the end; `passed`, below which parents all was stated;
    `missed`, how many resources could not be found out.
    """

    apis: tuple[Api, ...]
    region: str
    now: datetime
    account_id: str
    account: Account
    is_time_up: Callable[[], bool] = lambda: False
    lists: Mapping[str, Iterable[str]] = field(default_factory=dict)
    done: frozenset[tuple[str, str]] = frozenset()
    seen: dict[str, list[str]] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    passed: set[tuple[str, str]] = field(default_factory=set)
    missed: int = 0

    def call(self, api: Api, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The answer to one call, in the inquiry's region or another. Raises Unanswered; OutOfTime where
        the end of the time cut it short; ValueError for an API that the collector does not declare."""
        with self._asking(api):
            return self.account.call(api, parameters, self.region if region is None else region)

    def items(self, api: Api, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The objects at the dotted `path` of every page. Raises as `call`; an answer without such a list is
        none: what is not understood is not empty."""
        with self._asking(api):
            yield from items_of(api, path, self.account.pages(api, parameters, self.region))

    def each(
        self,
        kind: str,
        items: Iterable[dict[str, Any] | Unknown],
        by: str | Callable[[dict[str, Any]], str],
        tell: Callable[[dict[str, Any]], Fields],
    ) -> Iterator[Told]:
        """A fact for each item, named by its key `by`; Unknown for one whose fields could not be found out.

        An Unknown among the items is a part of the listing that failed. Raises OutOfTime.
        """
        try:
            for item in items:
                if isinstance(item, Unknown):
                    self.incomplete.add(kind)
                    yield item
                    continue
                resource = str(item[by]) if isinstance(by, str) else by(item)
                self.seen.setdefault(kind, []).append(resource)
                if (kind, resource) not in self.done:
                    yield self.about(kind, resource, partial(tell, item))
        except (Unanswered, *MISUNDERSTOOD) as error:
            self.incomplete.add(kind)
            yield unknown(kind, "", error)
        else:
            self.seen.setdefault(kind, [])

    def about(self, kind: str, resource: str, tell: Callable[[], Fields]) -> Told:
        """The one fact about `resource`; Unknown where a call fails, or answers what is not understood.

        Raises OutOfTime.
        """
        if self.is_time_up():
            raise OutOfTime
        try:
            return Fact(kind, resource, tell())
        except (Unanswered, *MISUNDERSTOOD) as error:
            self.missed += 1
            return unknown(kind, resource, error)

    def below(
        self, kind: str, parent: str, items: Callable[[], Iterable[dict[str, Any]]]
    ) -> Iterator[dict[str, Any] | Unknown]:
        """The items below one parent, for `each`; where they can't be listed, an Unknown that names it.

        A parent below which an earlier call has stated everything is not asked about again.
        """
        mark, missed = (f"{kind} below", parent), self.missed
        if mark in self.done:
            return
        try:
            yield from items()  # goes on when `each` has stated the item
        except (Unanswered, *MISUNDERSTOOD) as error:
            yield unknown(kind, parent, error)
        else:
            if self.missed == missed:
                self.passed.add(mark)

    @contextmanager
    def _asking(self, api: Api) -> Iterator[None]:
        if api not in self.apis:
            raise ValueError(f"the collector does not declare {api.permission} ({api.action})")
        try:
            yield
        except OpenApiError as error:
            if (error.temporary or error.code == NO_TIME) and self.is_time_up():
                raise OutOfTime from error
            raise Unanswered(api.permission, error.code, error.message) from error


MISUNDERSTOOD = (KeyError, TypeError, AttributeError, IndexError, ArithmeticError)
"""What reading an answer raises that is not as its API's reference says."""


def unknown(kind: str, resource: str, error: Exception) -> Unknown:
    """What a failed call, or an answer that is not understood, leaves unknown."""
    if isinstance(error, Unanswered):
        return Unknown(kind, resource, error.api, error.error, error.message)
    return Unknown(kind, resource, "", "BadResponse", f"{type(error).__name__}: {error}")
