"""Settings of routes.yml that can do nothing are told, each at its line; those that can are not."""

from __future__ import annotations

import pytest

from shared.alerting.idle import idle_settings, known_values
from shared.alerting.routes import load_routing
from shared.config import load_alerts
from shared.located import read_yaml

ROUTES = """\
receivers: [{name: a}, {name: b}]
route:
  receiver: a
  routes:
  - {receiver: b, matchers: [source=billing], continue: true}
"""


def notes(text: str) -> list[str]:
    document = read_yaml(text, "routes.yml")
    return [str(note) for note in idle_settings(document, load_routing(document))]


@pytest.mark.parametrize(
    ("routes", "says"),
    [
        (
            "  - {matchers: [level=high]}\n  - {matchers: [rule=x, level=high]}",
            "7: no alert reaches this route: routes[1] takes all of its alerts, without `continue`",
        ),
        (
            "  - {receiver: b}\n  - {matchers: [level=high]}",
            "7: no alert reaches this route: routes[1] takes all of its alerts, without `continue`",
        ),
        (
            "  - {matchers: [level=high, level=low]}",
            '6: no alert reaches this route: level="high" and level="low" exclude each other',
        ),
        (
            "  - {matchers: [level=low], routes: [{matchers: [level=~high]}]}",
            '6: no alert reaches this route: level="low" and level=~"high" exclude each other',
        ),
        (
            "  - {matchers: [level=hihg]}",
            "6: no alert reaches this route: no alert has the level 'hihg'; did you mean 'high'?",
        ),
        (
            "  - {matchers: [level=high], repeat_interval: 1m}",
            "6: repeat_interval 1m is below group_interval 5m, which then counts",
        ),
    ],
)
def test_a_route_that_can_do_nothing_is_told(routes: str, says: str) -> None:
    assert notes(f"{ROUTES}{routes}\n") == [f"routes.yml:{says}"]


@pytest.mark.parametrize(
    ("matcher", "says"),
    [
        ("rule=root-signin", "no alert has the rule 'root-signin'"),
        ("rule=~root-.*-without-mfa|x", ""),
        ("rule=standing-findings", ""),
        ("source=actiontrial", "no alert has the source 'actiontrial'; did you mean 'actiontrail'?"),
        ("item=sshlogins", "no alert has the item 'sshlogins'; did you mean"),
        ("level=~hihg|critcal", "no alert has the level 'hihg|critcal'"),
        ("level!~.*", "no alert has the level '.*'"),
        ("actor=anybody", ""),
    ],
)
def test_what_no_alert_of_these_rules_says_is_told(matcher: str, says: str) -> None:
    document = read_yaml(f"{ROUTES}  - {{matchers: ['{matcher}']}}\n", "routes.yml")
    known = {**known_values(load_alerts().shipped), "source": {"billing", "actiontrail"}}
    known["rule"] = {*known["rule"], "actiontrail-root-sign-in-without-mfa", "root-x-without-mfa"}
    told = idle_settings(document, load_routing(document), known)
    assert [str(note).split("this route: ")[-1].startswith(says) for note in told] == [True] * bool(says)


def test_an_inhibit_rule_that_no_alert_matches_is_told() -> None:
    rule = "inhibit_rules:\n- {source_matchers: [level=hihg], target_matchers: [level=low]}"
    (note,) = notes(ROUTES + rule)
    assert "its source is no alert, no alert has the level 'hihg'; did you mean 'high'?" in note


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ROUTES.replace("{name: b}", "{name: b}, {name: c}"), "1: receiver 'c' is never used"),
        (ROUTES + "time_intervals: [{name: night, time_intervals: []}]", "'night' is never used"),
        (
            ROUTES + "inhibit_rules:\n- {source_matchers: [level=high], target_matchers: [level=high]}",
            "7: this inhibit rule holds nothing back",
        ),
        (
            ROUTES + "inhibit_rules:\n- {source_matchers: ['level=high,rule=x'],"
            " target_matchers: [rule=x, level=high]}",
            "7: this inhibit rule holds nothing back",
        ),
    ],
)
def test_what_nothing_uses_is_told(text: str, says: str) -> None:
    (note,) = notes(text)
    assert says in note


@pytest.mark.parametrize(
    "more",
    [
        "",
        "  - {matchers: [level=high], continue: true}\n  - {matchers: [level=high]}",
        "  - {matchers: [level=high, rule=x]}\n  - {matchers: [level=high]}",
        "  - {matchers: [level=high], repeat_interval: 0s}",
        "inhibit_rules: [{source_matchers: [level=critical], target_matchers: [level=high]}]",
        "  - {escalate: {after: 5m, to: c}}\n"
        "receivers: [{name: a, fallback: d}, {name: d}, {name: b}, {name: c}, {name: e}]\n"
        "global: {watchdog: e}",
    ],
)
def test_what_can_do_something_is_not_told(more: str) -> None:
    text = ROUTES.split("\n", 1)[1] if "receivers" in more else ROUTES
    assert notes(f"{text}{more}\n") == []


def test_what_is_shipped_has_no_such_settings() -> None:
    assert load_alerts().notes == []
