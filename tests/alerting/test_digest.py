"""A digest that no single message can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.alerting.alert import Alert
from shared.alerting.digest import split
from shared.alerting.notice import Entry, Notice, notice_of


@pytest.fixture
def digest(make_alert: Callable[..., Alert]) -> Callable[[int], Notice]:
    def of(number: int) -> Notice:
        entries = tuple(Entry(str(n), "high", f"Key {n}", "bob", "", n) for n in range(number))
        return replace(notice_of(make_alert()), kind="digest", id="digest-1", entries=entries)

    return of


def at_most(number: int) -> Callable[[Notice], bool]:
    return lambda notice: len(notice.entries) <= number


@pytest.mark.parametrize("number", [1, 7, 40, 41, 1000])
def test_every_incident_is_in_one_part_in_its_order(digest, number) -> None:
    parts = split(digest(number), at_most(7))
    assert [entry for part in parts for entry in part.entries] == list(digest(number).entries)
    assert all(len(part.entries) <= 7 for part in parts)
    assert len(parts) == 1 or sum(part.count for part in parts) == sum(range(number))


def test_a_digest_that_fits_stays_one(digest) -> None:
    assert split(digest(7), at_most(7)) == [digest(7)]


def test_what_can_not_be_made_smaller_is_handed_on_to_be_cut(digest) -> None:
    assert len(split(digest(4), lambda notice: False)) == 4


def test_the_same_digest_is_split_in_the_same_way(digest) -> None:
    ids = [part.id for part in split(digest(40), at_most(7))]
    assert ids == [part.id for part in split(digest(40), at_most(7))]
    assert len(set(ids)) == len(ids) > 5
