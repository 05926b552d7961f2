"""Nights on call, told on a fake clock: what goes out at once, what waits, what is repeated and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.alerting.alert import Alert
from shared.alerting.channels.channel import Outcome
from shared.alerting.matchers import parse_matcher
from shared.alerting.notice import Notice
from shared.alerting.notify import Notifier
from shared.alerting.receivers import Target, Targets
from shared.state.sqlite import SqliteStore
from tests.alerting.conftest import START, FakeClock, routing_of

PLAIN = """
    route: {receiver: on-call, group_by: [rule]}
    receivers: [{name: on-call}, {name: boss}, {name: backup}]
"""


class Channel:
    """Notes each notice with the minute at which it came; fails while it is told to."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.notices: list[tuple[float, Notice]] = []
        self.failing: Outcome | None = None
        self.attempts = 0

    def send(self, notice: Notice, deadline: float) -> Outcome:
        self.attempts += 1
        if self.failing:
            return self.failing
        self.notices.append(((self._clock() - START).total_seconds() / 60, notice))
        return Outcome.sent()

    def fits(self, notice: Notice) -> bool:
        return True

    @property
    def story(self) -> list[tuple[float, str, int]]:
        """Minute, kind and the incident's count, of each message."""
        return [(minute, notice.kind, notice.count) for minute, notice in self.notices]


class Night:
    """A team's desk, whose timer runs each minute."""

    def __init__(self, clock: FakeClock, path, routes: str, per_minute: int = 0) -> None:
        self.clock = clock
        self.phone, self.boss, self.backup = Channel(clock), Channel(clock), Channel(clock)
        targets = {
            "on-call": [Target("on-call/phone", self.phone, per_minute)],
            "boss": [Target("boss/phone", self.boss)],
            "backup": [Target("backup/phone", self.backup)],
        }
        store = SqliteStore(path, now=clock)
        self.notifier = Notifier(routing_of(routes), Targets(targets), store, now=clock)

    def tell(self, *alerts: Alert) -> dict[str, int]:
        return self.notifier.tell(alerts, self.clock.soon).as_dict()

    def pass_by(self, **how_long: float) -> None:
        """Let time go by, minute by minute, with the timer."""
        end = self.clock() + timedelta(**how_long)
        while self.clock() < end:
            self.clock.go_on(minutes=1)
            self.notifier.flush(self.clock.soon)


@pytest.fixture
def night(clock, tmp_path):
    def begin(routes: str = PLAIN, per_minute: int = 0) -> Night:
        return Night(clock, tmp_path / "night.sqlite", routes, per_minute)

    return begin


def test_the_first_alert_goes_out_at_once_and_later_ones_fold_into_updates(night, make_alert) -> None:
    desk = night()
    desk.tell(make_alert(1))
    desk.pass_by(minutes=1)
    desk.tell(make_alert(2), make_alert(3))
    desk.pass_by(minutes=1)
    desk.tell(make_alert(4))
    desk.pass_by(minutes=20)
    assert desk.phone.story == [(0, "first", 1), (5, "update", 4)]
    assert {alert.id for alert in desk.phone.notices[1][1].alerts} == {make_alert(n).id for n in (2, 3, 4)}


def test_another_group_is_another_incident_and_goes_out_at_once(night, make_alert) -> None:
    desk = night()
    desk.tell(make_alert(1))
    desk.tell(make_alert(2, rule="kms-key-disabled"))
    assert desk.phone.story == [(0, "first", 1), (0, "first", 1)]


def test_a_graver_alert_does_not_wait_for_the_interval(night, make_alert) -> None:
    desk = night()
    desk.tell(make_alert(1, level="high"))
    desk.pass_by(minutes=1)
    desk.tell(make_alert(2, level="critical"))
    assert desk.phone.story == [(0, "first", 1), (1, "update", 2)]


def test_group_wait_gathers_before_the_first_message(night, make_alert) -> None:
    desk = night(PLAIN.replace("[rule]}", "[rule], group_wait: 2m}"))
    desk.tell(make_alert(1))
    desk.pass_by(minutes=1)
    desk.tell(make_alert(2))
    desk.pass_by(minutes=10)
    assert desk.phone.story == [(2, "first", 2)]


def test_what_nobody_acknowledges_is_repeated_until_it_is_over(night, make_alert) -> None:
    desk = night(PLAIN.replace("[rule]}", "[rule], repeat_interval: 4h}"))
    desk.tell(make_alert(1))
    desk.pass_by(hours=30)
    minutes = [minute for minute, _, _ in desk.phone.story]
    assert minutes == [0, 240, 480, 720, 960, 1200]  # and at 24 hours it is over
    assert {kind for _, kind, _ in desk.phone.story[1:]} == {"repeat"}


