"""More nights on call: what could be swallowed, starved or left standing, and is not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta, timezone

import pytest

from shared.alerting.channels.channel import Outcome
from shared.alerting.channels.pagerduty import event
from shared.alerting.deliveries import LEASE
from shared.alerting.matchers import parse_matcher
from shared.alerting.message import compose
from shared.alerting.notice import Notice
from shared.alerting.receivers import Target, Targets
from shared.state.store import Write
from tests.alerting.conftest import FakeClock, routing_of
from tests.alerting.test_oncall_story import PLAIN, Channel, Night

ESCALATING = PLAIN.replace("[rule]}", "[rule], escalate: {after: 15m, to: boss}}")


@pytest.fixture
def night(clock, tmp_path):
    def begin(routes: str = PLAIN, per_minute: int = 0) -> Night:
        return Night(clock, tmp_path / "night.sqlite", routes, per_minute)

    return begin


def acknowledge(desk: Night, person: str = "wang") -> None:
    (incident,) = [each for each in desk.notifier.desk.incidents() if not each.closed]
    desk.notifier.desk.acknowledge(incident.id, person, desk.clock())


def kinds(channel: Channel) -> list[str]:
    return [kind for _, kind, _ in channel.story]


def test_what_comes_while_somebody_is_on_it_is_told_in_the_end_and_the_incident_is_over(
    night, make_alert
) -> None:
    desk = night()
    desk.tell(make_alert(1))
    acknowledge(desk)
    desk.pass_by(minutes=10)
    desk.tell(make_alert(2, time=desk.clock()))
    desk.pass_by(hours=3)
    assert kinds(desk.phone) == ["first", "note"]
    desk.pass_by(hours=1)
    assert desk.phone.story[-1] == (240, "update", 2)
    desk.pass_by(hours=24)
    desk.tell(make_alert(3, time=desk.clock()))
    assert desk.phone.story[-1][1:] == ("first", 1), "a new incident, that nobody has acknowledged"


def test_without_repeats_it_is_told_when_the_incident_would_be_over(night, make_alert) -> None:
    desk = night(PLAIN.replace("[rule]}", "[rule], repeat_interval: 0s}"))
    desk.tell(make_alert(1))
    acknowledge(desk)
    desk.tell(make_alert(2))
    desk.pass_by(hours=25)
    assert desk.phone.story[-1] == (24 * 60, "update", 2)
    desk.pass_by(hours=25)
    assert [incident.state for incident in desk.notifier.desk.incidents()] == ["closed"]


@pytest.mark.parametrize(("second", "told"), [(899, []), (900, ["escalation", "note"])])
def test_an_acknowledgement_is_in_time_by_a_second(night, make_alert, clock, second: int, told) -> None:
    desk = night(ESCALATING)
    desk.tell(make_alert())
    clock.go_on(seconds=second)
    desk.notifier.flush(clock.soon)
    acknowledge(desk)
    desk.pass_by(hours=3)
    assert kinds(desk.boss) == told, "whoever it was escalated to hears who is on it"


def test_whom_it_was_escalated_to_hears_of_its_end(night, make_alert) -> None:
    desk = night(ESCALATING)
    desk.tell(make_alert(1, status="standing", finding="f"))
    desk.pass_by(minutes=20)
    desk.tell(make_alert(2, status="resolved", finding="f", time=desk.clock()))
    desk.pass_by(minutes=6)
    assert [(notice.kind, notice.state) for _, notice in desk.boss.notices] == [
        ("escalation", "open"),
        ("update", "closed"),
    ]


def test_a_program_that_keeps_incidents_hears_when_one_is_over_and_no_person_does(
    night, make_alert, clock
) -> None:
    desk = night()
    program = Channel(clock)
    both = [Target("on-call/phone", desk.phone), Target("on-call/pagerduty/1", program, hears_ends=True)]
    store = desk.notifier.desk._store
    desk.notifier = type(desk.notifier)(routing_of(PLAIN), Targets({"on-call": both}), store, now=clock)
    desk.tell(make_alert())
    acknowledge(desk)
    desk.pass_by(hours=25)
    assert kinds(desk.phone) == ["first", "note"]
    assert [(n.kind, n.state) for _, n in program.notices][-1] == ("end", "closed")
    (end,) = [notice for _, notice in program.notices if notice.kind == "end"]
    told = event(end, compose(end, "en", timezone.utc))
    assert (told["event_action"], told["dedup_key"]) == ("resolve", end.incident)


DAY_AND_NIGHT = """
    route:
      receiver: backup
      group_by: [rule]
      routes:
      - {receiver: on-call, matchers: [level=high], active_time_intervals: [day], continue: true}
      - {receiver: on-call, matchers: [level=high], mute_time_intervals: [day], repeat_interval: 1h}
    receivers: [{name: on-call}, {name: boss}, {name: backup}]
    time_intervals:
    - {name: day, time_intervals: [{times: [{start_time: '09:00', end_time: '17:00'}]}]}
