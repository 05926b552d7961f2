"""Checks: in order, each by itself, and none that another one makes pointless."""

from __future__ import annotations

from typing import NoReturn

import pytest

from shared.cloud.sls import SlsError
from shared.health.check import Check, Finding, UnseenError, asking, broken, ok, run
from shared.state.store import StoreUnavailable


def well(link: str, *needs: str) -> Check[str]:
    return Check(link, lambda: "fact", ok, needs)


def ill(link: str, *needs: str) -> Check[str]:
    return Check(link, lambda: "fact", lambda fact: broken(fact, "mend it"), needs)


def unseen(link: str, permission: str = "") -> Check[str]:
    def ask() -> NoReturn:
        raise UnseenError("no answer", permission)

    return Check(link, ask, ok)


def test_findings_come_in_the_order_of_the_checks() -> None:
    assert list(run([well("a"), ill("b"), unseen("c", "x:Y")])) == [
        Finding("a", "ok", "fact"),
        Finding("b", "broken", "fact", "mend it"),
        Finding("c", "unknown", "no answer", "allow x:Y to whoever asks", "x:Y"),
    ]


def test_what_waits_for_a_broken_link_is_not_asked_and_not_blamed() -> None:
    def never() -> NoReturn:
        raise AssertionError("asked all the same")

    found = list(run([ill("a"), Check("b", never, ok, ("a",)), Check("c", never, ok, ("b",)), well("d")]))
    assert [(each.link, each.status, each.waits_for) for each in found] == [
        ("a", "broken", ""),
        ("b", "unknown", "a"),
        ("c", "unknown", "b"),
        ("d", "ok", ""),
    ]
    assert [each.link for each in found if each.is_blind] == ["a"]


def test_a_link_that_was_not_chosen_holds_nobody_up() -> None:
    assert [each.status for each in run([well("b", "a")])] == ["ok"]


@pytest.mark.parametrize(
    ("error", "permission", "is_broken"),
    [
        (SlsError("Unauthorized", "denied by sts or ram"), "log:X", False),
        (SlsError("LogStoreNotExist", "logstore a does not exist"), "", True),
        (SlsError("LogRequestError", "the host's name is NotFound"), "", False),
        (StoreUnavailable("OTSNoPermissionAccess: no"), "log:X", False),
        (StoreUnavailable("timed out"), "", False),
    ],
)
def test_errors_say_whether_a_permission_or_the_thing_itself_is_missing(
    error: Exception, permission: str, is_broken: bool
) -> None:
    with pytest.raises(UnseenError) as seen, asking("log:X"):
        raise error
    assert (seen.value.permission, bool(seen.value.mend)) == (permission, is_broken)


def test_an_error_of_our_own_is_not_taken_for_an_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        list(run([Check("a", lambda: 1 // 0, lambda fact: ok())]))
