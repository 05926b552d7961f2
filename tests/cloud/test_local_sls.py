"""The real SDK against the local Log Service: what the other tests stand on is itself true to the wire."""

from __future__ import annotations

from typing import Any

import pytest
from aliyun.log import LogClient, LogException, LogItem, PutLogsRequest
from aliyun.log.auth import AUTH_VERSION_1, AUTH_VERSION_4

from tests.cloud.sls import Fault, LocalSls

PROJECT, LOGSTORE = "trail", "actiontrail_main"


@pytest.fixture
def sls(local_sls: LocalSls) -> LocalSls:
    local_sls.create(PROJECT, LOGSTORE, shards=2)
    return local_sls


def client(sls: LocalSls, version: str = AUTH_VERSION_1, secret: str = "", token: str = "") -> LogClient:
    key = sls.credentials
    return LogClient(
        sls.endpoint,
        key.access_key_id,
        secret or key.access_key_secret,
        token or key.security_token,
        source="test",
        auth_version=version,
        region="cn-shanghai",
    )


def put(log: LogClient, *values: str) -> None:
    items = [LogItem(timestamp=1_700_000_000, contents=[("event", value)]) for value in values]
    log.put_logs(PutLogsRequest(PROJECT, LOGSTORE, "audit", "10.0.0.1", items))


def pulled(log: LogClient, sls: LocalSls, **options: Any) -> list[str]:
    page = log.pull_logs(PROJECT, LOGSTORE, 0, sls.cursor(PROJECT, LOGSTORE, moment="begin"), **options)
    return [record["event"] for record in page.get_flatten_logs_json(decode_bytes=True)]


@pytest.mark.parametrize("version", [AUTH_VERSION_1, AUTH_VERSION_4])
def test_both_signature_versions_write_and_read(sls: LocalSls, version: str) -> None:
    log = client(sls, version)
    put(log, "one", "two")
    assert pulled(log, sls) == ["one", "two"]
    assert [(record.time, record.topic, record.source) for record in sls.records(PROJECT, LOGSTORE)] == [
        (1_700_000_000, "audit", "10.0.0.1")
    ] * 2


@pytest.mark.parametrize("version", [AUTH_VERSION_1, AUTH_VERSION_4])
def test_a_wrong_secret_is_refused_and_writes_nothing(sls: LocalSls, version: str) -> None:
    with pytest.raises(LogException) as refused:
        put(client(sls, version, secret="guessed"), "forged")
    assert refused.value.get_error_code() == "SignatureNotMatch"
    assert sls.records(PROJECT, LOGSTORE) == []


@pytest.mark.parametrize("version", [AUTH_VERSION_1, AUTH_VERSION_4])
def test_a_stale_security_token_is_refused(sls: LocalSls, version: str) -> None:
    with pytest.raises(LogException) as refused:
        put(client(sls, version, token="of-yesterday"), "late")
    assert refused.value.get_error_code() == "SecurityTokenInvalid"


@pytest.mark.parametrize("codec", [{}, {"accept_compress_type": "deflate"}, {"compress": False}])
def test_a_page_is_readable_in_every_codec(sls: LocalSls, codec: dict[str, Any]) -> None:
    sls.append(PROJECT, LOGSTORE, [(1, {"event": "登录 " * 500})])
    assert pulled(client(sls), sls, **codec) == ["登录 " * 500]


def test_an_empty_page_keeps_the_cursor(sls: LocalSls) -> None:
    cursor = sls.cursor(PROJECT, LOGSTORE)
    page = client(sls).pull_logs(PROJECT, LOGSTORE, 0, cursor)
    assert (page.get_loggroup_count(), page.get_next_cursor()) == (0, cursor)


