"""Carry a plan out, one step after the other. Whatever was done stays done: run again, and it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from deploy.bootstrap.cloud import Cloud, CloudError
from deploy.bootstrap.plan import WORK, Found, Resource, Step, Verb

SETTLING = 90.0  # seconds: what was just made is not seen everywhere at once
PAUSE = 2.0  # seconds between looks


class StepError(Exception):
    """One step failed. The message says which, why, what permission is missing, and what is done already."""

    def __init__(self, step: Step, error: CloudError, done: Sequence[Step]) -> None:
        self.step, self.error, self.done = step, error, done
        missing = f"\nmissing permission: {error.permission}" if error.denied and error.permission else ""
        made = ", ".join(f"{s.verb.value} {s.title}" for s in done) or "nothing"
        super().__init__(
            f"{step.verb.value} {step.title}: {error}{missing}\ndone so far: {made}\n"
            "Nothing is lost: mend it and run the same command again, it goes on from here."
        )


def apply(
    steps: Sequence[Step],
    cloud: Cloud,
    told: Callable[[str, Step], None] = lambda state, step: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[Step]:
    """Do the steps that are work; those done. `told` hears of each one that is `done`, or `waits` for what it
    stands on. Raises StepError."""
    done: list[Step] = []
    for step in (step for step in steps if step.verb in WORK):
        try:
            _until_settled(partial(_carry_out, step, cloud), partial(told, "waits", step), sleep, clock)
        except CloudError as error:
            raise StepError(step, error, done) from error
        done.append(step)
        told("done", step)
    return done


def _until_settled(
    work: Callable[[], None],
    waits: Callable[[], None],
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> None:
    """Do it, again while what it stands on is made and not seen yet, or doesn't answer."""
    begun = clock()
    told = False
    while True:
        try:
            return work()
        except CloudError as error:
            if not (error.missing or error.temporary) or clock() - begun >= SETTLING:
                raise
        if not told:
            waits()
        told = True
        sleep(PAUSE)


def _carry_out(step: Step, cloud: Cloud) -> None:
    resource, found = step.resource, step.found
    if step.verb is Verb.CREATE:
        _create(resource, cloud)
    elif found is not None and step.verb is Verb.CHANGE:
        resource.change(cloud, found)
    elif found is not None:
        _delete(resource, found, cloud)


def _create(resource: Resource, cloud: Cloud) -> None:
    try:
        resource.create(cloud)
    except CloudError as error:
        found = resource.find(cloud) if error.exists else None
        if found is None:  # also a name that somebody else's account has taken
            raise
        # Made a moment ago: the answer was lost, or a run before this one ended between two calls.
        if list(resource.differences(found)):
            resource.change(cloud, found)


def _delete(resource: Resource, found: Found, cloud: Cloud) -> None:
    try:
        resource.delete(cloud, found)
    except CloudError as error:
        if not error.missing:  # gone already
            raise
