"""What fits into a minute's messages: singly while that goes, then a digest, whose parts count as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.alert import Alert
from shared.alerting.budget import planned
from shared.alerting.channels.channel import Outcome
from shared.alerting.deliveries import Delivery
from shared.alerting.digest import digest_of, split
from shared.alerting.notice import Notice, notice_of
from shared.alerting.receivers import Target, Targets
from shared.alerting.robots import Robots
from shared.alerting.sender import Sender
from tests.alerting.conftest import START, FakeClock, routing_of
from tests.alerting.test_oncall_story import PLAIN, Channel, Night
from tests.alerting.test_silences import Contested

ALERT = Alert(
    **dict.fromkeys(("id", "rule", "title", "source", "account_id", "summary"), "x"),
    level="high",
    time=START,
    event_ids=(),
)


def delivery(number: int) -> Delivery:
    alert = replace(ALERT, id=f"{number:032x}", title=f"title {number}")
    return Delivery("on-call/robot", notice_of(alert), START, START)


def fits_at_most(entries: int) -> Callable[[Notice], bool]:
    return lambda notice: len(notice.entries) <= entries


@given(st.integers(1, 120), st.integers(0, 20), st.integers(1, 50))
def test_no_plan_takes_more_messages_than_there_are_and_none_is_told_twice(
    count: int, room: int, most: int
) -> None:
    deliveries = [delivery(number) for number in range(count)]
    plan = planned(deliveries, room, fits_at_most(most))
    flat = [each for message in plan for each in message]
    assert flat == deliveries[: len(flat)], "in order, from the gravest"
    parts = [
        len(split(digest_of([d.notice for d in m]), fits_at_most(most))) if len(m) > 1 else 1 for m in plan
    ]
    assert sum(parts) <= room
    assert bool(plan) is bool(room)


def test_what_fits_one_message_leaves_the_rest_of_the_budget_to_single_ones() -> None:
    plan = planned([delivery(number) for number in range(50)], 18, fits_at_most(40))
    assert [len(message) for message in plan] == [1] * 17 + [33]


class Robot(Channel):
    """A chat whose messages hold three incidents of a digest, and that counts whatever it is sent."""

    refuses = 0
    posts = 0

    def send(self, notice: Notice, deadline: float) -> Outcome:
        assert len(notice.entries) <= 3
        self.posts += 1 + self.refuses
        return replace(super().send(notice, deadline), posts=1 + self.refuses)

    def fits(self, notice: Notice) -> bool:
        return len(notice.entries) <= 3


@pytest.fixture
def robot(clock, tmp_path):
    desk = Night(clock, tmp_path / "night.sqlite", PLAIN)
    desk.phone = Robot(clock)
    targets = Targets({"on-call": [Target("on-call/robot", desk.phone, 18)]})
    desk.notifier = type(desk.notifier)(routing_of(PLAIN), targets, desk.notifier.desk._store, now=clock)
    return desk


def test_a_digest_in_many_parts_keeps_the_budget_and_all_are_told(robot, make_alert) -> None:
    robot.tell(*(make_alert(number, rule=f"rule {number}") for number in range(200)))
    robot.pass_by(minutes=12)
    minutes = [minute for minute, _ in robot.phone.notices]
    assert max(sum(0 <= other - minute < 1 for other in minutes) for minute in minutes) <= 18
    assert sum(notice.new for _, notice in robot.phone.notices) == 200


def test_messages_that_are_sent_twice_because_the_first_was_refused_count_twice(robot, make_alert) -> None:
    robot.phone.refuses = 1
    robot.tell(*(make_alert(number, rule=f"rule {number}") for number in range(18)))
    assert robot.phone.posts <= 18
    robot.pass_by(minutes=4)
    assert len({notice.alert.id for _, notice in robot.phone.notices}) == 18


def test_a_channel_that_says_when_to_come_back_is_not_asked_sooner(robot, make_alert, clock) -> None:
    robot.phone.failing = Outcome.retry("HTTP 429", retry_after=120)
    robot.tell(*(make_alert(number, rule=f"rule {number}") for number in range(10)))
    assert robot.phone.attempts == 1
    robot.phone.failing = None
    clock.go_on(seconds=119)
    robot.notifier.flush(clock.soon)
    assert robot.phone.notices == []
    clock.go_on(seconds=1)
    robot.notifier.flush(clock.soon)
    assert len(robot.phone.notices) == 10


def test_a_budget_that_others_draw_on_at_the_same_moment_is_kept_and_given() -> None:
    store = Contested()
    robots = Robots(store, lambda: START)
    store.times = 2
    target = Target("on-call/robot", Channel(FakeClock()), 18)
    assert [robots.reserve(target, 10), robots.reserve(target, 10), robots.reserve(target, 10)] == [10, 8, 0]
    store.times = 100
    assert Robots(store, lambda: START + timedelta(hours=1)).reserve(target, 1) == 0, (
        "rather late than too many"
    )


def test_what_an_incident_has_become_is_not_folded_into_a_digest_for_a_program(robot, clock) -> None:
    target = Target("on-call/pagerduty/1", robot.phone, 4, hears_ends=True)
    deliveries = robot.notifier.deliveries
    sender = Sender([target], robot.notifier.desk._store, deliveries, clock)
    opened = [replace(delivery(number).notice, kind="first") for number in range(5)]
    closed = [replace(delivery(number).notice, kind="end", state="closed") for number in (7, 8)]
    sender.send(deliveries.begin([(target.name, n) for n in opened + closed], clock()), clock.soon)
    told = [notice for _, notice in robot.phone.notices]
    assert [notice.kind for notice in told] == ["end", "end", "digest", "digest"]
    assert sum(notice.new for notice in told[2:]) == 5
