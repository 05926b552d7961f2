"""`python -m tests.benchmarks.invocations [PACKAGE]`: what an invocation of a packaged function uses.

Each function runs warm in a bare Python 3.10, on the local cloud, over batches of two sizes; what the larger
uses more is by the record, what is left is by the call. Processor time is the handler's own process's. Rows
are those asked of Tablestore, found or not. `deploy/prices.yml` has what this printed, as `measured`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

from tablestore.protobuf import table_store_pb2 as messages

from deploy.package import find_python
from shared.config import HERE
from shared.state.tablestore_client import create_table, open_client
from tests.benchmarks.events import raw_events
from tests.benchmarks.sshd_lines import sshd_lines
from tests.cloud.instance import Instance
from tests.cloud.openapi import LocalOpenApi
from tests.cloud.sls import LocalSls
from tests.cloud.tablestore import INSTANCE, TablestoreServer
from tests.cloud.tablestore.operations import Tables
from tests.cloud.trigger import TriggerRunner, fire_timer

PROJECT, ALERTS = "trailguard", "trailguard-alerts"
SMALL, LARGE, ROUNDS = 10, 1_010, 9
TOTAL = LARGE + ROUNDS * (SMALL + LARGE)
PACKAGE = HERE / "build" / "package"

Fields = dict[str, str]
OPERATIONS = ("GetObject", "HeadObject", "PutObject", "GetObject")


class Counting(Tables):
    """Tables that count rows."""

    def __init__(self) -> None:
        super().__init__()
        self.read = self.written = 0

    def carry_out(self, operation: str, body: bytes) -> bytes:
        if operation == "BatchGetRow":
            request = messages.BatchGetRowRequest.FromString(body)
            self.read += sum(len(table.primary_key) for table in request.tables)
        elif operation == "BatchWriteRow":
            self.written += sum(
                len(table.rows) for table in messages.BatchWriteRowRequest.FromString(body).tables
            )
        elif operation == "GetRange":
            self.read += 1
        return super().carry_out(operation, body)


@dataclass(frozen=True)
class Used:
    """Processor seconds, rows read and written, requests to Log Service and Tablestore together."""

    cpu: float
    read: float
    written: float
    requests: float

    def __sub__(self, other: Used) -> Used:
        return Used(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def per(self, count: float) -> Used:
        """The share of each of `count`."""
        return Used(*(value / count for value in astuple(self)))


@dataclass
class Bench:
    """A function on a local cloud that has nothing but what it needs."""

    sls: LocalSls
    store: TablestoreServer
    tables: Counting
    instance: Instance
    logstore: str
    tags: dict[str, str]

    def __post_init__(self) -> None:
        self._trigger = TriggerRunner(self.sls, self.instance.handler, PROJECT, self.logstore, max_retry=0)

    def batch(self, records: Sequence[Fields]) -> Used:
        """What one invocation over these records uses."""
        logs = [(int(time.time()), record) for record in records]
        self.sls.append(PROJECT, self.logstore, logs, tags=self.tags)
        return self._using(self._trigger.run_interval)

    def tick(self) -> Used:
        """What the timer's invocation uses."""
        return self._using(lambda: fire_timer(self.instance.handler, datetime.now(timezone.utc)))

    def _using(self, run: Callable[[], object]) -> Used:
        before = self._used()
        run()
        assert self._trigger.given_up == [], self._trigger.given_up
        return self._used() - before

    def _used(self) -> Used:
        requests = len(self.sls.calls) + len(self.store.requests)
        return Used(self.instance.cpu, self.tables.read, self.tables.written, requests)


