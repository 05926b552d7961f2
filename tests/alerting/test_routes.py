"""Which receivers hear of which alert, and what a wrong routes.yml is told."""

from __future__ import annotations

import pytest

from shared.alerting.alert import Alert
from shared.alerting.routes import Routing
from shared.located import ConfigError
from tests.alerting.conftest import routing_of

TREE = """
    route:
      receiver: team
      routes:
        - matchers: ['level=~"critical|high"']
          receiver: on-call
          continue: true
          routes:
            - matchers: ['source="billing"']
              receiver: finance
        - matchers: ['level="informational"']
          receiver: nobody
        - matchers: ['item="kms-keys"']
          routes:
            - matchers: ['region="cn-beijing"']
              receiver: beijing
    receivers: [{name: team}, {name: on-call}, {name: finance}, {name: nobody}, {name: beijing}]
"""


def receivers_of(routing: Routing, alert: Alert) -> list[str]:
    return [taker.receiver for taker in routing.takers(alert)]


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({"level": "low"}, ["team"]),
        ({"level": "critical"}, ["on-call"]),
        ({"level": "critical", "source": "billing"}, ["finance"]),
        ({"level": "high", "item": "kms-keys"}, ["on-call", "team"]),  # continue, and an inherited receiver
        ({"level": "low", "item": "kms-keys", "region": "cn-beijing"}, ["beijing"]),
        ({"level": "informational", "item": "kms-keys"}, ["nobody"]),  # the first match ends the walk
    ],
)
def test_an_alert_goes_down_the_tree_as_alertmanager_walks(labels, receivers, make_alert) -> None:
    assert receivers_of(routing_of(TREE), make_alert(**labels)) == receivers


def test_a_receiver_hears_once_however_many_routes_lead_to_it(make_alert) -> None:
    routing = routing_of("""
        route:
          receiver: team
          routes:
            - {matchers: ['level="high"'], receiver: team, continue: true}
            - {matchers: ['source="actiontrail"'], receiver: team}
        receivers: [{name: team}]
    """)
    assert receivers_of(routing, make_alert()) == ["team"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("route: {receiver: teem}\nreceivers: [{name: team}]", "1: no receiver 'teem'; did you mean 'team'?"),
        ("route: {}\nreceivers: []", "1: the root route needs a receiver"),
        (
            "route:\n  receiver: a\n  matchers: ['level=\"high\"']\nreceivers: [{name: a}]",
            "3: the root route takes every alert",
        ),
        ("route: {receiver: a}\nreceivers:\n- name: a\n- name: a", "4: receiver 'a' is given twice"),
        (
            "route: {receiver: a, recever: b}\nreceivers: [{name: a}]",
            "unknown key 'recever'; did you mean 'receiver'?",
        ),
        (
            "route: {receiver: a}\nreceivers:\n- name: a\n  dingtalk_configs:\n  - secret: x",
            "5: 'receivers.0.dingtalk_configs.0.access_token' is missing",
        ),
        (
            "route: {receiver: a, group_wait: 30}\nreceivers: [{name: a}]",
            "'30' is not a span of time like 90s",
        ),
        (
            "route: {receiver: a, group_by: [severity]}\nreceivers: [{name: a}]",
            "alerts have no label 'severity'",
        ),
        ("route: {receiver: a, escalate: {after: 5m, to: b}}\nreceivers: [{name: a}]", "no receiver 'b'"),
        ("route: {receiver: a}\nreceivers: [{name: a, fallback: aa}]", "no receiver 'aa'; did you mean 'a'?"),
        (
            "global: {watchdog: secure}\nroute: {receiver: a}\nreceivers: [{name: a}, {name: security}]",
            "1: no receiver 'secure'; did you mean 'security'?",
        ),
        (
            "route: {receiver: a, routes: [{mute_time_intervals: [night]}]}\nreceivers: [{name: a}]\n"
            "time_intervals: [{name: nights, time_intervals: []}]",
            "no time interval 'night'; did you mean 'nights'?",
        ),
        (
            "global: {timezone: Mars/Base}\nroute: {receiver: a}\nreceivers: [{name: a}]",
            "'Mars/Base' is not a time zone",
        ),
        (
            "route:\n  receiver: a\n  routes:\n  - matchers: [lvl=x]\nreceivers: [{name: a}]",
            "4: 'route.routes.0.matchers'",
        ),
        ("- a list", "1: expected a map of keys to values"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_nearest_right_word(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        routing_of(text)
    assert says in str(error.value)
