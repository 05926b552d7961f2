"""What holds for every collector: nothing unknown passes, nothing listed is lost, nobody is asked in vain."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

import pytest

from shared.audits.auditor import Auditor, units_of
from shared.audits.collector import DAY, HOUR, Collector, Inquiry, Told
from shared.audits.unit import Past, Unit
from shared.cloud.openapi import Api, OpenApiError
from shared.events.event import Event
from tests.audits.conftest import START, Audits, facts
from tests.cloud.openapi import DENIED

CALLER = Api("Sts", "2015-04-01", "GetCallerIdentity", "sts:GetCallerIdentity")
OTHER = Api("Sts", "2015-04-01", "AssumeRole", "sts:AssumeRole")


def stating(*names: str, tell: Any = None, every: int = DAY) -> Collector:
    """A collector that finds runs of these names; `tell` gives the fields of one."""

    def collect(ask: Inquiry) -> Iterator[Told]:
        items = ({"Name": name} for name in names)
        yield from ask.each("audit_run", items, "Name", partial(tell or asked, ask))

    return Collector("sample", "area", every, "regional", ("audit_run",), (CALLER,), collect)


def asked(ask: Inquiry, item: dict[str, Any]) -> dict[str, Any]:
    return {"stated": ask.call(CALLER)["AccountId"]}


def test_a_collector_states_facts_and_how_it_went(audits: Audits) -> None:
    events = audits.look(stating("a", "b"))
    assert {name: each["stated"] for name, each in facts(events, "audit_run").items()} == {
        "a": audits.openapi.account.id,
        "b": audits.openapi.account.id,
        "sample": 2,
    }
    assert facts(events, "audit_run")["sample"]["complete"] is True
    assert {event.time for event in events} == {START}
    assert len({event.id for event in events}) == len(events)


def test_what_a_call_refuses_is_unknown_and_the_rest_goes_on(audits: Audits) -> None:
    audits.openapi.fail("GetCallerIdentity", DENIED, times=1)
    events = audits.look(stating("a", "b"))
    assert "a" not in facts(events, "audit_run")
    assert facts(events, "unknown")["audit_run a"]["api"] == "sts:GetCallerIdentity"
    assert facts(events, "audit_run")["sample"] == {
        "kind": "audit_run",
        "resource": "sample",
        "region": "cn-hangzhou",
        "exists": True,
        "collector": "sample",
        "complete": False,
        "stated": 1,
        "unknown": 1,
        "missing": [f"sts:GetCallerIdentity: {facts(events, 'unknown')['audit_run a']['error']}"],
    }


def test_an_answer_that_is_not_understood_is_unknown(audits: Audits) -> None:
    events = audits.look(stating("a", tell=lambda ask, item: {"stated": item["Missing"]["Deeper"]}))
    assert facts(events, "unknown")["audit_run a"]["error"] == "BadResponse"


def test_a_collector_that_fails_is_told_and_does_not_blind_the_others(audits: Audits) -> None:
    def collect(ask: Inquiry) -> Iterator[Told]:
        raise RuntimeError("broken")
        yield

    broken = Collector("broken", "area", DAY, "global", ("audit_run",), (), collect)
    events = audits.look(broken, stating("a"))
    assert "RuntimeError: broken" in facts(events, "unknown")["audit_run"]["message"]
    assert facts(events, "audit_run")["a"]["exists"] is True


def test_a_collector_that_lists_no_kind_to_its_end_is_not_complete_when_it_fails(audits: Audits) -> None:
    def collect(ask: Inquiry) -> Iterator[Told]:
        raise RuntimeError("broken")
        yield

    events = audits.look(Collector("broken", "area", DAY, "global", (), (), collect))
    assert facts(events, "audit_run")["broken"]["complete"] is False


def test_what_is_listed_no_more_is_gone(audits: Audits) -> None:
    audits.look(stating("a", "b"))
    assert facts(audits.look(stating("b")), "audit_run")["a"]["exists"] is False
    assert "a" not in facts(audits.look(stating("b")), "audit_run")


def test_what_could_not_be_listed_is_not_gone(audits: Audits) -> None:
    def collect(ask: Inquiry) -> Iterator[Told]:
        def items() -> Iterator[dict[str, Any]]:
            yield {"Name": "b"}
            ask.call(CALLER)

        yield from ask.each("audit_run", items(), "Name", lambda item: {"stated": 1})

    audits.look(stating("a", "b"))
    audits.openapi.fail("GetCallerIdentity", DENIED, times=1)
    half = Collector("sample", "area", DAY, "regional", ("audit_run",), (CALLER,), collect)
    events = audits.look(half)
    assert "a" not in facts(events, "audit_run")
    assert facts(events, "unknown")["audit_run"]["of"] == "audit_run"
    assert facts(audits.look(stating("b")), "audit_run")["a"]["exists"] is False


def test_a_call_that_is_not_declared_is_refused_before_it_is_made(audits: Audits) -> None:
    audits.look(stating("a", tell=lambda ask, item: {"stated": ask.call(OTHER)}))
    assert audits.openapi.calls == []


def test_what_runs_out_of_time_goes_on_where_it_stopped(audits: Audits) -> None:
    audits.time_is_up_after = 2
    first = audits.look(stating("a", "b", "c"))
    assert set(facts(first, "audit_run")) == {"a", "b"}, "it has not come to its end, and does not say so"
    audits.time_is_up_after = None
    second = audits.look(stating("a", "b", "c"))
    assert set(facts(second, "audit_run")) == {"c", "sample"}
    assert len(audits.openapi.calls) == 3


def test_each_region_is_looked_at_by_itself(audits: Audits) -> None:
    audits.regions = ("cn-hangzhou", "cn-beijing")
    events = audits.look(stating("a"))
    assert {event.fields["region"] for event in events} == {"cn-hangzhou", "cn-beijing"}


@pytest.mark.parametrize(
    ("past", "hours", "is_due"),
    [
        (Past(), 0, True),
        (Past(START.timestamp(), True), 23, False),
        (Past(START.timestamp(), True), 24, True),
        (Past(START.timestamp(), False), 1, True),
        (Past(START.timestamp(), True, frozenset({("audit_run", "a")})), 0, True),
        (Past(START.timestamp() + 365 * DAY, True), 0, True),
        (Past(START.timestamp() + 5, True), 0, False),
    ],
    ids=[
        "never looked",
        "looked",
        "a day has passed",
        "not all was seen",
        "out of time",
        "by a wrong clock",
        "two clocks",
    ],
)
def test_when_a_look_is_due(past: Past, hours: int, is_due: bool) -> None:
    unit = Unit(stating("a"), "cn-hangzhou")
    assert unit.is_due(past, START + timedelta(seconds=hours * HOUR)) is is_due


def test_a_past_that_cannot_be_read_is_none() -> None:
    assert Past.of(b"nonsense") == Past()
    past = Past(1.0, True, frozenset({("k", "r")}), {"k": ["r", "s"]})
    assert Past.of(past.encoded()) == past


class Deadline:
    """The account, until the time is up: then every call fails, as the real client's do."""

    def __init__(self, calls: int) -> None:
        self.left, self.made = calls, 0

    def is_time_up(self) -> bool:
        return self.left <= 0

    def call(self, api: Api, parameters: Any, region: str) -> dict[str, Any]:
        self.left, self.made = self.left - 1, self.made + 1
        if self.left < 0:
            raise OpenApiError("DeadlineExceeded", "no time was left for the call")
        return {"Items": [{"Name": f"{parameters.get('Of')}{number}"} for number in range(3)]}

    def pages(self, api: Api, parameters: Any, region: str) -> Iterator[dict[str, Any]]:
        yield self.call(api, parameters, region)


