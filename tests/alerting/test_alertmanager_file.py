"""A team brings its Alertmanager file: it means the same here, or what does not is named with its line.

Keys and their meaning: https://prometheus.io/docs/alerting/latest/configuration/.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from shared.alerting.routes import Routing
from shared.located import ConfigError
from tests.alerting.conftest import START, routing_of

CARRIED_OVER = """
    global:
      resolve_timeout: 12h
    route:
      receiver: default
      group_by: [rule, account_id]
      group_wait: 30s
      group_interval: 5m
      repeat_interval: 3h
      routes:
        - matchers:
            - source = billing
          receiver: finance
          group_wait: 10s
        - matchers: ['level=~"critical|high"', 'rule!="dead-man"']
          receiver: pagers
          continue: true
          active_time_intervals: [office-hours]
        - matchers: [level = "critical"]
          receiver: night-shift
          mute_time_intervals:
            - office-hours
    inhibit_rules:
      - source_matchers: [level = critical]
        target_matchers: [level =~ "low|medium"]
        equal: [rule, resource]
    receivers:
      - name: default
      - name: pagers
      - name: finance
      - name: night-shift
    time_intervals:
      - name: office-hours
        time_intervals:
          - weekdays: ['monday:friday']
            times:
              - start_time: 09:00
                end_time: 17:00
            location: Europe/Berlin
"""

NOT_HERE = """\
global:
  smtp_smarthost: 'localhost:25'
  slack_api_url: https://hooks.slack.com/services/T/B/X
templates:
- '/etc/alertmanager/template/*.tmpl'
route:
  receiver: team
  group_by: ['alertname', 'cluster']
  routes:
  - match:
      service: files
    receiver: team
  - match_re:
      service: ^(foo1|foo2)$
    receiver: team
  - matchers:
    - severity="critical"
    receiver: team
inhibit_rules:
- source_match: {severity: critical}
  target_match: {severity: warning}
  equal: [rule]
receivers:
- name: team
  opsgenie_configs:
  - api_key: x
mute_time_intervals:
- name: nights
  time_intervals: []
