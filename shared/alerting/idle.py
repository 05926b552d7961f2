"""What stands in routes.yml and can do nothing: told by `trailguard check`, and no mistake by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from shared.alerting.alert import LEVELS
from shared.alerting.matchers import Matcher
from shared.alerting.route import Route, Taker
from shared.alerting.routes import Routing, walk
from shared.alerting.standing import STANDING
from shared.alerting.troubles import TITLES
from shared.detection.duration import shown
from shared.detection.rule import Rule
from shared.located import Document, Path, Problem
from shared.spelling import nearest

Known = Mapping[str, Collection[str]]
"""By label, all the values that alerts can have in it."""


def known_values(rules: Sequence[Rule]) -> Known:
    """What alerts of these rules, and those about Trailguard itself, can say; of the level alone where there
    are no rules to ask."""
    if not rules:
        return {"level": LEVELS}
    return {
        "level": LEVELS,
        "source": {"trailguard", *(rule.source for rule in rules)},
        "rule": {STANDING, *TITLES, *(rule.name for rule in rules)},
        "item": {"trailguard", *(rule.item for rule in rules)},
    }


def idle_settings(
    document: Document, routing: Routing, known: Known = MappingProxyType({"level": LEVELS})
) -> list[Problem]:
    """Each of them at its line, with the reason."""
    return [
        *_unreached(document, routing.route, ("route",), (), known),
        *_slow_repeats(document, routing.route, ("route",), Taker()),
        *_unused(document, routing),
        *_inhibit_rules(document, routing, known),
    ]


def _unreached(
    document: Document, route: Route, path: Path, above: Sequence[Matcher], known: Known
) -> Iterator[Problem]:
    """Routes whose alerts all end before them, or that contradict themselves or what stands above."""
    matchers = [*above, *route.matchers]
    if reason := _impossible(matchers, known):
        yield document.problem(path, f"no alert reaches this route: {reason}")
        return
    for number, child in enumerate(route.routes):
        here = (*path, "routes", number)
        ended_by = next((n for n, s in enumerate(route.routes[:number]) if _takes_all_of(s, child)), None)
        if ended_by is not None:
            text = (
                f"no alert reaches this route: routes[{ended_by}] takes all of its alerts, without `continue`"
            )
            yield document.problem(here, text)
            continue
        yield from _unreached(document, child, here, matchers, known)


def _takes_all_of(earlier: Route, later: Route) -> bool:
    return not earlier.continue_ and set(earlier.matchers) <= set(later.matchers)


def _impossible(matchers: Sequence[Matcher], known: Known) -> str:
    """Why no alert has labels that satisfy all of these; empty where one may."""
    for matcher in matchers:
        values = known.get(matcher.label, ())
        if values and not any(matcher.matches({matcher.label: value}) for value in values):
            hint = nearest(matcher.value, values)
            return f"no alert has the {matcher.label} {matcher.value!r}{hint}"
        if matcher.operator == "=":
            for other in matchers:
                if other.label == matcher.label and not other.matches({matcher.label: matcher.value}):
                    return f"{matcher} and {other} exclude each other"
    return ""


def _slow_repeats(document: Document, route: Route, path: Path, above: Taker) -> Iterator[Problem]:
    """Reminders never come sooner than news would."""
    here = route.inheriting(above)
    repeat, interval = here.options.repeat.total_seconds(), here.options.group_interval.total_seconds()
    is_said_here = route.repeat_interval is not None or route.group_interval is not None
    if is_said_here and 0 < repeat < interval:
        text = f"repeat_interval {shown(repeat)} is below group_interval {shown(interval)}, which then counts"
        yield document.problem((*path, "repeat_interval"), text)
    for number, child in enumerate(route.routes):
        yield from _slow_repeats(document, child, (*path, "routes", number), here)


def _unused(document: Document, routing: Routing) -> Iterator[Problem]:
    """Receivers and time intervals that nothing refers to."""
    routes = [route for _, route in walk(routing.route, ())]
    receivers = {name for r in routes for name in (r.receiver, r.escalate.to if r.escalate else "")}
    receivers |= {receiver.fallback for receiver in routing.receivers} | {routing.global_.watchdog}
    for number, receiver in enumerate(routing.receivers):
        if receiver.name not in receivers:
            text = f"receiver '{receiver.name}' is never used: no route, escalation or fallback names it"
            yield document.problem(("receivers", number), text)
    intervals = {n for r in routes for n in (*r.mute_time_intervals, *r.active_time_intervals)}
    for number, interval in enumerate(routing.time_intervals):
        if interval.name not in intervals:
            text = f"time interval '{interval.name}' is never used: no route is muted or active by it"
            yield document.problem(("time_intervals", number), text)


def _inhibit_rules(document: Document, routing: Routing, known: Known) -> Iterator[Problem]:
    for number, rule in enumerate(routing.inhibit_rules):
        for side, matchers in (("source", rule.source_matchers), ("target", rule.target_matchers)):
            if reason := _impossible(matchers, known):
                text = f"this inhibit rule holds nothing back: its {side} is no alert, {reason}"
                yield document.problem(("inhibit_rules", number), text)
        if set(rule.source_matchers) == set(rule.target_matchers):
            text = "this inhibit rule holds nothing back: its sources are its targets"
            yield document.problem(("inhibit_rules", number), text)
