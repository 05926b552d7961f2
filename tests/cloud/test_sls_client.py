"""Reading shards through the real SDK, from a Log Service that fails in every way it can."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback

import pytest

from shared.cloud.credentials import Credentials
from shared.cloud.sls import Record, ShardRange, SlsError, pull
from tests.cloud.sls import Fault, LocalSls

PROJECT, LOGSTORE = "trail", "actiontrail_main"


@pytest.fixture
def sls(local_sls: LocalSls) -> LocalSls:
    local_sls.create(PROJECT, LOGSTORE)
    return local_sls


def fill(sls: LocalSls, groups: int) -> list[str]:
    events = [f"event {number}" for number in range(groups)]
    for event in events:
        sls.append(PROJECT, LOGSTORE, [(1_700_000_000, {"event": event})])
    return events


def whole(sls: LocalSls) -> ShardRange:
    ends = (sls.cursor(PROJECT, LOGSTORE, moment=moment) for moment in ("begin", "end"))
    return ShardRange(sls.endpoint, PROJECT, LOGSTORE, 0, *ends)


def pull_all(sls: LocalSls, seconds: float = 5.0, credentials: Credentials | None = None) -> list[Record]:
    return list(pull(whole(sls), credentials or sls.credentials, time.monotonic() + seconds))


def events(records: list[Record]) -> list[str]:
    return [record.contents["event"] for record in records]


# Reading


def test_a_record_keeps_everything_it_was_stored_with(sls: LocalSls) -> None:
    begin = sls.cursor(PROJECT, LOGSTORE)
    sls.append(
        PROJECT,
        LOGSTORE,
        [(1_700_000_000, {"event": "{}", "名": "值"})],
        topic="actiontrail_audit_event",
        source="actiontrail_internal",
        tags={"__pack_id__": "7"},
    )
    assert pull_all(sls) == [
        Record(
            time=1_700_000_000,
            topic="actiontrail_audit_event",
            source="actiontrail_internal",
            contents={"event": "{}", "名": "值"},
            tags={"__pack_id__": "7"},
            origin=f"trail/actiontrail_main/0@{begin}",
        )
    ]


def test_a_backlog_of_several_pages_comes_whole_and_in_order(sls: LocalSls) -> None:
    stored = fill(sls, 2500)
    assert events(pull_all(sls)) == stored
    assert sls.calls == ["PullLogs"] * 3


def test_a_page_is_fetched_only_when_it_is_wanted(sls: LocalSls) -> None:
    fill(sls, 2500)
    records = pull(whole(sls), sls.credentials)
    next(records)
    assert sls.calls == ["PullLogs"]


def test_records_after_the_end_cursor_are_left_for_the_next_trigger(sls: LocalSls) -> None:
    stored = fill(sls, 3)
    taken = whole(sls)
    fill(sls, 2)
    assert events(list(pull(taken, sls.credentials))) == stored


def test_an_empty_range_needs_no_call(sls: LocalSls) -> None:
    assert pull_all(sls) == []
    assert sls.calls == []


def test_a_range_that_holds_nothing_any_more_ends(sls: LocalSls) -> None:
    fill(sls, 1)
    beyond = ShardRange(
        sls.endpoint, PROJECT, LOGSTORE, 0, sls.cursor(PROJECT, LOGSTORE), "OTk="
    )  # positions 1 to 99
    assert list(pull(beyond, sls.credentials)) == []
    assert sls.calls == ["PullLogs"]


def test_a_value_that_is_no_utf8_is_readable_and_spares_its_neighbours(sls: LocalSls) -> None:
    sls.append(PROJECT, LOGSTORE, [(1, {"event": b"caf\xe9"}), (2, {"event": "登录"})])
    assert events(pull_all(sls)) == ["caf\ufffd", "登录"]


def test_a_big_record_comes_whole(sls: LocalSls) -> None:
    big = "登录" * 500_000  # 3 MB
    sls.append(PROJECT, LOGSTORE, [(1, {"event": big})])
    assert events(pull_all(sls)) == [big]


# Failing to read

PASSING = [
    Fault.THROTTLED,
    Fault.SERVER_ERROR,
    Fault.GATEWAY_ERROR,
    Fault.DOWN,
    Fault.TRUNCATED,
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_failure_is_waited_out(sls: LocalSls, fault: Fault) -> None:
    stored = fill(sls, 2)
    sls.inject(fault, times=2)
    assert events(pull_all(sls)) == stored
    assert sls.calls == ["PullLogs"] * 3


def test_throttling_in_the_middle_neither_loses_nor_doubles(sls: LocalSls) -> None:
    stored = fill(sls, 2500)
    records = pull(whole(sls), sls.credentials)
    first = next(records)
    sls.inject(Fault.THROTTLED, times=2)
    assert events([first, *records]) == stored


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.THROTTLED, "ReadQuotaExceed"),
        (Fault.SERVER_ERROR, "InternalServerError"),
        (Fault.GATEWAY_ERROR, "BadResponse"),
        (Fault.DOWN, "LogRequestError"),
        (Fault.SLOW, "LogRequestError"),
    ],
)
def test_a_lasting_failure_ends_with_the_deadline(sls: LocalSls, fault: Fault, code: str) -> None:
    fill(sls, 1)
    sls.inject(fault, times=None, seconds=60)
    started = time.monotonic()
    with pytest.raises(SlsError) as error:
        pull_all(sls, seconds=1.0)
    assert error.value.code == code
    assert time.monotonic() - started < 3


def test_a_host_that_refuses_connections_ends_with_the_deadline(
    sls: LocalSls, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sls, 1)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    started = time.monotonic()
    with pytest.raises(SlsError, match="LogRequestError"):
        pull_all(sls, seconds=1.0)
    assert time.monotonic() - started < 3


def test_no_call_is_made_after_the_deadline(sls: LocalSls) -> None:
    fill(sls, 1)
    with pytest.raises(SlsError, match="DeadlineExceeded"):
        pull_all(sls, seconds=-1.0)
    assert sls.calls == []


def test_a_missing_permission_fails_at_once_and_says_so(sls: LocalSls) -> None:
    fill(sls, 1)
    sls.inject(Fault.UNAUTHORIZED, times=None)
    with pytest.raises(SlsError, match=r"Unauthorized: denied by sts or ram, action: log:GetCursorOrData"):
        pull_all(sls)
    assert sls.calls == ["PullLogs"]


@pytest.mark.parametrize(
    ("project", "logstore", "code"),
    [("elsewhere", LOGSTORE, "ProjectNotExist"), (PROJECT, "elsewhere", "LogStoreNotExist")],
)
def test_what_does_not_exist_fails_at_once(sls: LocalSls, project: str, logstore: str, code: str) -> None:
    with pytest.raises(SlsError, match=f"{code}: .*elsewhere"):
        list(pull(ShardRange(sls.endpoint, project, logstore, 0, "MA==", "MQ=="), sls.credentials))
    assert sls.calls == ["PullLogs"]


@pytest.mark.parametrize("fault", [Fault.CORRUPT, Fault.WRONG_COUNT])
def test_nothing_of_a_page_that_lies_is_delivered(sls: LocalSls, fault: Fault) -> None:
    stored = fill(sls, 1500)
    records = pull(whole(sls), sls.credentials)
    delivered = [next(records)]
    sls.inject(fault, times=None)
    with pytest.raises(SlsError, match="BadResponse: trail/actiontrail_main/0@"):
        delivered.extend(records)
    assert events(delivered) == stored[:1000]


# Secrets, and the cost of importing


def test_no_error_shows_a_key_even_when_log_service_quotes_the_signed_text(sls: LocalSls) -> None:
    fill(sls, 1)
    wrong = Credentials(sls.credentials.access_key_id, "guessed-secret", sls.credentials.security_token)
    with pytest.raises(SlsError, match="SignatureNotMatch") as error:
        pull_all(sls, credentials=wrong)
    shown = "".join(traceback.format_exception(error.value))
    for secret in (wrong.access_key_id, wrong.access_key_secret, wrong.security_token):
        assert secret not in shown
    assert "***" in error.value.message


def test_an_unknown_access_key_id_is_not_repeated_in_the_error(sls: LocalSls) -> None:
    fill(sls, 1)
    unknown = Credentials("STS.Unknown", "secret", sls.credentials.security_token)
    with pytest.raises(SlsError, match=r"Unauthorized: AccessKeyId not found: \*\*\*"):
        pull_all(sls, credentials=unknown)


def test_importing_the_module_loads_no_sdk() -> None:
    program = "import sys, shared.cloud.sls; print({'aliyun', 'requests'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
