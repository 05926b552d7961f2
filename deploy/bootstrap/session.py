"""From an environment to a plan: whose account this is, which trail serves, and what there is already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from deploy.bootstrap.cloud import Cloud, CloudError
from deploy.bootstrap.oss_logging import ALL
from deploy.bootstrap.plan import Found, Resource, Step, destruction, plan
from deploy.bootstrap.trail import adopted, find_trails
from deploy.bootstrap.wanted import wanted
from deploy.vars import PLACEHOLDER
from shared.cloud.openapi import WHO_AM_I
from shared.spelling import nearest

Result = TypeVar("Result")

AT_ONCE = 8  # questions: each opens a connection of its own


class BootstrapError(Exception):
    """Nothing was planned: what is asked for can't be right, or the account can't be looked at."""


@dataclass(frozen=True)
class Session:
    """The account that the keys belong to. `exports` are variables that `s deploy` must be told, too;
    `notes` are for whoever reads the plan."""

    cloud: Cloud
    exports: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def open(cls, cloud: Cloud, own_trail: bool = False) -> Session:
        """Ask who we are, and, unless an `own_trail` was asked for, whether another one serves already.

        Raises BootstrapError for keys of another account than the one that is named, or that may not look.
        """
        session = _with_account(cloud)
        return session if own_trail else session._with_trail()

    def plan(self, buckets: Sequence[str] = (), adopt: Collection[str] = ()) -> list[Step]:
        """What is to be done. Raises BootstrapError if the account can't be looked at, or `adopt` is idle."""
        found = self._found(buckets)
        names = [resource.name for resource, _ in found]
        for name in adopt:
            if name not in names:
                raise BootstrapError(
                    f"--adopt {name}: nothing that is wanted has this name{nearest(name, names)}"
                )
        return plan(found, adopt)

    def destruction(self, and_logs: bool = False) -> list[Step]:
        """What is to be removed. Raises BootstrapError if the account can't be looked at."""
        return destruction(self._found((ALL,)), and_logs)

    def _found(self, buckets: Sequence[str]) -> list[tuple[Resource, Found | None]]:
        def find(resource: Resource) -> Found | None:
            return _looked(partial(resource.find, self.cloud), resource)

        resources = wanted(self.cloud.names, buckets)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(zip(resources, pool.map(find, resources), strict=True))

    def _with_trail(self) -> Session:
        names, trail = adopted(self.cloud.names, _looked(partial(find_trails, self.cloud)))
        if not trail:
            return self
        chosen = {
            "TRAILGUARD_TRAIL_PROJECT": names.trail_project,
            "TRAILGUARD_TRAIL_LOGSTORE": names.trail_logstore,
        }
        note = f"trail {trail} delivers all events already: it is used, and no second one is made"
        cloud = replace(self.cloud, names=names)
        return Session(cloud, {**self.exports, **chosen}, (*self.notes, note))


def _with_account(cloud: Cloud) -> Session:
    """With the caller's account, where s.yaml has but the placeholder."""
    account = str(_looked(lambda: cloud.call(WHO_AM_I))["AccountId"])
    named = cloud.names.account
    if named == PLACEHOLDER and account != PLACEHOLDER:
        exports = {"TRAILGUARD_ACCOUNT": account}
        return Session(replace(cloud, names=replace(cloud.names, account=account)), exports)
    if named != account:
        raise BootstrapError(f"these keys are of account {account}, but TRAILGUARD_ACCOUNT is {named}")
    return Session(cloud)


def _looked(look: Callable[[], Result], resource: Resource | None = None) -> Result:
    try:
        return look()
    except CloudError as error:
        what = f"{resource.kind} {resource.name} can't be looked at: " if resource else ""
        missing = f"\nmissing permission: {error.permission}" if error.denied and error.permission else ""
        raise BootstrapError(f"{what}{error}{missing}\nNothing was changed.") from None