def below_each(ask: Inquiry) -> Iterator[Told]:
    """A listing that calls for each of its parents."""

    def items() -> Iterator[Any]:
        for parent in "xyz":
            yield from ask.below("audit_run", parent, partial(ask.items, CALLER, "Items", Of=parent))

    yield from ask.each("audit_run", items(), "Name", lambda item: {"stated": ask.call(CALLER) and 1})


def round_of(audits: Audits, calls: int) -> tuple[list[Event], Deadline]:
    """What a call of the function tells that has time for so many calls."""
    account, told = Deadline(calls), list[Event]()
    collector = Collector("sample", "area", DAY, "global", ("audit_run",), (CALLER,), below_each)
    auditor = Auditor(account, audits.store, "1", lambda: audits.now, account.is_time_up)
    auditor.run_due(units_of([collector], ()), lambda run: told.extend(run.events("1")))
    return told, account


@pytest.mark.parametrize("calls", [0, 1, 2, 4, 5, 6])
def test_time_that_ends_within_a_listing_leaves_nothing_unknown(audits: Audits, calls: int) -> None:
    first, account = round_of(audits, calls)
    assert not facts(first, "unknown")
    assert "sample" not in facts(first, "audit_run"), "it has not come to its end"
    assert account.made <= max(calls, 0) + 1, "nothing is asked that has no time"
    second, _ = round_of(audits, 100)
    assert facts(second, "audit_run")["sample"]["complete"] is True
    assert len({**facts(first, "audit_run"), **facts(second, "audit_run")}) == 9 + 1


