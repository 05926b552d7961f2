"""How an alert walks down the routes, told step by step: `trailguard routes test`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.alerting.matchers import Labels, Matcher
from shared.alerting.route import Route


@dataclass(frozen=True)
class Step:
    """A node of the tree and what it did with the alert. `path` is as Taker has it."""

    path: str
    depth: int
    route: Route
    matched: bool
    verdict: str


def steps(route: Route, labels: Labels, path: str = "route", depth: int = 0) -> Iterator[Step]:
    """Each node that was asked, in the order of the tree, and those that were not, with the reason."""
    missed = [matcher for matcher in route.matchers if not matcher.matches(labels)]
    if missed:
        yield Step(path, depth, route, False, f"no: {' and '.join(_missed(m, labels) for m in missed)}")
        return
    below = list(_below(route, labels, path, depth))
    is_taken = any(step.matched for step in below)
    goes_on = ", and the next are asked too" if route.continue_ else ""
    yield Step(path, depth, route, True, ("passed down" if is_taken else "takes it") + goes_on)
    yield from below


def _below(route: Route, labels: Labels, path: str, depth: int) -> Iterator[Step]:
    ended_by = ""
    for number, child in enumerate(route.routes):
        here = f"{path}.routes[{number}]"
        if ended_by:
            yield Step(here, depth + 1, child, False, f"not asked: {ended_by} has no `continue`")
            continue
        found = list(steps(child, labels, here, depth + 1))
        yield from found
        if found[0].matched and not child.continue_:
            ended_by = here


def _missed(matcher: Matcher, labels: Labels) -> str:
    return f"{matcher.label} is '{labels.get(matcher.label, '')}'"