@contextmanager
def bench(package: Path, function: str, logstore: str) -> Iterator[Bench]:
    """The function, warm."""
    python = find_python() or sys.exit("needs a Python 3.10")
    tags = {"__path__": "/var/log/auth.log", "__hostname__": "web-01"}
    with LocalSls() as sls, TablestoreServer(LocalSls.credentials) as store, LocalOpenApi() as openapi:
        store.tables = tables = Counting()
        create_table(open_client(store.endpoint, INSTANCE, lambda: LocalSls.credentials), "trailguard")
        for name in {logstore, ALERTS, "trailguard-deferred"}:
            sls.create(PROJECT, name)
        environment = {
            **sls.environment(),
            **openapi.environment(),
            **{"TRAILGUARD_SLS_PROJECT": PROJECT, "TRAILGUARD_SLS_ENDPOINT": sls.endpoint},
            **{"TRAILGUARD_TABLESTORE_ENDPOINT": store.endpoint, "TRAILGUARD_TABLESTORE_INSTANCE": INSTANCE},
        }
        with Instance(python, package, f"{function}.handler", environment) as instance:
            yield Bench(sls, store, tables, instance, logstore, tags)


def events() -> Iterator[Fields]:
    """ActionTrail's, as its logstore has them."""
    return ({"event": event.decode()} for event in raw_events(TOTAL))


def lines() -> Iterator[Fields]:
    """Of a host's auth.log that is guessed at all day: the dearest there is."""
    return ({"content": line} for line in sshd_lines(TOTAL))


def requests() -> Iterator[Fields]:
    """To OSS, by twenty keys of the account."""
    for number in range(TOTAL):
        yield {
            "time": f"23/Nov/2026:19:{number // 60 % 60:02}:{number % 60:02}",
            "access_id": f"LTAI5tExampleExample{number % 20:04}",
            "requester_id": "201234567890123456",
            "owner_id": "1234567890123456",
            "user_agent": "aliyun-sdk-java/3.17",
            "bucket": f"bucket-{number % 7}",
            "bucket_location": "oss-cn-hangzhou",
            "object": f"data/{number}.parquet",
            "operation": OPERATIONS[number % len(OPERATIONS)],
            "http_status": "200",
            "error_code": "-",
            "request_id": f"{number:024X}",
            "client_ip": f"203.0.113.{number % 5}",
            "sync_request": "-",
        }


SOURCES: dict[str, tuple[str, Callable[[], Iterator[Fields]]]] = {
    "actiontrail": ("actiontrail_t", events),
    "host_logs": ("trailguard-hosts", lines),
    "oss_access": ("oss-access-log", requests),
}


def by_call_and_record(bench: Bench, records: Iterator[Fields]) -> tuple[Used, Used]:
    """What a call uses by itself, and what each record adds."""
    bench.batch(list(islice(records, LARGE)))  # warm: the rules are read, the callers are known
    small, large = (
        [bench.batch(list(islice(records, size))) for _ in range(ROUNDS)] for size in (SMALL, LARGE)
    )
    record = (_mean(large) - _mean(small)).per(LARGE - SMALL)
    return _mean(small) - record.per(1 / SMALL), record


def _mean(rounds: Sequence[Used]) -> Used:
    return Used(*map(statistics.mean, zip(*map(astuple, rounds), strict=True)))


def main() -> None:
    """Measure and print, as YAML."""
    package = Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE
    for function, (logstore, records) in SOURCES.items():
        with bench(package, function, logstore) as measured:
            call, record = by_call_and_record(measured, records())
            _print(f"{function}, a call", call)
            _print(f"{function}, a record", record)
            if function == "actiontrail":
                _print("actiontrail, a timer's call", _mean([measured.tick() for _ in range(ROUNDS)]))
    sizes = {f: statistics.mean(len(str(r)) for r in islice(s(), 1000)) for f, (_, s) in SOURCES.items()}
    print("bytes of a record:", {name: round(size) for name, size in sizes.items()})


def _print(what: str, used: Used) -> None:
    print(
        f"{what}: {used.cpu * 1000:.3f} ms, {used.read:.3f} rows read, {used.written:.3f} written, "
        f"{used.requests:.3f} requests",
        flush=True,
    )


if __name__ == "__main__":
    main()
