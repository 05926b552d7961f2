"""A fault that passes in a second costs a second, not a minute; one that does not costs no more than that."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from shared.alerting.channels.channel import OUT_OF_TIME, Outcome
from shared.alerting.notify import Notifier
from shared.alerting.patience import AT_ONCE, Patience
from shared.alerting.receivers import Target, Targets
from shared.state.sqlite import SqliteStore
from tests.alerting.conftest import FakeClock, routing_of
from tests.alerting.test_oncall_story import PLAIN, Channel

BUSY = Outcome.retry("HTTP 503")


@dataclass
class Flaky:
    """Gives its answers one by one, then takes everything; each attempt takes its time."""

    clock: FakeClock
    answers: list[Outcome] = field(default_factory=list)
    seconds: float = 0.1
    attempts: int = 0

    def __call__(self) -> Outcome:
        self.clock.go_on(seconds=self.seconds)
        self.attempts += 1
        return self.answers.pop(0) if self.answers else Outcome.sent()


@pytest.fixture
def flaky(clock: FakeClock) -> Flaky:
    return Flaky(clock)


def patience(clock: FakeClock) -> Patience:
    return Patience(AT_ONCE, clock, lambda seconds: clock.go_on(seconds=seconds))


def tried(flaky: Flaky, seconds: float = 50) -> Outcome:
    return patience(flaky.clock).attempted(flaky, flaky.clock().timestamp() + seconds)


@pytest.mark.parametrize("faults", range(4))
def test_a_passing_fault_is_outlasted_within_seconds(flaky: Flaky, faults: int) -> None:
    flaky.answers = [BUSY] * faults
    began = flaky.clock()
    outcome = tried(flaky)
    assert (outcome.kind, outcome.posts, flaky.attempts) == ("sent", faults + 1, faults + 1)
    assert (flaky.clock() - began).total_seconds() < 4


def test_a_lasting_fault_is_given_up_soon(flaky: Flaky) -> None:
    flaky.answers = [BUSY] * 100
    assert (tried(flaky).kind, flaky.attempts) == ("retry", 1 + len(AT_ONCE))


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.rejected("no such robot"),
        Outcome.parked("too fast", until=4e9),
        Outcome.retry("HTTP 429", retry_after=30),
        OUT_OF_TIME,
    ],
)
def test_what_a_second_does_not_mend_is_not_tried_again(flaky: Flaky, outcome: Outcome) -> None:
    flaky.answers = [outcome]
    assert tried(flaky) == outcome
    assert flaky.attempts == 1


def test_what_hangs_is_not_tried_again_and_may_have_arrived(flaky: Flaky) -> None:
    flaky.answers, flaky.seconds = [Outcome.retry("no answer in time")], 10
    assert (tried(flaky).kind, flaky.attempts) == ("retry", 1)


def test_no_attempt_begins_after_the_deadline(flaky: Flaky) -> None:
    flaky.answers = [BUSY] * 100
    assert (tried(flaky, seconds=0.1).kind, flaky.attempts) == ("retry", 1)


def test_pauses_are_cut_by_chance(clock: FakeClock) -> None:
    pauses: list[float] = []
    for _ in range(50):
        flaky = Flaky(clock, [BUSY] * 3)
        Patience(AT_ONCE, clock, pauses.append).attempted(flaky, clock().timestamp() + 50)
    firsts = pauses[::3]
    assert len({round(pause, 3) for pause in firsts}) > 20
    assert max(firsts) <= AT_ONCE[0] < max(pauses[2::3]) <= AT_ONCE[2]


def test_one_message_of_a_batch_waits_for_a_channel_that_is_down_and_not_each(
    clock: FakeClock, tmp_path, make_alert
) -> None:
    phone = Channel(clock)
    phone.failing = BUSY
    notifier = Notifier(
        routing_of(PLAIN),
        Targets({"on-call": [Target("on-call/phone", phone)]}),
        SqliteStore(tmp_path / "night.sqlite", now=clock),
        now=clock,
        patience=patience(clock),
    )
    notifier.tell((make_alert(number, rule=f"rule {number}") for number in range(10)), clock.soon)
    assert phone.attempts == 10 + len(AT_ONCE)
    phone.failing = None
    clock.go_on(seconds=40)
    assert notifier.flush(clock.soon).as_dict() == {"sent": 10}