"""


def test_two_routes_to_one_receiver_share_the_day_and_the_night(night, make_alert) -> None:
    """At 03:00 the first route is not active; the second takes the incident, with its own times."""
    desk = night(DAY_AND_NIGHT)
    desk.tell(make_alert())
    desk.pass_by(hours=9)
    assert [minute for minute, _, _ in desk.phone.story] == [0, 60, 120, 180, 240, 300, 540]


def test_two_routes_to_one_receiver_by_other_groups_keep_their_own_times(night, make_alert) -> None:
    desk = night("""
        route:
          receiver: backup
          routes:
          - {receiver: on-call, group_by: [rule], repeat_interval: 1h, continue: true}
          - {receiver: on-call, group_by: [account_id], repeat_interval: 0s}
        receivers: [{name: on-call}, {name: boss}, {name: backup}]
    """)
    desk.tell(make_alert())
    desk.pass_by(hours=3)
    assert Counter(kinds(desk.phone)) == {"first": 2, "repeat": 3}


def test_an_incident_whose_receiver_left_routes_yml_goes_where_its_alerts_go_now(
    night, make_alert, clock
) -> None:
    desk = night()
    desk.tell(make_alert(1), make_alert(2))
    desk.tell(make_alert(3))  # waits for the interval
    renamed = night(PLAIN.replace("receiver: on-call", "receiver: backup"))
    renamed.notifier._targets.by_receiver.pop("on-call")
    renamed.pass_by(minutes=6)
    assert renamed.backup.story == [(5, "update", 3)]


class TestWhatIsOver:
    """A finding that was told, and ends while something holds its alerts back."""

    @pytest.fixture
    def over(self, make_alert):
        return lambda desk: make_alert(2, status="resolved", finding="f", time=desk.clock())

    def test_a_silence_puts_its_end_off_and_does_not_leave_it_standing(self, night, make_alert, over) -> None:
        desk = night()
        desk.tell(make_alert(1, status="standing", finding="f"))
        matchers = [parse_matcher("rule=root-sign-in")]
        desk.notifier.silences.add(matchers, "wang", "moving", desk.clock(), timedelta(hours=2))
        assert desk.tell(over(desk)) == {"silenced": 1}
        desk.pass_by(minutes=119)
        assert kinds(desk.phone) == ["first"]
        desk.pass_by(minutes=2)
        assert kinds(desk.phone) == ["first", "update"]
        assert [incident.state for incident in desk.notifier.desk.incidents()] == ["closed"]

    def test_of_what_was_never_told_the_end_is_not_told_either(self, night, make_alert, over) -> None:
        desk = night()
        matchers = [parse_matcher("rule=root-sign-in")]
        desk.notifier.silences.add(matchers, "wang", "moving", desk.clock(), timedelta(hours=2))
        desk.tell(make_alert(1, status="standing", finding="f"))
        desk.tell(over(desk))
        desk.pass_by(hours=5)
        assert desk.phone.story == []
        assert list(desk.notifier.desk.incidents()) == []

    def test_an_inhibit_rule_does_not_leave_it_standing(self, night, make_alert, over) -> None:
        desk = night(
            PLAIN + "    inhibit_rules: [{source_matchers: [rule=x], target_matchers: [rule=root-sign-in]}]\n"
        )
        desk.tell(make_alert(1, status="standing", finding="f"))
        desk.tell(make_alert(3, rule="x"))
        desk.tell(over(desk))
        assert "closed" in [incident.state for incident in desk.notifier.desk.incidents()]

    def test_it_holds_nothing_back_any_more(self, night, make_alert) -> None:
        desk = night(
            PLAIN + "    inhibit_rules: [{source_matchers: [rule=root-sign-in], target_matchers: [rule=x]}]\n"
        )
        desk.tell(make_alert(1, status="resolved", finding="f"))
        assert desk.tell(make_alert(2, rule="x")) == {"sent": 1}


BOTH_SIDES = (
    PLAIN
    + """
    inhibit_rules:
    - {source_matchers: ['level=~"critical|high"'], target_matchers: ['level=~"high|low"'], equal: [region]}
