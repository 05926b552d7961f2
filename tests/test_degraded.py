"""The store is down, slow, throttled, contested or lying: rules without memory alert, nothing is lost, and
what waited is judged as if nothing had been."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from functions import actiontrail
from shared import wiring
from shared.alerting.outbox import DeferredEvent, SqliteOutbox
from shared.cli.store import memory_beside
from shared.cli.watch import Watcher
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.detection.load import load_rule
from shared.detection.rule import Rule
from shared.events.dated import dated
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from shared.state.sqlite import SqliteStore
from shared.state.store import StateStore, Stored, StoreUnavailable, Write
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.sls import Fault as SlsFault
from tests.cloud.sls import LocalSls
from tests.cloud.tablestore import INSTANCE, Fault, RefusalError, TablestoreServer
from tests.cloud.trigger import TriggerRunner, fire_timer
from tests.detection.deliveries import Delivery, Plan
from tests.judging import rule_text

PROJECT, TRAIL, ALERTS, WAITING = (
    "trailguard",
    "actiontrail_audit",
    "trailguard-alerts",
    "trailguard-deferred",
)
NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)

COUNTING_ID = "00000000-0000-4000-8000-000000000002"
STOPPED = {"detection": {"s": {"eventName": "StopLogging"}, "condition": "s"}}
GUESSED = {
    "detection": {"s": {"eventName": "ConsoleSignin"}, "condition": "s"},
    "state": {"event_count": {"by": ["userIdentity.userName"], "within": "10m", "gte": 4}},
}
GONE = {
    "logsource": {"product": "trailguard", "service": "heartbeat"},
    "detection": {"s": {"kind": "delivered"}, "condition": "s"},
    "state": {"absent": {"by": ["function"], "every": "10m"}},
}


def rule_file(name: str, number: int, **blocks: Any) -> str:
    texts = {"summary": name, "runbook": "runbooks/x.md"}
    return rule_text(title=name, id=f"00000000-0000-4000-8000-00000000000{number}", alert=texts, **blocks)


def event(number: int, second: int, name: str = "ConsoleSignin", user: str = "alice") -> dict[str, Any]:
    return {
        "eventId": f"event-{number}",
        "eventName": name,
        "eventTime": f"{NOON + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}",
        "userIdentity": {"type": "ram-user", "userName": user, "accountId": "1234567890123456"},
    }


SIGN_INS = [event(number, 20 * number) for number in range(4)]
STOP = event(9, 90, "StopLogging")
LATER = event(10, 7200, user="bob")


@dataclass
class Deployed:
    """The detector's function with its three logstores and its Tablestore."""

    sls: LocalSls
    store: TablestoreServer

    def __post_init__(self) -> None:
        self.trail = TriggerRunner(self.sls, actiontrail.handler, PROJECT, TRAIL)
        self.waiting = TriggerRunner(self.sls, actiontrail.handler, PROJECT, WAITING)

    def deliver(self, *events: dict[str, Any]) -> None:
        """The trail delivers; its trigger calls."""
        self.sls.append(PROJECT, TRAIL, [(int(time.time()), {"event": json.dumps(each)}) for each in events])
        self.trail.run_interval()

    def told(self, rule_name: str) -> list[str]:
        """The ids of the alerts of a rule, in the order in which they were written."""
        bodies = [r.contents["alert"] for r in self.sls.records(PROJECT, ALERTS) if "alert" in r.contents]
        return [alert["id"] for alert in map(json.loads, bodies) if alert["rule"] == rule_name]

    @property
    def held_back(self) -> int:
        return len(self.sls.records(PROJECT, WAITING))