"""


@pytest.fixture
def routing() -> Routing:
    return routing_of(CARRIED_OVER)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({"level": "low"}, ["default"]),
        ({"level": "low", "source": "billing"}, ["finance"]),
        ({"level": "high"}, ["pagers"]),
        ({"level": "critical"}, ["pagers", "night-shift"]),
        ({"level": "critical", "rule": "dead-man"}, ["night-shift"]),
    ],
)
def test_alerts_go_where_alertmanager_sends_them(routing: Routing, make_alert, labels, receivers) -> None:
    assert [taker.receiver for taker in routing.takers(make_alert(**labels))] == receivers


def test_times_are_inherited_and_intervals_are_not(routing: Routing, make_alert) -> None:
    (finance,) = routing.takers(make_alert(level="low", source="billing"))
    assert finance.group_by == ("rule", "account_id")
    spans = (finance.options.group_wait, finance.options.group_interval, finance.options.repeat)
    assert [span.total_seconds() for span in spans] == [10, 300, 10_800]
    assert (finance.mute, finance.active) == ((), ())


@pytest.mark.parametrize(
    ("moment", "pagers_muted"),
    [
        ("2026-11-20T07:59:59+00:00", True),  # 08:59 of a Friday in Berlin
        ("2026-11-20T08:00:00+00:00", False),
        ("2026-11-20T15:59:59+00:00", False),
        ("2026-11-20T16:00:00+00:00", True),
        ("2026-11-21T10:00:00+00:00", True),  # a Saturday
        ("2026-07-20T07:00:00+00:00", False),  # in summer time 09:00 comes an hour earlier
    ],
)
def test_times_without_quotes_and_time_zones_are_read_as_there(
    routing: Routing, make_alert, moment: str, pagers_muted: bool
) -> None:
    pagers, night = routing.takers(make_alert(level="critical"))
    now = datetime.fromisoformat(moment)
    assert routing.is_muted(pagers, now) is pagers_muted
    assert routing.is_muted(night, now) is not pagers_muted


def test_the_file_has_the_same_end_of_an_incident(routing: Routing, make_alert) -> None:
    (taker,) = routing.takers(make_alert(level="low", time=START))
    assert taker.options.close.total_seconds() == 12 * 3600


def test_every_thing_that_is_not_supported_is_named_with_its_line_and_the_nearest_right_word() -> None:
    with pytest.raises(ConfigError) as error:
        routing_of(NOT_HERE)
    told = str(error.value)
    for words in (
        "routes.yml:2: unknown key 'smtp_smarthost'",
        "routes.yml:3: unknown key 'slack_api_url'",
        "routes.yml:4: unknown key 'templates'",
        "routes.yml:8: 'route.group_by': alerts have no label 'alertname'; did you mean 'rule'?",
        "routes.yml:10: 'route.routes.0.match': alerts have no label 'service'; did you mean 'source'?",
        "routes.yml:13: 'route.routes.1.match_re': alerts have no label 'service'",
        "routes.yml:16: 'route.routes.2.matchers': alerts have no label 'severity'; did you mean 'level'?",
        "routes.yml:20: 'inhibit_rules.0.source_match': alerts have no label 'severity'",
        "routes.yml:25: unknown key 'opsgenie_configs'",
        "routes.yml:27: unknown key 'mute_time_intervals'; did you mean 'time_intervals'?",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("22:00", "06:00", "it ends before it begins; write two ranges"),
        ("'09:00'", "'09:00'", "it ends before it begins"),
        ("'9:00'", "17:00", "'9:00' is not a time like 09:30"),
        ("25:00", "26:00", "'1500' is not a time like 09:30"),
        ("-5", "17:00", "'-5' is not a time like 09:30"),
    ],
)
def test_a_range_of_time_that_could_never_hold_is_refused(start: str, end: str, says: str) -> None:
    old = "start_time: 09:00\n                end_time: 17:00"
    assert old in CARRIED_OVER
    with pytest.raises(ConfigError, match=says):
        routing_of(CARRIED_OVER.replace(old, f"start_time: {start}\n                end_time: {end}"))


OLD_WORDS = """
    route:
      receiver: mail
      group_by: ['...']
      routes:
        - match: {level: critical, source: actiontrail}
          match_re: {actor: root|break-glass.*}
          receiver: pager
          group_wait: 1h30m
        - match_re:
            level: high|critical
          receiver: chat
    inhibit_rules:
      - source_match: {level: critical}
        target_match_re: {level: low|medium}
        equal: [account_id]
    receivers: [{name: mail}, {name: pager}, {name: chat}]
"""


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"level": "critical", "actor": "root"}, "pager"),
        ({"level": "critical", "actor": "break-glass-2"}, "pager"),
        ({"level": "critical", "actor": "not root"}, "chat"),
        ({"level": "low", "actor": "root"}, "mail"),
    ],
)
def test_the_older_words_route_alike(make_alert, labels: dict[str, str], receiver: str) -> None:
    assert [taker.receiver for taker in routing_of(OLD_WORDS).takers(make_alert(**labels))] == [receiver]


def test_the_older_words_of_inhibit_rules_are_read_too() -> None:
    (rule,) = routing_of(OLD_WORDS).inhibit_rules
    assert rule.is_source({"level": "critical"})
    assert rule.is_target({"level": "medium"})
    assert not rule.is_target({"level": "medium-rare"})


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("group_by: ['...', rule]", "a label stands here once, and '...' alone"),
        ("group_by: [rule, rule]", "a label stands here once"),
        ("matchers: level=high", "it is a list of texts"),
        ("match: [level]", "it is a map of labels to values"),
        ("match: {level: [high]}", "'level' has no single value"),
        ("match_re: {level: '('}", "'(' is not a regular expression"),
    ],
)
def test_what_alertmanager_refuses_is_refused(key: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        routing_of(f"route: {{receiver: a, routes: [{{{key}}}]}}\nreceivers: [{{name: a}}]")
    assert says in str(error.value)
