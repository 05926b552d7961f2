"""The steps that are told agree with the walk that is done, on any tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.matchers import Matcher
from shared.alerting.route import Route, Taker
from shared.alerting.route_steps import steps
from tests.alerting.conftest import routing_of

matchers = st.builds(
    Matcher, st.sampled_from(["level", "rule"]), st.sampled_from(["=", "!=", "=~"]), st.sampled_from("ab")
)
trees = st.recursive(
    st.builds(
        lambda m, c: Route(matchers=m, **{"continue": c}), st.lists(matchers, max_size=2), st.booleans()
    ),
    lambda inner: st.builds(
        lambda m, c, r: Route(matchers=m, routes=r, **{"continue": c}),
        st.lists(matchers, max_size=1),
        st.booleans(),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


@given(trees, st.sampled_from("abc"), st.sampled_from("abc"))
def test_who_takes_an_alert_by_the_steps_takes_it_by_the_walk(tree: Route, level: str, rule: str) -> None:
    labels = {"level": level, "rule": rule}
    told = [step.path for step in steps(tree, labels) if step.verdict.startswith("takes it")]
    assert told == [taker.path for taker in tree.takers(labels, Taker())]


def test_each_step_says_why() -> None:
    route = routing_of("""
        route:
          receiver: team
          routes:
            - {matchers: [level=high], receiver: on-call, continue: true}
            - {matchers: [level=low, rule=x]}
            - {receiver: team}
            - {matchers: [rule=y]}
        receivers: [{name: team}, {name: on-call}]
    """).route
    assert [(step.path, step.verdict) for step in steps(route, {"level": "high", "rule": "y"})] == [
        ("route", "passed down"),
        ("route.routes[0]", "takes it, and the next are asked too"),
        ("route.routes[1]", "no: level is 'high' and rule is 'y'"),
        ("route.routes[2]", "takes it"),
        ("route.routes[3]", "not asked: route.routes[2] has no `continue`"),
    ]