def test_an_incident_without_new_alerts_is_over_and_the_next_alert_opens_another(night, make_alert) -> None:
    routes = PLAIN.replace("[rule]}", "[rule], repeat_interval: 0s}")
    desk = night("    global: {resolve_timeout: 2h}\n" + routes)
    desk.tell(make_alert(1))
    desk.pass_by(hours=3)
    assert [incident.state for incident in desk.notifier.desk.incidents()] == ["closed"]
    desk.tell(make_alert(1))  # a batch from long ago, tried again
    desk.tell(make_alert(2))
    assert desk.phone.story == [(0, "first", 1), (180, "first", 1)]


def test_an_acknowledgement_is_told_and_ends_repeats_and_escalation(night, make_alert) -> None:
    routes = PLAIN.replace("[rule]}", "[rule], escalate: {after: 15m, to: boss}}")
    desk = night(routes)
    desk.tell(make_alert(1))
    desk.pass_by(minutes=10)
    (incident,) = desk.notifier.desk.incidents()
    desk.notifier.desk.acknowledge(incident.id, "Li Wei", desk.clock())
    desk.pass_by(hours=10)
    assert desk.phone.story == [(0, "first", 1), (11, "note", 1)]
    assert "Li Wei" in desk.phone.notices[1][1].note
    assert desk.phone.notices[1][1].state == "acknowledged"
    assert desk.boss.story == []


def test_an_acknowledged_incident_speaks_up_again_only_for_something_graver(night, make_alert) -> None:
    desk = night()
    desk.tell(make_alert(1, level="high"))
    (incident,) = desk.notifier.desk.incidents()
    desk.notifier.desk.acknowledge(incident.id, "Li Wei", desk.clock())
    desk.pass_by(minutes=1)
    desk.tell(make_alert(2, level="high"))
    desk.pass_by(minutes=30)
    desk.tell(make_alert(3, level="critical"))
    assert [(minute, kind) for minute, kind, _ in desk.phone.story] == [
        (0, "first"),
        (1, "note"),
        (31, "update"),
    ]


def test_acknowledging_twice_tells_once_and_an_unknown_incident_is_nobodys(night, make_alert) -> None:
    desk = night()
    desk.tell(make_alert(1))
    (incident,) = desk.notifier.desk.incidents()
    for person in ("Li Wei", "Zhao Min"):
        assert desk.notifier.desk.acknowledge(incident.id, person, desk.clock()).acknowledged_by == "Li Wei"
    assert desk.notifier.desk.acknowledge("no-such-id", "Li Wei", desk.clock()) is None
    desk.pass_by(minutes=2)
    assert [kind for _, kind, _ in desk.phone.story] == ["first", "note"]


def test_what_nobody_acknowledges_goes_to_the_next_receiver_once(night, make_alert) -> None:
    desk = night(PLAIN.replace("[rule]}", "[rule], escalate: {after: 15m, to: boss}}"))
    desk.tell(make_alert(1))
    desk.pass_by(hours=3)
    assert desk.boss.story == [(15, "escalation", 1)]


MUTED = """
    route:
      receiver: on-call
      group_by: [rule]
      routes:
        - matchers: ['level="low"']
          mute_time_intervals: [night]
        - receiver: on-call
    receivers: [{name: on-call}]
    time_intervals:
      - name: night
        time_intervals:
          - {times: [{start_time: '22:00', end_time: '24:00'}], location: Asia/Shanghai}
          - {times: [{start_time: '00:00', end_time: '08:00'}], location: Asia/Shanghai}
"""


def test_a_muted_route_tells_in_the_morning_and_wakes_nobody(night, make_alert, clock) -> None:
    clock.go_on(hours=12)  # 23:00 in Shanghai
    desk = night(MUTED)
    desk.tell(make_alert(1, level="low"))
    desk.pass_by(hours=10)
    assert desk.phone.story == [(21 * 60, "first", 1)]  # 08:00
    desk.tell(make_alert(2, level="high"))
    assert desk.phone.story[-1][1] == "update"


def test_a_silence_holds_back_what_it_covers_and_ends(night, make_alert) -> None:
    desk = night()
    matchers = [parse_matcher('rule="root-sign-in"')]
    desk.notifier.silences.add(matchers, "Li Wei", "drill", desk.clock(), timedelta(hours=1))
    assert desk.tell(make_alert(1)) == {"silenced": 1}
    desk.tell(make_alert(2, rule="kms-key-disabled"))
    desk.pass_by(hours=2)
    desk.tell(make_alert(3))
    assert [notice.alert.id for _, notice in desk.phone.notices] == [make_alert(2).id, make_alert(3).id]