@pytest.fixture
def deployed(local_sls: LocalSls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for logstore in (TRAIL, ALERTS, WAITING):
        local_sls.create(PROJECT, logstore)
    with TablestoreServer(LocalSls.credentials) as store:
        keys = LocalSls.credentials
        create_table(open_client(store.endpoint, INSTANCE, lambda: keys), "trailguard")
        for name, value in {
            "ALERTS_DIR": str(alerts_folder(tmp_path)),
            "SLS_PROJECT": PROJECT,
            "SLS_ENDPOINT": local_sls.endpoint,
            "TABLESTORE_ENDPOINT": store.endpoint,
            "TABLESTORE_INSTANCE": INSTANCE,
        }.items():
            monkeypatch.setenv(f"TRAILGUARD_{name}", value)
        wiring.load.cache_clear()
        yield Deployed(local_sls, store)
    wiring.load.cache_clear()


def alerts_folder(parent: Path) -> Path:
    """Three rules: one that judges each event by itself, one that counts, one that waits."""
    files = {
        "rules/stopped.yml": rule_file("stopped", 1, **STOPPED),
        "rules/guessed.yml": rule_file("guessed", 2, **GUESSED),
        "rules/gone.yml": rule_file("gone", 3, **GONE),
        "runbooks/x.md": "# x\n",
        "routes.yml": "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n",
    }
    for name, text in files.items():
        path = parent / "alerts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return parent / "alerts"


def healthy() -> set[str]:
    """What the counting rule tells where nothing goes wrong."""
    counting: Rule = load_rule(rule_file("guessed", 2, **GUESSED), "rules/guessed.yml", SOURCES.values(), {})
    events = [SOURCES["actiontrail"].read(dict(each), "", NOON) for each in SIGN_INS]
    return Delivery(counting, InMemoryStore(), Plan([events])).run(NOON)


BUSY = RefusalError(503, "OTSServerBusy", "Server is busy.")
FAULTS = {
    "hangs up": Fault(hang_up="before"),
    "loses its replies": Fault(hang_up="after"),
    "throttles": Fault(refusal=BUSY),
    "throttles row by row": Fault(row_code="OTSNotEnoughCapacityUnit"),
    "answers conflicts": Fault(row_code="OTSConditionCheckFail"),
    "refuses": Fault(refusal=RefusalError(403, "OTSNoPermissionAccess", "denied by ram")),
    "talks nonsense": Fault(body=b"\xff\x00 no message"),
    "is somebody else": Fault(unsigned=True),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_is_wrong_with_tablestore_nothing_is_lost(deployed: Deployed, fault: Fault) -> None:
    deployed.deliver(*SIGN_INS[:2])
    deployed.store.fault = fault
    deployed.deliver(SIGN_INS[2], STOP)
    deployed.deliver(SIGN_INS[3])
    assert len(deployed.told("stopped")) == 1
    assert len(set(deployed.told("memory-unavailable"))) == 1
    assert deployed.held_back == 2
    deployed.waiting.run_interval()  # still broken: they wait on
    deployed.store.fault = Fault(times=0)
    deployed.deliver(LATER)
    deployed.waiting.run_until_idle()
    assert set(deployed.told("guessed")) == healthy()
    assert deployed.trail.given_up == deployed.waiting.given_up == []


def test_tablestore_out_of_reach_for_hours_loses_nothing(deployed: Deployed) -> None:
    deployed.deliver(SIGN_INS[0])
    deployed.store.stop()
    for sign_in in SIGN_INS[1:]:
        deployed.deliver(sign_in)
    deployed.deliver(STOP)
    for _ in range(3):
        deployed.waiting.run_interval()
    assert len(deployed.told("stopped")) == 1
    assert deployed.told("guessed") == []
    deployed.store.start()
    deployed.waiting.run_until_idle()
    assert set(deployed.told("guessed")) == healthy()
    assert deployed.waiting.given_up == []


def test_a_slow_tablestore_holds_a_batch_up_for_seconds_only(deployed: Deployed) -> None:
    deployed.store.fault = Fault(seconds=60)
    started = time.monotonic()
    deployed.deliver(*SIGN_INS, STOP)
    assert time.monotonic() - started < 10
    assert len(deployed.told("stopped")) == 1
    deployed.store.fault = Fault(times=0)
    deployed.waiting.run_until_idle()
    assert set(deployed.told("guessed")) == healthy()


def test_where_waiting_events_cannot_be_written_either_the_batch_is_tried_again(deployed: Deployed) -> None:
    deployed.deliver(*SIGN_INS[:2])
    deployed.store.stop()
    deployed.sls.inject(SlsFault.SERVER_ERROR, times=None, on="PutLogs")

    def handler(payload: bytes, context: FunctionContext) -> str:
        try:
            return actiontrail.handler(payload, context)
        except Exception:
            deployed.sls.mend()  # by the time of the next try
            raise

    deployed.trail.handler = handler
    deployed.trail.context = FunctionContext(function=Function(timeout=7))  # it writes for two seconds
    deployed.deliver(*SIGN_INS[2:])
    assert deployed.trail.given_up == []
    assert deployed.held_back == 2
    deployed.store.start()
    deployed.waiting.run_until_idle()
    assert set(deployed.told("guessed")) == healthy()


def test_waiting_events_that_come_twice_count_once(deployed: Deployed) -> None:
    deployed.store.stop()
    deployed.deliver(*SIGN_INS[:3])
    deployed.trail.duplicate = True
    deployed.deliver(*SIGN_INS[:3])
    deployed.store.start()
    deployed.waiting.duplicate = True
    deployed.waiting.run_until_idle()
    assert deployed.told("guessed") == []


def test_a_waiting_event_that_cannot_be_read_is_set_aside_and_holds_nobody_up(deployed: Deployed) -> None:
    now = int(time.time())
    spoiled = [
        {"source": "nobody"},
        {"x": "y"},
        {"source": "actiontrail", "origin": "", "received": "", "fields": "{"},
    ]
    deployed.sls.append(PROJECT, WAITING, [(now, each) for each in spoiled], topic="trailguard_deferred")
    deployed.store.stop()
    deployed.deliver(*SIGN_INS)
    deployed.store.start()
    deployed.waiting.run_until_idle()
    assert deployed.waiting.given_up == []
    assert set(deployed.told("guessed")) == healthy()
    assert len(deployed.told("unreadable-records")) >= 1


def test_a_spoiled_row_is_told_and_begun_anew(deployed: Deployed) -> None:
    deployed.deliver(*SIGN_INS[:3])
    rows = deployed.store.tables.by_name["trailguard"].rows
    ((_, row),) = [(key, row) for key, row in rows.items() if key[0].startswith(f"rule/{COUNTING_ID}/")]
    row["value"] = b"\xffno memory of ours"
    deployed.deliver(SIGN_INS[3])
    assert len(deployed.told("memory-corrupt")) == 1
    assert deployed.told("guessed") == []
    assert deployed.held_back == 0


class Contested:
    """A store whose keys somebody else changes just before each save, so long as `contested`."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self.contested = True

    def load(self, keys: Iterable[str]) -> dict[str, Stored]:
        return self._store.load(keys)

    def save(self, writes: Iterable[Write]) -> set[str]:
        batch = list(writes)
        if self.contested:
            found = self._store.load([write.key for write in batch])
            self._store.save([Write(k, s.value or b"{}", s.version) for k, s in found.items()])
        return self._store.save(batch)

    def scan(self, prefix: str, limit: int = 1000) -> Iterator[tuple[str, Stored]]:
        return self._store.scan(prefix, limit)


def test_conflicts_for_ever_end_after_a_few_tries_and_the_events_wait(tmp_path: Path) -> None:
    store = Contested(SqliteStore(tmp_path / "memory.sqlite"))
    outbox = SqliteOutbox(":memory:")
    detector = Detector(Engine(load_alerts(alerts_folder(tmp_path)).rules, SOURCES.values()), store)
    for each in [*SIGN_INS[:2], STOP]:
        detector.feed(json.dumps(each), "here", NOON)
    detector.flush(outbox)
    assert {alert.rule for _, alert in outbox.alerts()} >= {"stopped", "memory-unavailable"}
    assert len(outbox.deferred()) == 2
    assert "others kept changing" in next(
        a.summary for _, a in outbox.alerts() if a.rule == "memory-unavailable"
    )


def test_watch_keeps_events_while_its_memory_is_broken_and_judges_them_later(tmp_path: Path) -> None:
    state = tmp_path / "watch.sqlite"
    memory = memory_beside(state)
    memory.write_text("this is no database, for a while")
    watcher = Watcher(load_alerts(alerts_folder(tmp_path)), state)
    for sign_in in [*SIGN_INS, STOP]:
        watcher.take([(json.dumps(sign_in), "here")])
    outbox = SqliteOutbox(state)
    assert {alert.rule for _, alert in outbox.alerts()} == {"stopped", "memory-unavailable"}
    assert len(outbox.deferred()) == 4
    memory.unlink()
    watcher.take([])
    assert {alert.id for _, alert in outbox.alerts() if alert.rule == "guessed"} == healthy()
    assert outbox.deferred() == []


def test_an_event_waits_with_its_id_and_its_time_whatever_it_tells() -> None:
    telling = {**event(1, 5), "additionalEventData": '{"loginAccount":"x"}', "userIdentity.type": "ram-user"}
    for fields in (event(1, 5), {"eventName": "X"}, {"eventName": "X", "eventTime": "2099-01-01"}, telling):
        read = dated(SOURCES["actiontrail"].read(dict(fields), "here", NOON), NOON)
        waited = DeferredEvent.of(read).event()
        assert (waited.id, waited.time, waited.account_id) == (read.id, read.time, read.account_id)
        assert DeferredEvent.of(waited) == DeferredEvent.of(read)


def test_split_doubled_and_killed_batches_count_each_event_once(deployed: Deployed) -> None:
    deployed.trail = replace(deployed.trail, split=1, duplicate=True, kills=3)
    for sign_in in SIGN_INS:
        deployed.deliver(sign_in)
    assert set(deployed.told("guessed")) == healthy()
    assert deployed.trail.given_up == []


def test_silence_is_told_by_the_timer_and_only_once(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.deliver(SIGN_INS[0])
    for minutes in (5, 30, 35):
        later = datetime.now(timezone.utc) + timedelta(minutes=minutes)
        monkeypatch.setattr(wiring, "now", lambda later=later: later)
        fire_timer(actiontrail.handler, later)
    assert len(deployed.told("gone")) == 2
    assert len(set(deployed.told("gone"))) == 1


def test_a_timer_that_cannot_reach_the_store_says_so_and_looks_again(deployed: Deployed) -> None:
    deployed.store.stop()
    with pytest.raises(StoreUnavailable):
        fire_timer(actiontrail.handler, NOON)
    deployed.store.start()
    assert json.loads(fire_timer(actiontrail.handler, NOON)) == {"alerts": 0}
