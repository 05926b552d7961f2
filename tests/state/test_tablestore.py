"""What is Tablestore's own: requests counted, every kind of fault, keys that rotate, no numpy."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shared.cloud.credentials import Credentials, CredentialsError
from shared.state.contract import MAX_VALUE_BYTES
from shared.state.store import Stored, StoreUnavailable, Write
from shared.state.tablestore import TablestoreStore, connect
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.tablestore import INSTANCE, Fault, RefusalError

TABLE = "state"
BUSY = RefusalError(503, "OTSServerBusy", "Server is busy.")
CALLS: dict[str, Callable[[TablestoreStore], object]] = {
    "load": lambda store: store.load(["a"]),
    "save": lambda store: store.save([Write("a", b"x", 0)]),
    "scan": lambda store: list(store.scan("")),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture
def store(cloud) -> TablestoreStore:
    return cloud.open()


@contextmanager
def unavailable(reason: str, within: float) -> Iterator[None]:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=reason) as caught:
        yield
    assert time.monotonic() - began < within
    assert "local-secret" not in str(caught.value)


def test_fifty_keys_are_loaded_and_saved_in_two_requests(cloud, store) -> None:
    names = [f"key-{number}" for number in range(50)]
    loaded = store.load(names)
    assert store.save([Write(name, b"x" * 400, loaded[name].version) for name in names]) == set()
    assert cloud.server.requests == ["BatchGetRow", "BatchWriteRow"]


def test_a_request_reads_100_keys_and_writes_200(cloud, store) -> None:
    names = [f"key-{number}" for number in range(450)]
    store.save([Write(name, b"x", 0) for name in names])
    store.load(names)
    assert cloud.server.requests == ["BatchWriteRow"] * 3 + ["BatchGetRow"] * 5


def test_large_values_are_spread_over_requests_that_tablestore_takes(cloud, store) -> None:
    large = b"v" * MAX_VALUE_BYTES
    assert store.save([Write(key, large, 0) for key in "abc"]) == set()
    assert cloud.server.requests == ["BatchWriteRow"] * 3
    assert store.load(["c"])["c"].value == large


def test_nothing_to_do_sends_nothing(cloud, store) -> None:
    store.load([])
    store.save([])
    list(store.scan("", limit=0))
    assert cloud.server.requests == []


def test_a_scan_goes_on_where_tablestore_stopped_looking(cloud, store, clock) -> None:
    store.save([Write(f"k{number:02}", b"x", 0, clock.after(1 + number % 3 * 60)) for number in range(20)])
    clock.pass_by(1)
    cloud.server.tables.scanned = 3
    cloud.server.requests.clear()
    assert [key for key, _ in store.scan("k")] == [f"k{number:02}" for number in range(20) if number % 3]
    assert len(cloud.server.requests) == 7
    assert len(list(store.scan("k", limit=4))) == 4


def test_a_row_that_expires_while_the_scan_goes_on_is_left_out(cloud, store, clock) -> None:
    ends = {"a": 60, "b": 5, "c": 60}
    store.save([Write(key, b"x", 0, clock.after(seconds)) for key, seconds in ends.items()])
    scan = store.scan("")
    first, _ = next(scan)
    clock.pass_by(5)
    assert [first, *(key for key, _ in scan)] == ["a", "c"]


def test_a_row_that_time_to_live_has_emptied_counts_as_absent(cloud, store) -> None:
    cloud.server.tables.named(TABLE).rows[("a",)] = {}
    assert store.load(["a"]) == {"a": Stored(None, 0)}
    assert list(store.scan("")) == []
    assert store.save([Write("a", b"stale", 5)]) == {"a"}
    assert store.save([Write("a", b"new", 0)]) == set()


@every_call
def test_a_server_that_is_down_is_reported_and_found_again_when_it_is_back(cloud, store, call) -> None:
    call(store)
    cloud.server.stop()
    with unavailable("state.*(refused|Connection)", within=2):
        call(store)
    cloud.server.start()
    call(store)


@every_call
def test_a_server_that_does_not_answer_is_given_three_seconds(cloud, store, call) -> None:
    cloud.server.fault = Fault(seconds=30, times=1)
    with unavailable("Read timed out", within=4.5):
        call(store)
    call(store)


def test_an_address_that_does_not_answer_is_given_four_seconds(clock) -> None:
    nowhere = "http://192.0.2.1:80"  # TEST-NET-1: routed to nobody
    store = connect(nowhere, INSTANCE, TABLE, lambda: Credentials("id", "secret"), clock)
    with unavailable(TABLE, within=6):
        store.load(["a"])


@every_call
def test_a_server_that_is_busy_for_a_moment_is_asked_again(cloud, store, call) -> None:
    cloud.server.fault = Fault(refusal=BUSY, times=2)
    call(store)
    assert len(cloud.server.requests) == 3


@every_call
@pytest.mark.parametrize(
    "refusal",
    [
        BUSY,
        RefusalError(403, "OTSNotEnoughCapacityUnit", "Remaining capacity unit is not enough."),
        RefusalError(403, "OTSQuotaExhausted", "The quota is exhausted."),
    ],
    ids=lambda refusal: refusal.code,
)
def test_a_server_that_throttles_for_ever_is_reported_soon(cloud, store, call, refusal) -> None:
    cloud.server.fault = Fault(refusal=refusal)
    with unavailable(refusal.code, within=2):
        call(store)
    assert len(cloud.server.requests) <= 3
    cloud.server.fault = Fault(times=0)
    call(store)


@pytest.mark.parametrize("name", ["load", "save"])
def test_rows_that_are_throttled_for_a_moment_are_sent_again(cloud, store, name: str) -> None:
    cloud.server.fault = Fault(row_code="OTSServerBusy", times=2)
    CALLS[name](store)
    assert len(cloud.server.requests) == 3


@pytest.mark.parametrize("name", ["load", "save"])
def test_rows_that_are_throttled_for_ever_are_reported_soon(cloud, store, name: str) -> None:
    cloud.server.fault = Fault(row_code="OTSRowOperationConflict")
    with unavailable("1 rows are still refused after 2 retries", within=2):
        CALLS[name](store)


@pytest.mark.parametrize("name", ["load", "save"])
def test_rows_that_fail_for_good_are_reported_at_once(cloud, store, name: str) -> None:
    cloud.server.fault = Fault(row_code="OTSInvalidPK")
    with unavailable("OTSInvalidPK: as the test ordered", within=2):
        CALLS[name](store)
    assert len(cloud.server.requests) == 1


def test_only_the_throttled_rows_of_a_batch_are_sent_again(cloud, store, monkeypatch) -> None:
    table, write = cloud.server.tables.named(TABLE), cloud.server.tables.named(TABLE).write
    written: list[bytes] = []

    def busy_at_first(kind: int, change: bytes, condition: object) -> None:
        written.append(change)
        if len(written) == 2:
            raise BUSY
        write(kind, change, condition)

    monkeypatch.setattr(table, "write", busy_at_first)
    store.save([Write("taken", b"x", 0)])
    assert store.save([Write(key, b"x", 0) for key in ("busy", "taken", "free")]) == {"taken"}
    assert len(written) == 5
    assert {key for key, _ in store.scan("")} == {"busy", "free", "taken"}


def test_conflicts_for_ever_are_losses_and_no_failure(cloud, store) -> None:
    cloud.server.fault = Fault(row_code="OTSConditionCheckFail")
    assert store.save([Write("a", b"x", 0), Write("b", b"x", 0)]) == {"a", "b"}
    assert len(cloud.server.requests) == 1


@pytest.mark.parametrize("code", ["OTSTimeout", "OTSInternalServerError"])
def test_a_write_whose_outcome_is_unknown_is_not_repeated_but_a_read_is(cloud, store, code: str) -> None:
    cloud.server.fault = Fault(refusal=RefusalError(503, code, "unknown"), times=1)
    with unavailable(code, within=2):
        store.save([Write("a", b"x", 0)])
    cloud.server.fault = Fault(refusal=RefusalError(503, code, "unknown"), times=1)
    store.load(["a"])
    assert cloud.server.requests == ["BatchWriteRow", "BatchGetRow", "BatchGetRow"]


def test_a_lost_reply_to_a_write_is_reported_though_the_write_was_applied(cloud, store) -> None:
    cloud.server.fault = Fault(hang_up="after", times=1)
    with unavailable("Connection", within=2):
        store.save([Write("a", b"x", 0)])
    assert cloud.server.requests == ["BatchWriteRow"]
    assert store.load(["a"])["a"].value == b"x"


@pytest.mark.parametrize("name", ["load", "scan"])
def test_a_read_on_a_dead_connection_is_sent_again_once(cloud, store, name: str) -> None:
    CALLS[name](store)
    cloud.server.fault = Fault(hang_up="before", times=1)
    CALLS[name](store)
    cloud.server.fault = Fault(hang_up="before")
    with unavailable("Connection", within=2):
        CALLS[name](store)


@every_call
@pytest.mark.parametrize("body", [b"\xff\xfe\xfd", b"<html>captive portal</html>", b"\x0a\x07\x0a\x05state"])
def test_a_reply_that_makes_no_sense_is_reported(cloud, store, call, body: bytes) -> None:
    cloud.server.fault = Fault(body=body)
    with unavailable(TABLE, within=2):
        call(store)
    cloud.server.fault = Fault(times=0)
    call(store)


@pytest.mark.parametrize("name", ["load", "save"])
def test_a_reply_that_says_nothing_about_the_rows_is_reported(cloud, store, name: str) -> None:
    cloud.server.fault = Fault(body=b"")
    with unavailable(TABLE, within=2):
        CALLS[name](store)


@every_call
def test_a_reply_with_a_wrong_signature_is_not_believed(cloud, store, call) -> None:
    cloud.server.fault = Fault(unsigned=True)
    with unavailable("Invalid signature in response", within=2):
        call(store)


@pytest.mark.parametrize(
    "columns",
    [
        {"value": b"x", "version": 1},
        {"value": "text", "version": 1, "expires": 2**40},
        {"value": b"x", "version": "1", "expires": 2**40},
        {"value": b"x", "version": 1.5, "expires": 2**40},
        {"else": 1},
    ],
    ids=str,
)
def test_a_row_of_something_else_is_named(cloud, store, columns: dict[str, object]) -> None:
    cloud.server.tables.named(TABLE).rows[("theirs",)] = columns
    with unavailable("row 'theirs' is not of this store", within=2):
        store.load(["mine", "theirs"])


def test_a_scan_that_does_not_move_on_is_ended(cloud, store, monkeypatch) -> None:
    table = cloud.server.tables.named(TABLE)
    table.rows[("a",)] = {}
    monkeypatch.setattr(table, "range", lambda request, scanned: (b"", table._encode([(("a",), {})])))
    with unavailable("GetRange doesn't move on from 'a'", within=2):
        list(store.scan("a"))


def test_a_table_that_does_not_exist_is_named(cloud, clock) -> None:
    store = connect(cloud.server.endpoint, INSTANCE, "missing", lambda: cloud.keys, clock)
    with unavailable("'missing'.*OTSObjectNotExist", within=2):
        store.load(["a"])


def test_an_endpoint_that_is_no_url_is_named() -> None:
    with pytest.raises(StoreUnavailable, match=r"'ots\.example': protocol"):
        connect("ots.example", INSTANCE, TABLE, lambda: Credentials("id", "secret"))


def test_keys_are_asked_for_at_every_request_so_that_they_may_rotate(cloud, store) -> None:
    store.save([Write("a", b"x", 0)])
    cloud.server.credentials = (Credentials("STS.new", "new-secret", "new-token"),)
    with unavailable("OTSAuthFailed", within=2):
        store.load(["a"])
    cloud.keys = Credentials("STS.new", "new-secret", "new-token")
    assert store.load(["a"])["a"].value == b"x"


def test_no_keys_at_all_is_said_so(cloud, clock) -> None:
    def none() -> Credentials:
        raise CredentialsError("no credentials: context.credentials is empty")

    store = connect(cloud.server.endpoint, INSTANCE, TABLE, none, clock)
    with unavailable("context.credentials is empty", within=2):
        store.load(["a"])


def test_no_secret_is_told_in_an_error_or_a_log(cloud, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    store = cloud.open()
    cloud.keys = Credentials("local-id", "the-secret", "the-token\nwith a line break")
    for call in CALLS.values():
        with pytest.raises(StoreUnavailable) as caught:
            call(store)
        logging.getLogger("test").error("state", exc_info=caught.value)
    assert "StoreUnavailable" in caplog.text
    assert "the-secret" not in caplog.text
    assert "the-token" not in caplog.text


def test_a_table_is_made_once(cloud) -> None:
    client = open_client(cloud.server.endpoint, INSTANCE, lambda: cloud.keys)
    with pytest.raises(Exception, match="OTSObjectAlreadyExist"):
        create_table(client, TABLE)


WITHOUT_NUMPY = """
import sys
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: find_spec(name, *rest) if name != "numpy" else None

from shared.cloud.credentials import Credentials
from shared.state.store import Write
from shared.state.tablestore import connect

store = connect(sys.argv[1], "local", "state", lambda: Credentials("local-id", "local-secret"))
assert store.save([Write("a", b"x", 0)]) == set()
assert store.save([Write("a", b"y", 0)]) == {"a"}
print([(key, stored.value) for key, stored in store.scan("")], "numpy" in sys.modules)
"""


def test_all_of_it_works_where_numpy_is_not_installed(cloud) -> None:
    script = [sys.executable, "-c", WITHOUT_NUMPY, cloud.server.endpoint]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[('a', b'x')] False\n", done.stderr


def test_the_sdk_is_imported_only_with_the_module_that_needs_it() -> None:
    code = "import sys, shared.state.store, shared.state.sqlite; print('tablestore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr
