"""OSS access logs the whole way: records as Log Service delivers them, to alerts in the alerts logstore."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest

from functions import oss_access
from tests.cloud.deployment import ALERTS, deployment
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.sls import LocalSls
from tests.cloud.sls.faults import Fault
from tests.cloud.trigger import TriggerRunner

PROJECT, OSS = "oss-log-1234567890123456-cn-hangzhou", "oss-log-store"
NOW = datetime(2026, 11, 23, 11, 40, tzinfo=timezone.utc)
DAY = 86_400
CONTEXT = FunctionContext(function=Function("trailguard-oss-access", "oss_access.handler"))
STRANGER = {"access_id": "-", "requester_id": "-", "sign_type": "NotSign", "client_ip": "198.51.100.66"}
THIEF = {"client_ip": "198.51.100.66"}
HOSTILE = "[free](javascript:alert(1)) <@all> ![x](http://203.0.113.9/p.png) \u202efdp.exe\u0000`rm`"


@dataclass
class Buckets:
    """The logstore of OSS's access log, and the function that reads it."""

    sls: LocalSls
    written: int = field(default=0)

    def request(
        self, operation: str, bucket: str, name: str = "-", day: int = 0, **fields: str
    ) -> dict[str, str]:
        """One record as CloudLens has it; its id is one of its own, unless told."""
        self.written += 1
        return {
            "time": "23/Nov/2026:19:40:00",
            "access_id": "LTAI5tExampleExample0002",
            "requester_id": "201234567890123456",
            "owner_id": "1234567890123456",
            "user_agent": "aliyun-sdk-java/3.17",
            "bucket": bucket,
            "bucket_location": "oss-cn-hangzhou",
            "object": name,
            "operation": operation,
            "http_status": "200",
            "error_code": "-",
            "request_uri": "/",
            "request_id": f"{self.written:024X}",
            "client_ip": "203.0.113.7",
            "sync_request": "-",
            "response_body_length": "512",
            "day": str(day),
            **fields,
        }

    def write(self, *records: dict[str, str], topic: str = "oss_access_log") -> None:
        """One log group of one topic. `day` says how many days after the beginning a record is."""
        logs = [
            (
                int(NOW.timestamp()) - 20 * DAY + int(record["day"]) * DAY,
                {k: v for k, v in record.items() if k != "day"},
            )
            for record in records
        ]
        self.sls.append(PROJECT, OSS, logs, topic=topic)

    def judge(self, **orders: Any) -> TriggerRunner:
        """The trigger runs until nothing is new."""
        runner = TriggerRunner(self.sls, oss_access.handler, PROJECT, OSS, context=CONTEXT, **orders)
        runner.run_until_idle()
        return runner

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What is in the alerts logstore, each id once."""
        stored = self.sls.records("trailguard", ALERTS)
        found = [json.loads(record.contents["alert"]) for record in stored if "alert" in record.contents]
        return list({alert["id"]: alert for alert in found}.values())

    @property
    def rules(self) -> list[str]:
        """The rules that alerted."""
        return sorted(alert["rule"] for alert in self.alerts)


@pytest.fixture
def buckets(local_sls: LocalSls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    local_sls.create(PROJECT, OSS)
    with deployment(local_sls, monkeypatch):
        yield Buckets(local_sls)


def usual(buckets: Buckets) -> list[dict[str, str]]:
    """Two weeks of a program that reads one bucket and clears another."""
    return [
        each
        for day in range(15)
        for each in (
            buckets.request("GetObject", "shop", "a.csv", day),
            buckets.request("PutObject", "tmp", "b", day),
            buckets.request("DeleteObject", "tmp", "b", day, http_status="204"),
        )
    ]


def test_a_stolen_key_becomes_alerts(buckets: Buckets) -> None:
    buckets.write(*usual(buckets))
    buckets.judge()
    assert buckets.rules == []
    buckets.write(
        buckets.request("GetBucket", "payroll", "-", 16, request_uri="/?prefix=", **THIEF),
        *(buckets.request("GetObject", "payroll", f"2026%2F{n}.csv", 16, **THIEF) for n in range(40)),
        buckets.request("DeleteObject", "payroll", "2026%2F1.csv", 16, http_status="204", **THIEF),
    )
    buckets.judge()
    assert buckets.rules == ["oss-key-first-delete", "oss-key-first-read", "oss-key-new-network"]
    (told,) = [alert for alert in buckets.alerts if alert["rule"] == "oss-key-first-delete"]
    assert told["summary"] == (
        "key LTAI5tExampleExample0002 of 201234567890123456 deletes from bucket payroll for the first time:"
        " oss:DeleteObject payroll/2026/1.csv from 198.51.100.66 (internet)"
    )
    assert (told["account_id"], told["region"], told["item"]) == (
        "1234567890123456",
        "cn-hangzhou",
        "oss-access",
    )
    assert told["runbook"] == "runbooks/oss-access.md"


def test_the_same_batches_twice_and_an_instance_that_dies_give_the_same_alerts(buckets: Buckets) -> None:
    refused = {"http_status": "403", "error_code": "AccessDenied"}
    for _ in range(6):
        buckets.write(*(buckets.request("GetBucket", "payroll", **refused) for _ in range(5)))
    buckets.write(buckets.request("PutObject", "shop", "miner.sh", **STRANGER))
    buckets.judge(split=1, duplicate=True, kills=2)
    assert buckets.rules == ["oss-anonymous-write", "oss-denied-key"]
    assert buckets.alerts[0]["summary"].startswith(
        "OSS refused key LTAI5tExampleExample0002 of 201234567890123456 30"
    )


def test_twenty_nine_refusals_delivered_twice_are_twenty_nine(buckets: Buckets) -> None:
    refused = {"http_status": "403", "error_code": "AccessDenied"}
    buckets.write(*(buckets.request("GetBucket", "payroll", **refused) for _ in range(29)))
    buckets.judge(duplicate=True)
    assert buckets.rules == []


def test_an_ordinary_account_is_quiet(buckets: Buckets) -> None:
    lifecycle = {"access_id": "-", "requester_id": "-", "sync_request": "lifecycle", "http_status": "204"}
    console = {"access_id": "TMP.3KdExample", "requester_id": "201234567890123457"}
    service = {
        "access_id": "STS.NU",
        "extend_information": "1234567890123456,AliyunServiceRoleForActionTrail,x,1234567890123456,",
    }
    buckets.write(*usual(buckets))
    buckets.write(
        *(buckets.request("ExpireObject", "logs", f"{n}", 16, **lifecycle) for n in range(1200)),
        *(
            buckets.request("GetObject", "media", f"{n}.jpg", 16, **{**STRANGER, "sync_request": "cdn"})
            for n in range(200)
        ),
        *(
            buckets.request(op, bucket, "-", 17, request_uri=uri, **console)
            for bucket in ("a", "b", "c", "d", "e", "f")
            for op, uri in (
                ("GetBucket", "/?prefix="),
                ("GetBucketAcl", "/?acl"),
                ("GetBucketInfo", "/?bucketInfo"),
            )
        ),
        *(buckets.request("PutObject", "acme-actiontrail", f"{n}.gz", 17, **service) for n in range(20)),
        *(
            buckets.request("GetObject", "shop", f"{n}", 17, sign_type="UriSign", client_ip=f"198.51.{n}.9")
            for n in range(50)
        ),
        *(
            buckets.request("GetObject", "shop", f"{n}", 18, http_status="404", error_code="NoSuchKey")
            for n in range(200)
        ),
        *(
            buckets.request("GetObject", "shop", "x", 18, **{**STRANGER, "http_status": "403"})
            for n in range(200)
        ),
    )
    buckets.judge()
    assert buckets.rules == []


def test_one_request_that_deletes_a_thousand_is_counted_by_its_objects(buckets: Buckets) -> None:
    together = {"request_id": "65AF5037D2F5E3C2A4E6DF01", "http_status": "200"}
    buckets.write(buckets.request("DeleteObjects", "backups", **together))
    objects = [buckets.request("DeleteObjects", "backups", f"db%2F{n}.gz", **together) for n in range(1000)]
    buckets.write(*objects, topic="oss_batch_delete_log")
    buckets.write(*objects, topic="oss_batch_delete_log")
    buckets.judge()
    (alert,) = buckets.alerts
    assert alert["rule"] == "oss-delete-volume"
    assert "deleted 1000 objects of bucket backups" in alert["summary"]


def test_a_key_that_reads_and_deletes_far_more_than_it_used_to_is_told_once(buckets: Buckets) -> None:
    buckets.write(*usual(buckets))
    buckets.judge()
    for _ in range(3):
        buckets.write(*(buckets.request("GetObject", "shop", f"{n}", 15) for n in range(700)))
        gone = (buckets.request("DeleteObject", "tmp", f"{n}", 15, http_status="204") for n in range(300))
        buckets.write(*gone)
        buckets.judge()
    summaries = {alert["rule"]: alert["summary"] for alert in buckets.alerts}
    assert buckets.rules == ["oss-delete-surge", "oss-read-surge"]
    assert "read about 1" in summaries["oss-read-surge"]
    assert "of bucket shop today, where 1 a day are usual" in summaries["oss-read-surge"]
    assert "of bucket tmp today" in summaries["oss-delete-surge"]


@pytest.mark.parametrize("spelling", ["user_agent", "user-agent", "User-Agent"])
def test_each_of_the_three_spellings_of_the_user_agent_is_read(buckets: Buckets, spelling: str) -> None:
    record = buckets.request("PutObject", "shop", "miner.sh", **STRANGER)
    del record["user_agent"]
    buckets.write({**record, spelling: "curl/8.5"})
    buckets.judge()
    assert buckets.rules == ["oss-anonymous-write"]


def test_metering_records_are_counted_and_not_told_as_unreadable(
    buckets: Buckets, caplog: pytest.LogCaptureFixture
) -> None:
    buckets.write({"bucket": "shop", "network_out": "3", "day": "0"}, topic="oss_metering_log")
    with caplog.at_level(logging.INFO):
        buckets.judge()
    assert buckets.alerts == []
    assert '"oss_metering_log": 1' in caplog.text
    assert "quarantined=0" in caplog.text


def test_records_that_can_not_be_read_are_told_and_stop_nothing(buckets: Buckets) -> None:
    buckets.write({"bucket": "shop", "day": "0"}, {"operation": "-", "day": "0"})
    buckets.write(buckets.request("PutObject", "shop", "miner.sh", **STRANGER))
    buckets.judge()
    assert buckets.rules == ["oss-anonymous-write", "unreadable-records"]


def test_a_name_made_to_deceive_people_is_told_as_it_is_and_in_bounds(buckets: Buckets) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in HOSTILE.encode())
    for bucket, name in (("shop", encoded), ("site", "x" * 2_000_000), ("docs", "%41" * 700_000)):
        buckets.write(buckets.request("PutObject", bucket, name, request_uri=f"/{name}", **STRANGER))
    buckets.judge()
    assert buckets.rules == ["oss-anonymous-write"] * 3
    first = next(alert for alert in buckets.alerts if "bucket shop" in alert["summary"])
    assert HOSTILE in first["resource"], "the record keeps it; channels take its markup away"
    assert all(len(json.dumps(alert)) < 20_000 for alert in buckets.alerts)


def test_a_log_service_that_fails_now_and_then_loses_nothing(buckets: Buckets) -> None:
    buckets.write(buckets.request("PutObject", "shop", "miner.sh", **STRANGER))
    buckets.sls.inject(Fault.THROTTLED, times=2)
    runner = buckets.judge()
    assert runner.given_up == []
    assert buckets.rules == ["oss-anonymous-write"]
