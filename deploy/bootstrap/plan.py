"""From what is wanted and what was found to steps. Pure: nothing here speaks with the account."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from deploy.bootstrap.cloud import Cloud

Found = dict[str, Any]
"""What there is, as its API shows it."""


class Verb(str, Enum):
    """What becomes of one thing."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    DELETE = "delete"
    FOREIGN = "foreign"  # not made here, and not as it should be: told, and left alone
    BY_HAND = "by hand"  # no API does it, or none that is safe


WORK = frozenset({Verb.CREATE, Verb.CHANGE, Verb.DELETE})
OPEN = WORK | {Verb.FOREIGN, Verb.BY_HAND}
"""While there is one of these, the account is not as it should be."""


class Resource(ABC):
    """One thing that should exist. The questions are pure; `find`, `create`, `change` and `delete` call the
    account, and raise CloudError. Each of them may be repeated."""

    kind: ClassVar[str]
    holds_logs: ClassVar[bool] = False
    needs: ClassVar[str] = ""  # the kind of what it stands on: where that is foreign, it has to wait

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name, unique within its kind."""

    @abstractmethod
    def find(self, cloud: Cloud) -> Found | None:
        """What there is under that name."""

    @abstractmethod
    def described(self) -> Iterable[str]:
        """What it will be, for a plan that creates it."""

    @abstractmethod
    def differences(self, found: Found) -> Iterable[str]:
        """What `change` would set right, one a line. None: it is as it should be."""

    @abstractmethod
    def create(self, cloud: Cloud) -> None:
        """Make it."""

    @abstractmethod
    def change(self, cloud: Cloud, found: Found) -> None:
        """Set right what `differences` told, and nothing else."""

    @abstractmethod
    def delete(self, cloud: Cloud, found: Found) -> None:
        """Remove it."""

    def foreign(self, found: Found) -> str:
        """Why what was found may not be touched; empty if it may."""
        return ""

    def by_hand(self, found: Found | None) -> Iterable[str]:
        """What remains for a person to do."""
        return ()

    def keeps(self, found: Found) -> str:
        """Why `--destroy` leaves it; empty if it doesn't."""
        return ""


@dataclass(frozen=True)
class Step:
    """One line of a plan."""

    verb: Verb
    resource: Resource = field(repr=False)
    details: tuple[str, ...] = ()
    found: Found | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """`logstore trailguard-alerts`."""
        return f"{self.resource.kind} {self.resource.name}"

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "action": self.verb.value,
            "kind": self.resource.kind,
            "name": self.resource.name,
            "details": list(self.details),
        }


Pairs = Sequence[tuple[Resource, Found | None]]


def plan(pairs: Pairs, adopt: Collection[str] = ()) -> list[Step]:
    """What to do about each (wanted, found), in this order. `adopt`: names of foreign things to take over."""
    steps = [step for resource, found in pairs for step in _steps(resource, found, adopt)]
    foreign = {step.resource.kind for step in steps if step.verb is Verb.FOREIGN}
    return [_waiting(step) if step.resource.needs in foreign else step for step in steps]


def destruction(pairs: Pairs, and_logs: bool = False) -> list[Step]:
    """What to remove, the last made first. Logs only if said a second time; what is not ours, never."""
    return [_removal(resource, found, and_logs) for resource, found in reversed(pairs) if found is not None]


def _steps(resource: Resource, found: Found | None, adopt: Collection[str]) -> list[Step]:
    by_hand = tuple(resource.by_hand(found))
    steps = [_step(resource, found, adopt)]
    return [*steps, Step(Verb.BY_HAND, resource, by_hand, found)] if by_hand else steps


def _step(resource: Resource, found: Found | None, adopt: Collection[str]) -> Step:
    if found is None:
        return Step(Verb.CREATE, resource, tuple(resource.described()))
    details = tuple(resource.differences(found))
    if not details:
        return Step(Verb.KEEP, resource, found=found)
    reason = resource.foreign(found)
    if reason and resource.name not in adopt:
        return Step(Verb.FOREIGN, resource, (reason, *details), found)
    return Step(Verb.CHANGE, resource, details, found)


def _waiting(step: Step) -> Step:
    details = (f"has to wait for the {step.resource.needs}",)
    return Step(Verb.FOREIGN, step.resource, details, step.found) if step.verb in WORK else step


def _removal(resource: Resource, found: Found, and_logs: bool) -> Step:
    if reason := resource.foreign(found) or resource.keeps(found):
        return Step(Verb.KEEP, resource, (reason,), found)
    if resource.holds_logs and not and_logs:
        return Step(Verb.KEEP, resource, ("holds logs",), found)
    return Step(Verb.DELETE, resource, found=found)
