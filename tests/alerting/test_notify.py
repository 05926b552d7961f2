"""The telling side in stories: what is told to whom, when something on the way breaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

import pytest

from shared.alerting.alert import Alert
from shared.alerting.channels.channel import Outcome
from shared.alerting.deliveries import LEASE, Deliveries
from shared.alerting.notice import Notice, notice_of
from shared.alerting.notify import Notifier, UntoldError
from shared.alerting.receivers import Target, Targets
from shared.state.sqlite import SqliteStore
from shared.state.store import StateStore, Stored, StoreUnavailable, Write
from tests.alerting.conftest import FakeClock, routing_of

ROUTES = """
    route:
      receiver: team
      group_by: ['...']
      routes: [{matchers: ['level=~"critical|high"'], receiver: on-call, continue: true}, {receiver: team}]
    receivers: [{name: team}, {name: on-call}]
"""


class Channel:
    """A channel that notes what it is given and answers as it is told, `sent` otherwise."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.answers: list[Outcome | BaseException] = []

    def send(self, notice: Notice, deadline: float) -> Outcome:
        answer = self.answers.pop(0) if self.answers else Outcome.sent()
        if isinstance(answer, BaseException):
            raise answer
        if answer.kind == "sent":
            self.notices.append(notice)
        return answer

    @property
    def told(self) -> list[str]:
        """The ids of the alerts told, in order."""
        return [alert.id for notice in self.notices for alert in notice.alerts]


class Killed(BaseException):
    """The instance ends here."""