def test_count_and_end_cursor_bound_a_page(sls: LocalSls) -> None:
    for number in range(5):
        sls.append(PROJECT, LOGSTORE, [(1, {"event": str(number)})])
    log = client(sls)
    assert pulled(log, sls, count=2) == ["0", "1"]
    end = sls.cursor(PROJECT, LOGSTORE)
    sls.append(PROJECT, LOGSTORE, [(1, {"event": "late"})])
    assert pulled(log, sls, end_cursor=end) == ["0", "1", "2", "3", "4"]


def test_cursors_are_found_by_time_and_tell_their_time(sls: LocalSls) -> None:
    sls.append(PROJECT, LOGSTORE, [(1, {"event": "one"})])
    log = client(sls)
    begin = log.get_cursor(PROJECT, LOGSTORE, 0, "begin").get_cursor()
    received = log.get_cursor_time(PROJECT, LOGSTORE, 0, begin).get_cursor_time()
    assert log.get_cursor(PROJECT, LOGSTORE, 0, received).get_cursor() == begin
    assert log.get_cursor(PROJECT, LOGSTORE, 0, received + 60).get_cursor() == sls.cursor(PROJECT, LOGSTORE)


def test_logs_are_searched_by_time_and_word(sls: LocalSls) -> None:
    sls.append(PROJECT, LOGSTORE, [(10, {"event": "signed in"}), (20, {"event": "signed out"})])
    log = client(sls)
    found = log.get_log(PROJECT, LOGSTORE, 0, 30, query="out").get_logs()
    assert [row.get_contents()["event"] for row in found] == ["signed out"]
    assert log.get_log(PROJECT, LOGSTORE, 0, 20).get_count() == 1


def test_logstores_and_shards_are_listed(sls: LocalSls) -> None:
    log = client(sls)
    assert log.list_logstore(PROJECT).get_logstores() == [LOGSTORE]
    assert [shard["shardID"] for shard in log.list_shards(PROJECT, LOGSTORE).get_shards_info()] == [0, 1]


@pytest.mark.parametrize(
    ("project", "logstore", "shard", "code"),
    [
        ("elsewhere", LOGSTORE, 0, "ProjectNotExist"),
        (PROJECT, "elsewhere", 0, "LogStoreNotExist"),
        (PROJECT, LOGSTORE, 7, "ShardNotExist"),
    ],
)
def test_what_does_not_exist_is_named(
    sls: LocalSls, project: str, logstore: str, shard: int, code: str
) -> None:
    with pytest.raises(LogException) as refused:
        client(sls).get_cursor(project, logstore, shard, "begin")
    assert refused.value.get_error_code() == code


def test_a_malformed_cursor_is_refused(sls: LocalSls) -> None:
    with pytest.raises(LogException) as refused:
        client(sls).pull_logs(PROJECT, LOGSTORE, 0, "not a cursor")
    assert refused.value.get_error_code() == "InvalidCursor"


def test_writes_are_spread_over_the_shards(sls: LocalSls) -> None:
    log = client(sls)
    put(log, "one")
    put(log, "two")
    assert [sls.position(PROJECT, LOGSTORE, shard) for shard in range(2)] == [1, 1]


def test_a_fault_hits_only_the_calls_it_was_ordered_for(sls: LocalSls) -> None:
    sls.inject(Fault.THROTTLED, times=1, on="PutLogs")
    log = client(sls)
    assert pulled(log, sls) == []
    with pytest.raises(LogException) as refused:
        put(log, "one")
    assert refused.value.get_error_code() == "WriteQuotaExceed"
    put(log, "one")
    assert sls.calls == ["PullLogs", "PutLogs", "PutLogs"]


def test_a_lost_reply_leaves_the_write_in_place_so_that_a_repeat_doubles_it(sls: LocalSls) -> None:
    sls.inject(Fault.REPLY_LOST, on="PutLogs")
    put(client(sls), "one")  # the SDK repeats it of its own accord
    assert [record.contents["event"] for record in sls.records(PROJECT, LOGSTORE)] == ["one", "one"]