"""
)


@pytest.mark.parametrize(
    ("source", "target", "is_held"),
    [
        ("critical", "high", True),
        ("critical", "low", True),
        ("high", "low", True),
        ("high", "high", False),  # two that are both sides don't silence each other
        ("low", "high", False),
    ],
)
def test_an_alert_on_both_sides_is_held_back_by_those_on_the_first_alone(
    night, make_alert, source: str, target: str, is_held: bool
) -> None:
    desk = night(BOTH_SIDES)
    desk.tell(make_alert(1, level=source))
    assert desk.tell(make_alert(2, rule="x", level=target)) == {"inhibited" if is_held else "sent": 1}
    assert desk.tell(make_alert(3, rule="y", level=target, region="cn-beijing")) == {"sent": 1}


class SlowChannel(Channel):
    """Takes its time over each message, and then takes it, or does not."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__(clock)
        self._time, self._seconds = clock, seconds

    def send(self, notice: Notice, deadline: float) -> Outcome:
        self._time.go_on(seconds=self._seconds)
        return super().send(notice, deadline)


@pytest.fixture
def slowed(night, clock):
    def begin(seconds: float, failing: Outcome | None) -> Night:
        desk = night("""
            route: {receiver: boss, group_by: [actor], routes: [{receiver: on-call, continue: true}, {}]}
            receivers: [{name: on-call}, {name: boss}, {name: backup}]
        """)
        desk.phone = SlowChannel(clock, seconds)
        desk.phone.failing = failing
        targets = {
            "on-call": [Target("on-call/phone", desk.phone)],
            "boss": [Target("boss/phone", desk.boss)],
        }
        desk.notifier = type(desk.notifier)(
            desk.notifier._routing, Targets(targets), desk.notifier.desk._store, now=clock
        )
        return desk

    return begin


@pytest.mark.parametrize("failing", [None, Outcome.retry("no answer in time")])
def test_a_slow_channel_leaves_the_others_their_time(slowed, make_alert, failing: Outcome | None) -> None:
    desk = slowed(10, failing)
    desk.tell(*(make_alert(number, actor=f"user {number}") for number in range(30)))
    assert len(desk.boss.notices) == 30
    desk.phone.failing = None
    desk.phone._seconds = 1
    desk.pass_by(minutes=5)
    assert {notice.alert.id for _, notice in desk.phone.notices} == {make_alert(n).id for n in range(30)}