class Switch(StateStore):
    """A real store behind a switch."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self.down = False
        self.down_after: int | None = None

    def _check(self) -> None:
        if self.down_after is not None:
            self.down_after -= 1
            self.down = self.down_after < 0
        if self.down:
            raise StoreUnavailable("switched off")

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        self._check()
        return self._store.load(keys)

    def save(self, writes: Iterable[Write]) -> set[str]:
        self._check()
        return self._store.save(writes)

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        self._check()
        return self._store.scan(prefix, limit)


class Desk:
    """Everything of one on-call desk: two channels, a store, a clock."""

    def __init__(self, clock: FakeClock, path) -> None:
        self.clock = clock
        self.phone, self.mail = Channel(), Channel()
        self.store = Switch(SqliteStore(path, now=clock))
        self.deliveries = Deliveries(self.store)
        self.routes = ROUTES

    def notifier(self) -> Notifier:
        by_receiver = {
            "on-call": [Target("on-call/phone", self.phone)],
            "team": [Target("team/mail", self.mail)],
        }
        return Notifier(routing_of(self.routes), Targets(by_receiver), self.store, now=self.clock)

    def tell(self, *alerts: Alert) -> dict[str, int]:
        return self.notifier().tell(alerts, self.clock.soon).as_dict()

    def flush(self) -> dict[str, int]:
        return self.notifier().flush(self.clock.soon).as_dict()


@pytest.fixture
def desk(clock, tmp_path) -> Desk:
    return Desk(clock, tmp_path / "state.sqlite")


def test_each_receiver_of_an_alert_is_told_once(desk, make_alert) -> None:
    desk.tell(make_alert(1), make_alert(2, level="low"))
    assert desk.phone.told == [make_alert(1).id]
    assert sorted(desk.mail.told) == sorted([make_alert(1).id, make_alert(2).id])


def test_a_repeated_batch_tells_nothing_twice(desk, make_alert) -> None:
    desk.tell(make_alert())
    assert desk.tell(make_alert()) == {}
    assert desk.phone.told == desk.mail.told == [make_alert().id]


def test_the_gravest_goes_first(desk, make_alert) -> None:
    desk.tell(make_alert(1, level="high"), make_alert(2, level="critical"))
    assert desk.phone.told == [make_alert(2).id, make_alert(1).id]


def test_an_alert_in_shadow_mode_is_told_to_nobody(desk, make_alert) -> None:
    assert desk.tell(make_alert(mode="shadow"))["shadow"] == 1
    assert desk.phone.told == desk.mail.told == []


def test_one_channels_failure_neither_stops_nor_hides_the_other(desk, make_alert) -> None:
    desk.phone.answers = [Outcome.retry("connection refused")]
    desk.tell(make_alert())
    assert desk.mail.told == [make_alert().id]
    (pending,) = desk.deliveries.pending()
    assert (pending.target, pending.attempts, pending.reason) == ("on-call/phone", 1, "connection refused")


def test_a_failed_send_is_told_on_a_later_flush_and_only_there(desk, make_alert, clock) -> None:
    desk.phone.answers = [Outcome.retry("down")]
    desk.tell(make_alert())
    assert desk.flush() == {}  # not due yet
    clock.go_on(seconds=31)
    assert desk.flush() == {"sent": 1}
    assert desk.phone.told == desk.mail.told == [make_alert().id]
    clock.go_on(days=1)
    assert desk.flush() == {}


def test_pauses_grow_while_a_channel_stays_down_and_the_alert_survives_a_day(desk, make_alert, clock) -> None:
    desk.phone.answers = [Outcome.retry("down")] * 200
    desk.tell(make_alert())
    for _ in range(23 * 60):
        clock.go_on(minutes=1)
        desk.flush()
    tries = 200 - len(desk.phone.answers)
    assert 90 < tries < 110  # at most one each 15 minutes, once the pauses have grown
    desk.phone.answers = []
    clock.go_on(minutes=15)
    assert desk.flush() == {"sent": 1}


def test_a_throttled_robot_is_left_alone_until_its_block_ends(desk, make_alert, clock) -> None:
    desk.phone.answers = [Outcome.parked("too fast", until=clock.time.timestamp() + 600)]
    desk.tell(make_alert())
    clock.go_on(seconds=599)
    assert desk.flush() == {}
    clock.go_on(seconds=1)
    assert desk.flush() == {"sent": 1}


def test_a_rejected_alert_is_kept_until_someone_mends_the_settings(desk, make_alert, clock) -> None:
    desk.phone.answers = [Outcome.rejected("sign not match")]
    desk.tell(make_alert())
    clock.go_on(minutes=16)
    assert desk.flush() == {"sent": 1}


def test_a_channel_that_breaks_is_its_own_failure_alone(desk, make_alert, clock) -> None:
    desk.phone.answers = [RuntimeError("a bug")]
    assert desk.tell(make_alert())["retry"] == 1
    assert desk.mail.told == [make_alert().id]
    clock.go_on(minutes=1)
    assert desk.flush() == {"sent": 1}


def test_what_finds_no_time_before_the_deadline_is_told_on_a_later_flush(desk, make_alert, clock) -> None:
    report = desk.notifier().tell([make_alert()], deadline=clock.time.timestamp() - 1)
    assert report.outcomes["retry"] == 2
    assert desk.phone.told == []
    clock.go_on(seconds=LEASE.total_seconds())
    assert desk.flush() == {"sent": 2}


def test_a_worker_that_died_while_sending_is_made_good_after_its_lease(desk, make_alert, clock) -> None:
    desk.phone.answers = [Killed()]
    with pytest.raises(Killed):
        desk.tell(make_alert())
    assert desk.tell(make_alert()) == {}  # the trigger tries the batch again: it is on its way already
    clock.go_on(seconds=LEASE.total_seconds())
    desk.flush()
    assert desk.phone.told == desk.mail.told == [make_alert().id]


@pytest.mark.parametrize("effects", range(12))
def test_a_worker_may_lose_the_store_after_any_effect_and_nothing_is_lost(
    desk, make_alert, clock, effects
) -> None:
    desk.store.down_after = effects
    try:
        desk.tell(make_alert(1), make_alert(2))
    except UntoldError:
        desk.store.down, desk.store.down_after = False, None
        desk.tell(make_alert(1), make_alert(2))
    desk.store.down, desk.store.down_after = False, None
    desk.tell(make_alert(1), make_alert(2))
    for _ in range(3):
        clock.go_on(minutes=2)
        desk.flush()
    assert set(desk.phone.told) == set(desk.mail.told) == {make_alert(1).id, make_alert(2).id}


def test_a_worker_that_died_after_recording_does_not_make_the_next_one_tell_again(
    desk, make_alert, clock
) -> None:
    (taken,) = desk.deliveries.begin([("on-call/phone", notice_of(make_alert()))], clock())
    desk.store.down_after = 1  # the `sent` record is written, the pending one stays
    with pytest.raises(StoreUnavailable):
        desk.deliveries.record([taken], Outcome.sent(), clock())
    desk.store.down, desk.store.down_after = False, None
    clock.go_on(days=1)
    assert desk.flush() == {}
    assert list(desk.deliveries.pending()) == []


def test_two_workers_at_once_tell_an_alert_once(desk, make_alert, clock) -> None:
    first = desk.deliveries.begin([("on-call/phone", notice_of(make_alert()))], clock())
    second = desk.deliveries.begin([("on-call/phone", notice_of(make_alert()))], clock())
    assert (len(first), len(second)) == (1, 0)
    clock.go_on(seconds=LEASE.total_seconds())
    assert (len(desk.deliveries.due(clock())), len(desk.deliveries.due(clock()))) == (1, 0)


def test_without_its_memory_the_desk_tells_rather_twice_than_never(desk, make_alert) -> None:
    desk.store.down = True
    assert desk.tell(make_alert()) == {"sent": 2}
    assert desk.tell(make_alert()) == {"sent": 2}
    assert len(desk.phone.told) == 2


def test_what_can_be_neither_told_nor_remembered_is_handed_back(desk, make_alert) -> None:
    desk.store.down = True
    desk.phone.answers = [Outcome.retry("down")]
    with pytest.raises(UntoldError):
        desk.tell(make_alert())
    assert desk.mail.told == [make_alert().id]  # the other channel was served all the same


def test_a_receiver_that_left_routes_yml_keeps_its_pending_alerts(desk, make_alert, clock) -> None:
    desk.deliveries.begin([("old/robot", notice_of(make_alert()))], clock())
    clock.go_on(minutes=2)
    assert desk.flush() == {"rejected": 1}
    (pending,) = desk.deliveries.pending()
    assert "no longer configured" in pending.reason


def test_hostile_text_survives_the_records(desk, make_alert, clock) -> None:
    odd = make_alert(actor="\ud800\x00\u202e'; DROP TABLE alerts; --", resource="名字" * 1000)
    desk.phone.answers = [Outcome.retry("down")]
    desk.tell(odd)
    clock.go_on(minutes=1)
    (due,) = desk.deliveries.due(clock())
    assert due.notice.alerts == (odd,)


def test_a_store_that_is_no_store_is_unavailable_and_nothing_else(tmp_path, make_alert, clock) -> None:
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreUnavailable):
        Deliveries(SqliteStore(path, now=clock)).begin([("on-call/phone", notice_of(make_alert()))], clock())
    with pytest.raises(sqlite3.DatabaseError):  # the premise of this test
        sqlite3.connect(path).execute("SELECT * FROM sqlite_master").fetchall()
