"""Host logs the whole way: lines as LoongCollector delivers them, to alerts in the alerts logstore."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest

from functions import host_logs
from tests.cloud.deployment import ALERTS, PROJECT, deployment
from tests.cloud.function_context import Function, FunctionContext
from tests.cloud.sls import LocalSls
from tests.cloud.trigger import TriggerRunner

HOSTS = "trailguard-hosts"
NOW = datetime(2026, 11, 23, 11, 40, tzinfo=timezone.utc)
CONTEXT = FunctionContext(function=Function("trailguard-host-logs", "host_logs.handler"))
FAILED = "sshd-session[77]: Failed password for root from 203.0.113.7 port {} ssh2"
ACCEPTED = "sshd-session[99]: Accepted password for root from 203.0.113.7 port 4799 ssh2"


@dataclass
class Hosts:
    """The logstore of host logs, and the function that reads it."""

    sls: LocalSls

    def write(self, path: str, *lines: str, host: str = "web-01", start: int = 0, topic: str = "") -> None:
        """One log group: lines appended to a file of a host, with the tags and meta data of the agent. The
        topic is that of the host's machine group."""
        tags = {"__path__": path, "__hostname__": host, "__inode__": "77", "__user_defined_id__": "linux"}
        records = [
            (int(NOW.timestamp()), {"content": line, "__file_offset__": str(start + number)})
            for number, line in enumerate(lines)
        ]
        self.sls.append(PROJECT, HOSTS, records, topic=topic, source="192.0.2.10", tags=tags)

    def judge(self, **orders: Any) -> TriggerRunner:
        """The trigger runs until nothing is new."""
        runner = TriggerRunner(self.sls, host_logs.handler, PROJECT, HOSTS, context=CONTEXT, **orders)
        runner.run_until_idle()
        return runner

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What is in the alerts logstore, each id once."""
        found = [
            json.loads(r.contents["alert"])
            for r in self.sls.records(PROJECT, ALERTS)
            if "alert" in r.contents
        ]
        return list({alert["id"]: alert for alert in found}.values())

    @property
    def rules(self) -> list[str]:
        """The rules that alerted, but for those that only record."""
        return sorted(alert["rule"] for alert in self.alerts if alert["level"] != "informational")


@pytest.fixture
def hosts(local_sls: LocalSls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    local_sls.create(PROJECT, HOSTS)
    with deployment(local_sls, monkeypatch):
        yield Hosts(local_sls)


def at(second: int, text: str) -> str:
    return f"2026-11-23T11:30:{second:02}.000001+00:00 web-01 {text}"


def test_a_guessed_password_becomes_alerts(hosts: Hosts) -> None:
    guesses = [at(second, FAILED.format(4711 + second)) for second in range(8)]
    hosts.write("/var/log/auth.log", *guesses, at(30, ACCEPTED))
    hosts.judge()
    assert hosts.rules == ["ssh-brute-force", "ssh-root-login", "ssh-success-after-failures"]
    (alert,) = [alert for alert in hosts.alerts if alert["rule"] == "ssh-success-after-failures"]
    assert alert["summary"].startswith(
        "root logged in to web-01 from 203.0.113.7 by password, after 8 failed"
    )
    assert alert["runbook"] == "runbooks/ssh-failures.md"


def test_the_same_batches_twice_and_an_instance_that_dies_give_the_same_alerts(hosts: Hosts) -> None:
    for second in range(0, 8, 2):
        lines = [at(second, FAILED.format(1)), at(second + 1, FAILED.format(2))]
        hosts.write("/var/log/auth.log", *lines, start=second * 100)
    hosts.judge(split=1, duplicate=True, kills=2)
    assert hosts.rules == ["ssh-brute-force"]
    assert [alert["summary"] for alert in hosts.alerts] == [
        "5 SSH logins to web-01 failed within 4s, all from 203.0.113.7; the last as root"
    ]


def test_four_attempts_delivered_twice_are_four(hosts: Hosts) -> None:
    hosts.write("/var/log/auth.log", *[at(second, FAILED.format(second)) for second in range(4)])
    hosts.judge(duplicate=True)
    assert hosts.rules == []


def test_logs_of_many_kinds_and_hosts_side_by_side(hosts: Hosts) -> None:
    row = {
        "name": "pack_trailguard_authorized_keys",
        "hostIdentifier": "db-01",
        "unixTime": int(NOW.timestamp()),
        "counter": 4,
        "action": "added",
        "columns": {"username": "root", "key_file": "/root/.ssh/authorized_keys", "key": "AAAAC3"},
    }
    hosts.write("/var/log/osquery/osqueryd.results.log", json.dumps(row), host="db-01")
    hosts.write(
        "/var/log/nginx/error.log",
        "2026/11/23 11:21:21 [emerg] 18#18: cannot load certificate",
        host="web-02",
    )
    hosts.write(
        "/var/log/secure", "Nov 23 11:32:24 app-01 usermod[56]: add 'eve' to group 'wheel'", host="app-01"
    )
    hosts.judge()
    assert hosts.rules == ["authorized-key-added", "host-admin-group-member-added", "nginx-critical"]
    told = " ".join(alert["summary"] for alert in hosts.alerts)
    assert all(host in told for host in ("db-01", "web-02", "app-01"))


def test_a_host_of_the_bastions_machine_group_is_judged_as_one_whatever_its_name(hosts: Hosts) -> None:
    hosts.write("/var/log/auth.log", at(30, ACCEPTED), topic="bastion")
    hosts.judge()
    assert hosts.rules == ["bastion-password-login", "bastion-root-login"]


def test_osquery_as_logtails_json_parser_leaves_it(hosts: Hosts) -> None:
    columns = json.dumps({"address": "0.0.0.0", "port": "1337", "protocol": "6"})
    record = {"name": "listening_ports", "hostIdentifier": "web-01", "counter": "5", "action": "added"}
    hosts.sls.append(PROJECT, HOSTS, [(int(NOW.timestamp()), {**record, "columns": columns})])
    hosts.judge()
    assert hosts.rules == ["listening-socket-new"]


def test_lines_of_unknown_shape_are_counted_and_told_in_the_log(
    hosts: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    hosts.write(
        "/var/log/syslog", *[at(second, f"kernel: [{second}.0] eth0: link up") for second in range(3)]
    )
    with caplog.at_level(logging.INFO):
        hosts.judge()
    assert hosts.alerts == []
    assert '"kernel: [*.*] eth*: link up": 3' in caplog.text
    assert "unknown=3" in caplog.text


def test_a_record_that_can_not_be_read_is_told_and_stops_nothing(hosts: Hosts) -> None:
    hosts.sls.append(PROJECT, HOSTS, [(int(NOW.timestamp()), {"message": "no content"})])
    hosts.write("/var/log/auth.log", at(30, ACCEPTED))
    hosts.judge()
    assert hosts.rules == ["ssh-root-login", "unreadable-records"]