def test_a_channel_that_hangs_is_tried_once_and_not_thirty_times(slowed, make_alert) -> None:
    desk = slowed(10, Outcome.retry("no answer in time"))
    desk.tell(*(make_alert(number, actor=f"user {number}") for number in range(30)))
    assert desk.phone.attempts == 1
    assert {d.attempts for d in desk.notifier.deliveries.pending()} == {1}


def test_a_blocked_robot_is_not_touched_by_new_incidents_and_they_have_a_stand_in(
    night, make_alert, clock
) -> None:
    desk = night(PLAIN.replace("{name: on-call}", "{name: on-call, fallback: backup}"))
    desk.phone.failing = Outcome.parked("DingTalk 130101", (clock() + timedelta(minutes=10)).timestamp())
    desk.tell(*(make_alert(number, rule=f"rule {number}") for number in range(5)))
    desk.phone.failing = None
    clock.go_on(minutes=5)
    desk.tell(*(make_alert(number, rule=f"rule {number}") for number in range(5, 9)))
    assert (desk.phone.attempts, len(desk.backup.notices)) == (1, 9)
    desk.pass_by(minutes=6)
    assert {notice.alert.id for _, notice in desk.phone.notices} == {make_alert(n).id for n in range(9)}


THREE = """
    route:
      receiver: on-call
      group_by: ['...']
      routes:
      - {receiver: on-call, continue: true}
      - {receiver: boss, continue: true, group_by: [rule]}
      - {receiver: backup, group_by: [level, rule]}
    receivers: [{name: on-call}, {name: boss}, {name: backup}]
"""


def test_five_thousand_alerts_for_three_robots_keep_each_budget_and_are_all_told(
    night, make_alert, clock
) -> None:
    desk = night(THREE)
    robots = {"on-call": desk.phone, "boss": desk.boss, "backup": desk.backup}
    targets = {name: [Target(f"{name}/robot", robot, 18)] for name, robot in robots.items()}
    notifier = type(desk.notifier)(routing_of(THREE), Targets(targets), desk.notifier.desk._store, now=clock)
    desk.notifier = notifier
    levels = ("low", "medium", "high", "critical")
    alerts = [
        make_alert(n, rule=f"rule {n % 300}", actor=f"user {n}", level=levels[n % 4]) for n in range(5000)
    ]
    for first in range(0, 5000, 500):
        clock.go_on(seconds=6)
        desk.tell(*alerts[first : first + 500])
    desk.pass_by(minutes=7)
    for robot in robots.values():
        minutes = [minute for minute, _ in robot.notices]
        assert max(sum(0 <= other - minute < 1 for other in minutes) for minute in minutes) <= 20
        assert sum(notice.new for _, notice in robot.notices) == 5000


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"alerts": 1}'])
def test_a_damaged_record_costs_itself_alone(night, make_alert, clock, damage: bytes) -> None:
    """Of an incident, a delivery, a silence, a budget and a block; the others go on, and it heals."""
    desk = night(per_minute=18)
    store = desk.notifier.desk._store
    desk.phone.failing = Outcome.parked("slow down", (clock() + timedelta(minutes=1)).timestamp())
    desk.tell(make_alert(1, rule="one"), make_alert(2, rule="two"))
    desk.phone.failing = None
    broken = ["budget/on-call/phone", "blocked/on-call/phone", "silence/abc"]
    for prefix in ("incident/", "pending/"):
        broken.append(min(key for key, _ in store.scan(prefix, 100)))
    found = store.load(broken)
    store.save(Write(key, damage, stored.version) for key, stored in found.items())
    clock.go_on(seconds=LEASE.total_seconds())
    desk.pass_by(minutes=3)
    assert len(desk.phone.notices) == 1, "the delivery that can be read"
    desk.tell(make_alert(3, rule="one"), make_alert(4, rule="two"))
    desk.pass_by(minutes=6)
    assert {notice.alert.id for _, notice in desk.phone.notices} >= {make_alert(3).id, make_alert(4).id}
