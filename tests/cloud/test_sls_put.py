"""Writing logs through the real SDK, into a Log Service that throttles, fails, and loses its replies."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from shared.cloud.sls import BATCH_BYTES, SlsError, put
from tests.cloud.sls import Fault, LocalSls

PROJECT, LOGSTORE = "trailguard", "alerts"


@pytest.fixture
def sls(local_sls: LocalSls) -> LocalSls:
    local_sls.create(PROJECT, LOGSTORE)
    return local_sls


def put_all(sls: LocalSls, *records: tuple[int, dict[str, str]], seconds: float = 5.0) -> None:
    put(sls.endpoint, PROJECT, LOGSTORE, "alert", records, sls.credentials, time.monotonic() + seconds)


def stored_ids(sls: LocalSls) -> list[str]:
    return [record.contents["id"] for record in sls.records(PROJECT, LOGSTORE)]


def test_a_record_is_stored_with_its_time_topic_and_fields(sls: LocalSls) -> None:
    put_all(sls, (0, {"id": "a", "说明": "登录"}), (1_700_000_000, {"id": "b"}))
    stored = sls.records(PROJECT, LOGSTORE)
    assert [(record.time, record.topic, record.contents) for record in stored] == [
        (0, "alert", {"id": "a", "说明": "登录"}),
        (1_700_000_000, "alert", {"id": "b"}),
    ]


def test_writing_nothing_makes_no_call(sls: LocalSls) -> None:
    put_all(sls)
    assert sls.calls == []


def test_batches_are_cut_by_number(sls: LocalSls) -> None:
    put_all(sls, *((1, {"id": str(number)}) for number in range(5000)))
    assert stored_ids(sls) == [str(n) for n in range(5000)]
    assert sls.calls == ["PutLogs"] * 2


def test_batches_are_cut_by_bytes_not_characters(sls: LocalSls) -> None:
    megabyte = "登" * 350_000
    put_all(sls, *((1, {"text": megabyte}) for _ in range(5)))
    assert len(sls.records(PROJECT, LOGSTORE)) == 5
    assert sls.calls == ["PutLogs"] * 3


def test_a_record_bigger_than_a_batch_goes_alone(sls: LocalSls) -> None:
    put_all(sls, (1, {"id": "a"}), (1, {"id": "x" * (BATCH_BYTES + 1)}), (1, {"id": "b"}))
    assert [len(record.contents["id"]) for record in sls.records(PROJECT, LOGSTORE)] == [
        1,
        BATCH_BYTES + 1,
        1,
    ]
    assert sls.calls == ["PutLogs"] * 3


def test_records_are_taken_from_a_generator_batch_by_batch(sls: LocalSls) -> None:
    seen_by_then: list[int] = []

    def alerts() -> Iterator[tuple[int, dict[str, str]]]:
        for number in range(4098):
            seen_by_then.append(len(sls.calls))
            yield (1, {"id": str(number)})

    put(sls.endpoint, PROJECT, LOGSTORE, "alert", alerts(), sls.credentials)
    assert seen_by_then[-1] == 1


def test_half_a_character_pair_does_not_stop_the_batch(sls: LocalSls) -> None:
    put_all(sls, (1, {"id": "\ud83d"}), (1, {"id": "b"}))
    assert stored_ids(sls) == ["?", "b"]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER_ERROR, Fault.DOWN])
def test_a_write_that_was_not_taken_is_repeated(sls: LocalSls, fault: Fault) -> None:
    sls.inject(fault, times=2, on="PutLogs")
    put_all(sls, (1, {"id": "a"}))
    assert stored_ids(sls) == ["a"]


def test_a_write_whose_reply_was_lost_is_doubled_rather_than_lost(sls: LocalSls) -> None:
    sls.inject(Fault.REPLY_LOST, on="PutLogs")
    put_all(sls, (1, {"id": "a"}))
    assert stored_ids(sls) == ["a", "a"]


def test_a_write_that_is_never_taken_ends_with_the_deadline(sls: LocalSls) -> None:
    sls.inject(Fault.THROTTLED, times=None)
    started = time.monotonic()
    with pytest.raises(SlsError, match="WriteQuotaExceed"):
        put_all(sls, (1, {"id": "a"}), seconds=1.0)
    assert time.monotonic() - started < 3