INHIBITED = """
    route: {receiver: on-call, group_by: [rule]}
    receivers: [{name: on-call}]
    inhibit_rules:
      - name: the trail is off anyway
        source_matchers: ['rule="trail-off"']
        target_matchers: ['level="low"']
        equal: [account_id]
        lasts: 1h
"""


def test_an_alert_that_another_explains_is_held_back_while_that_stands(night, make_alert) -> None:
    desk = night(INHIBITED)
    desk.tell(
        make_alert(1, rule="trail-off", level="low")
    )  # what matches both sides holds back nothing of its own
    assert desk.tell(make_alert(2, level="low")) == {"inhibited": 1}
    desk.tell(make_alert(3, level="low", account_id="another"))
    desk.pass_by(hours=2)
    desk.tell(make_alert(4, rule="other", level="low"))
    assert [n.alert.id for _, n in desk.phone.notices] == [make_alert(n).id for n in (1, 3, 4)]


def test_a_channel_that_is_down_is_stood_in_for_and_told_later_all_the_same(night, make_alert) -> None:
    desk = night(PLAIN.replace("[{name: on-call}", "[{name: on-call, fallback: backup}"))
    desk.phone.failing = Outcome.rejected("sign not match")
    desk.tell(make_alert(1))
    assert desk.backup.story == [(0, "first", 1)]
    assert "sign not match" in desk.backup.notices[0][1].note
    desk.phone.failing = None
    desk.pass_by(minutes=20)
    assert desk.phone.story == [(15, "first", 1)]
    assert len(desk.backup.story) == 1


def test_a_passing_fault_calls_no_stand_in_but_a_lasting_one_does(night, make_alert) -> None:
    desk = night(PLAIN.replace("[{name: on-call}", "[{name: on-call, fallback: backup}"))
    desk.phone.failing = Outcome.retry("connection refused")
    desk.tell(make_alert(1))
    desk.pass_by(minutes=1)
    assert desk.backup.story == []
    desk.pass_by(minutes=5)
    assert [kind for _, kind, _ in desk.backup.story] == ["first"]


def test_ten_minutes_of_throttling_lose_nothing(night, make_alert, clock) -> None:
    desk = night()
    desk.phone.failing = Outcome.parked("too fast", until=(clock() + timedelta(minutes=10)).timestamp())
    desk.tell(make_alert(1), make_alert(2, rule="another"))
    attempts = desk.phone.attempts
    desk.pass_by(minutes=9)
    assert desk.phone.attempts == attempts  # left alone: each attempt would make the block longer
    desk.phone.failing = None
    desk.pass_by(minutes=3)
    assert {notice.alert.id for _, notice in desk.phone.notices} == {make_alert(1).id, make_alert(2).id}


def test_five_thousand_alerts_in_a_minute_keep_the_budget_and_are_all_told(night, make_alert) -> None:
    desk = night(
        "    route: {receiver: on-call, group_by: ['...']}\n    receivers: [{name: on-call}]", per_minute=18
    )
    rules = [f"rule-{n}" for n in range(25)]
    alerts = [make_alert(n, rule=rules[n % 25], title=rules[n % 25]) for n in range(5000)]
    for start in range(0, 5000, 500):
        desk.tell(*alerts[start : start + 500])
    desk.pass_by(minutes=3)
    per_minute: dict[float, int] = {}
    for minute, _ in desk.phone.notices:
        per_minute[minute] = per_minute.get(minute, 0) + 1
    assert max(per_minute.values()) <= 18
    told = sum(n.new for _, n in desk.phone.notices)
    assert told == 5000
    assert {entry.title for _, n in desk.phone.notices for entry in n.entries} >= set(rules)


def test_what_no_channel_takes_for_a_day_is_told_by_another_and_kept(night, make_alert) -> None:
    desk = night("""
    route:
      receiver: on-call
      group_by: [rule]
      routes: [{matchers: ['source="trailguard"'], receiver: backup}]
    receivers: [{name: on-call}, {name: backup}]
    """)
    desk.phone.failing = Outcome.retry("connection refused")
    desk.tell(make_alert(1))
    desk.pass_by(hours=26)
    (dead,) = [d for d in desk.notifier.deliveries.dead() if d.notice.kind == "first"]
    assert dead.notice.alert.id == make_alert(1).id
    assert "undeliverable" in {n.alert.rule for _, n in desk.backup.notices}
