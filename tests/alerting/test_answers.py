"""What people answer: the limits of links, and what an answer changes for those who are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.alerting.answers import LENGTHS, links_from, longest
from shared.alerting.channels.channel import Outcome
from shared.alerting.matchers import parse_matcher
from shared.alerting.message import compose
from shared.alerting.notice import Notice
from shared.alerting.notify import Notifier
from shared.alerting.receivers import Target, Targets, links_of
from shared.state.in_memory import InMemoryStore
from tests.alerting.conftest import FakeClock, routing_of

ROUTES = """
    route: {receiver: on-call, group_by: [rule], repeat_interval: 1h, escalate: {after: 30m, to: boss}}
    receivers: [{name: on-call}, {name: boss}]
"""
KEYS = {"TRAILGUARD_LINK_KEYS": "k" * 32}
HERE = {"TRAILGUARD_PUBLIC_URL": "https://oncall.example.com/"}


class Channel:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def send(self, notice: Notice, deadline: float) -> Outcome:
        self.notices.append(notice)
        return Outcome.sent()


class Night:
    """A team whose timer runs each minute."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.phone, self.boss = Channel(), Channel()
        targets = {
            "on-call": [Target("on-call/phone", self.phone)],
            "boss": [Target("boss/phone", self.boss)],
        }
        self.notifier = Notifier(routing_of(ROUTES), Targets(targets), InMemoryStore(), now=clock)

    def pass_by(self, minutes: int) -> None:
        for _ in range(minutes):
            self.clock.go_on(minutes=1)
            self.notifier.flush(self.clock.soon)

    @property
    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.phone.notices]


@pytest.fixture
def night(clock, make_alert) -> Night:
    """It begins with an alert."""
    night = Night(clock)
    night.notifier.tell([make_alert()], clock.soon)
    return night


def test_a_silenced_incident_is_neither_repeated_nor_escalated_until_its_silence_ends(night: Night) -> None:
    made = night.notifier.silences.add(
        [parse_matcher("rule=root-sign-in")], "ann", "drill", night.clock(), timedelta(hours=2)
    )
    night.notifier.desk.tell_silence(made, night.clock())
    night.pass_by(119)
    assert (night.kinds, night.boss.notices) == (["first", "note"], [])
    (incident,) = night.notifier.desk.incidents()
    silences = night.notifier.silences.all()
    assert night.notifier.desk.decide(incident, night.clock(), silences).reason == "silenced"
    night.pass_by(2)
    assert [notice.kind for notice in night.boss.notices] == ["escalation"]


def test_a_silence_of_something_else_holds_nothing_back(night: Night) -> None:
    made = night.notifier.silences.add(
        [parse_matcher("rule=other")], "ann", "drill", night.clock(), timedelta(hours=2)
    )
    assert night.notifier.desk.tell_silence(made, night.clock()) == []
    night.pass_by(31)
    assert len(night.boss.notices) == 1


def test_a_closed_incident_is_told_as_such_and_once(night: Night) -> None:
    (incident,) = night.notifier.desk.incidents()
    night.notifier.desk.close(incident.id, "ann", night.clock())
    night.pass_by(90)
    assert [(notice.kind, notice.note) for notice in night.phone.notices[1:]] == [("note", "Closed by ann")]
    assert night.phone.notices[-1].state == "closed"
    assert night.boss.notices == []


def test_a_repeat_never_comes_sooner_than_news_would(clock, make_alert) -> None:
    night = Night(clock)
    routes = ROUTES.replace("repeat_interval: 1h", "group_interval: 10m, repeat_interval: 1m")
    targets = Targets({"on-call": [Target("on-call/phone", night.phone)]})
    night.notifier = Notifier(routing_of(routes), targets, InMemoryStore(), now=clock)
    night.notifier.tell([make_alert()], clock.soon)
    night.pass_by(9)
    assert night.kinds == ["first"]
    night.pass_by(1)
    assert night.kinds == ["first", "repeat"]


def test_a_message_has_the_buttons_to_answer_by_and_they_are_short_lived(night: Night) -> None:
    (notice,) = night.phone.notices
    links = links_of(routing_of(ROUTES), links_from({**KEYS, **HERE}, "", night.clock))
    message = compose(notice, "en", night.clock().tzinfo, links)
    assert [(button.key, button.label) for button in message.buttons] == [
        ("ack", "Acknowledge"),
        ("silence", "Silence"),
    ]
    assert all(button.url.startswith("https://oncall.example.com/?t=1.") for button in message.buttons)


@pytest.mark.parametrize(
    ("environment", "public_url"),
    [
        ({}, ""),
        (KEYS, ""),
        (HERE, ""),
        ({}, "https://oncall.example.com/"),
        ({**KEYS, "TRAILGUARD_PUBLIC_URL": "http://oncall.example.com/"}, ""),
        ({**HERE, "TRAILGUARD_LINK_KEYS": "short"}, ""),
    ],
)
def test_without_a_safe_address_and_keys_there_are_no_links_and_alerts_go_out(
    night: Night, environment: dict[str, str], public_url: str
) -> None:
    assert links_from(environment, public_url, night.clock)(night.phone.notices[0]) == ()


def test_an_address_in_routes_yml_will_do_and_the_environments_goes_first(night: Night) -> None:
    notice = night.phone.notices[0]
    (ack, _) = links_from(KEYS, "https://routes.example.com/", night.clock)(notice)
    assert ack.url.startswith("https://routes.example.com/")
    (ack, _) = links_from({**KEYS, **HERE}, "https://routes.example.com/", night.clock)(notice)
    assert ack.url.startswith("https://oncall.example.com/")


@pytest.mark.parametrize(("level", "hours"), [("critical", 1), ("unheard-of", 1), ("high", 24), ("low", 24)])
def test_how_long_a_link_silences_depends_on_the_level(level: str, hours: int) -> None:
    assert LENGTHS[longest(level)] == timedelta(hours=hours)