def test_a_region_that_is_named_twice_is_looked_at_once() -> None:
    units = units_of([stating("a")], ("cn-hangzhou", "cn-beijing", "cn-hangzhou"))
    assert [unit.region for unit in units] == ["cn-hangzhou", "cn-beijing"]


def test_parents_below_which_all_was_stated_are_not_asked_about_again(audits: Audits) -> None:
    """Else a listing that takes all the time there is would never come to its end."""
    round_of(audits, 100)
    audits.now += timedelta(days=1)
    rounds, calls = 0, 0
    told = list[Event]()
    while "sample" not in facts(told, "audit_run"):
        more, account = round_of(audits, 4)
        rounds, calls, told = rounds + 1, calls + account.made, told + more
    assert rounds == 3, "each time a parent and three facts"
    assert calls == 12 + 2, "two were cut short"
    assert all(fact["exists"] for fact in facts(told, "audit_run").values()), "nothing seems to be gone"
    again, _ = round_of(audits, 100)
    assert not again, "the round is over"


def test_a_parent_with_something_unknown_below_it_is_asked_about_again(audits: Audits) -> None:
    audits.openapi.fail("GetCallerIdentity", DENIED, times=1)
    names = ("a", "b", "c")

    def collect(ask: Inquiry) -> Iterator[Told]:
        below = (ask.below("audit_run", each, lambda each=each: [{"Name": each}]) for each in names)
        yield from ask.each("audit_run", chain.from_iterable(below), "Name", partial(asked, ask))

    below = Collector("sample", "area", DAY, "regional", ("audit_run",), (CALLER,), collect)
    audits.time_is_up_after = 2
    assert set(facts(audits.look(below), "audit_run")) == {"b"}
    audits.time_is_up_after = None
    assert set(facts(audits.look(below), "audit_run")) == {"a", "c", "sample"}


def test_a_past_that_is_too_large_to_keep_is_kept_without_what_can_be_asked_again() -> None:
    """Names that can't be compressed: 2 MB of them."""
    names = [f"{random.Random(number).getrandbits(400):0100x}" for number in range(45_000)]
    past = Past(1.0, False, frozenset(("k", name) for name in names), {"k": names[:100]})
    kept = Past.of(past.encoded())
    assert (kept.finished, kept.done, kept.seen) == (1.0, frozenset(), {"k": sorted(names[:100])})
    assert Past.of(Past(2.0, True, frozenset(), {"k": names}).encoded()) == Past(2.0, True)
