"""Our osquery pack. osquery is in no registry that tests could install it from. SQLite, whose SQL is
osquery's, is asked the queries of tables with osquery's columns (shared/events/osquery_tables.py), and rules
judge the answers.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from deploy.collection import HERE
from deploy.collection.collector import trailguard_collector as collector
from shared.alerting.outbox import SqliteOutbox
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.events.host_reader import HostReader
from shared.events.osquery import OSQUERY
from shared.events.osquery_tables import TABLES
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore

PACK = json.loads((HERE / "osquery" / "trailguard.conf").read_text())
QUERIES: dict[str, dict[str, Any]] = PACK["queries"]
ENGINE = Engine(load_alerts().rules, SOURCES.values())
RECEIVED = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)

PYTHON = {
    "pid": 77,
    "name": "python3",
    "path": "/usr/bin/python3",
    "cmdline": "python3 leak.py",
    "state": "S",
}
ZOMBIES = [{"pid": 500 + n, "name": "python3", "path": "", "state": "Z", "parent": 77} for n in range(6)]
TALK = {"pid": 77, "protocol": 6, "local_address": "10.0.0.7", "state": "ESTABLISHED"}
WAITING = {
    **TALK,
    "state": "CLOSE_WAIT",
    "local_port": 50000,
    "remote_address": "10.0.0.9",
    "remote_port": 80,
}
HOST: dict[str, list[dict[str, Any]]] = {
    "processes": [PYTHON, *ZOMBIES],
    "listening_ports": [
        {"pid": pid, "port": 1337, "protocol": 6, "family": 2, "address": "0.0.0.0"} for pid in (77, 78)
    ]
    + [{"pid": 77, "port": 0, "protocol": 0, "family": 1, "address": "", "path": "/run/x.sock"}],
    "process_open_sockets": [
        {**TALK, "local_port": 50001, "remote_address": "198.51.100.9", "remote_port": 443},
        {**TALK, "local_port": 1337, "remote_address": "203.0.113.7", "remote_port": 50002},  # a visitor
        {**TALK, "local_port": 50003, "remote_address": "127.0.0.1", "remote_port": 5432},
        *({**WAITING, "fd": n} for n in range(25)),
        *({**WAITING, "pid": 78, "fd": n} for n in range(4)),
        {**WAITING, "pid": -1, "state": "TIME_WAIT"},
    ],
    "users": [
        {"uid": uid, "gid": uid, "username": name, "directory": f"/home/{name}", "shell": "/bin/sh"}
        for uid, name in ((0, "root"), (0, "toor"), (1000, "eve"))
    ],
    "groups": [{"gid": 27, "groupname": "sudo"}],
    "user_groups": [{"uid": 1000, "gid": 27}],
    "authorized_keys": [{"uid": 1000, "algorithm": "ssh-ed25519", "key": "AAAA", "key_file": "/home/eve/k"}],
    "known_hosts": [{"uid": 1000, "key": "web-01 ssh-ed25519 AAAA", "key_file": "/home/eve/h"}],
    "sudoers": [{"source": "/etc/sudoers", "header": "eve", "rule_details": "ALL=(ALL) NOPASSWD: ALL"}],
    "apt_sources": [{"name": "evil", "source": "/etc/apt/x.list", "base_uri": "http://evil.example"}],
    "yum_sources": [{"name": "evil", "baseurl": "http://evil.example", "enabled": "1", "gpgcheck": "0"}],
    "hash": [
        {"path": path, "sha256": "aa11"}
        for path in ("/etc/apt/sources.list.d/evil.list", "/etc/apt/keyrings/evil.asc", "/etc/passwd")
    ],
    "rpm_packages": [
        {"name": "gpg-pubkey", "version": "68e4b32b", "release": "6b042362", "install_time": 1},
        {"name": "bash", "version": "5"},
    ],
}
TOLD = {
    "listening_ports": {"listening-socket-new"},
    "outbound_connections": set[str](),  # the rule learns for two weeks: see below
    "close_wait": {"close-wait-many"},
    "zombies": {"zombies-many"},
    "users": {"host-user-list-changed", "host-user-list-uid-0"},
    "groups": {"host-group-list-changed"},
    "user_groups": {"host-group-list-member-added"},
    "authorized_keys": {"authorized-key-added"},
    "known_hosts": {"known-hosts-changed"},
    "sudoers": {"sudoers-changed"},
    "apt_sources": {"package-source-changed"},
    "yum_sources": {"package-source-unchecked"},
    "package_source_files": {"package-source-changed"},
    "package_keys": {"package-key-changed"},
    "rpm_keys": {"package-key-changed"},
}


@pytest.fixture(scope="module")
def host() -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    for table, columns in TABLES.items():
        database.execute(f'CREATE TABLE "{table}" ({", ".join(columns)})')
        for row in HOST.get(table, []):
            values = [row.get(column, "") for column in columns]
            database.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(columns))})', values)
    yield database
    database.close()


def rows(host: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in host.execute(QUERIES[query]["query"])]


def result(query: str, columns: dict[str, Any]) -> str:
    """A line as osqueryd writes it with our flags."""
    action = "snapshot" if QUERIES[query].get("snapshot") else "added"
    text = {name: "" if value is None else str(value) for name, value in columns.items()}
    frame = {"name": f"pack_trailguard_{query}", "hostIdentifier": "web-01", "counter": 3, "action": action}
    return json.dumps({**frame, "columns": text})


@pytest.mark.parametrize("query", QUERIES)
def test_rules_may_name_every_column_of_a_query(host: sqlite3.Connection, query: str) -> None:
    for column in host.execute(QUERIES[query]["query"]).description:
        OSQUERY.check_field(f"columns.{column[0]}")


@pytest.mark.parametrize("query", QUERIES)
def test_what_a_query_finds_is_told(host: sqlite3.Connection, query: str) -> None:
    detector, outbox = Detector(ENGINE, InMemoryStore(), HostReader()), SqliteOutbox(":memory:")
    for number, row in enumerate(rows(host, query)):
        detector.feed(result(query, row), f"osqueryd.results.log:{number}", RECEIVED)
    detector.flush(outbox)
    assert detector.tally.quarantined == 0
    assert {alert.rule for _, alert in outbox.alerts()} == TOLD[query]


def test_listening_sockets_are_told_by_program_and_those_without_a_port_are_none(
    host: sqlite3.Connection,
) -> None:
    found = {(row["program"], row["address"], row["port"]) for row in rows(host, "listening_ports")}
    assert found == {("/usr/bin/python3", "0.0.0.0", 1337), ("", "0.0.0.0", 1337)}


def test_only_what_the_host_itself_opened_to_the_outside_is_outbound(host: sqlite3.Connection) -> None:
    (row,) = rows(host, "outbound_connections")
    assert (row["program"], row["remote_address"], row["remote_port"]) == (
        "/usr/bin/python3",
        "198.51.100.9",
        443,
    )


def test_connections_in_close_wait_are_counted_by_process_and_a_few_are_none(
    host: sqlite3.Connection,
) -> None:
    assert rows(host, "close_wait") == [{"pid": 77, "program": "/usr/bin/python3", "count": 25}]


def test_zombies_are_blamed_on_their_parent(host: sqlite3.Connection) -> None:
    (row,) = rows(host, "zombies")
    assert (row["parent"], row["parent_path"], row["count"]) == (77, "/usr/bin/python3", 6)


def test_flags_and_configuration_say_where_the_pack_and_the_results_are() -> None:
    lines = (HERE / "osquery" / "osquery.flags").read_text().splitlines()
    flags = dict(line[2:].split("=") for line in lines if line.startswith("--"))
    assert all(line.startswith(("--", "# ")) for line in lines)
    assert flags["logger_path"] == "/var/log/osquery"
    assert flags["logger_snapshot_event_type"] == "true"
    configuration = json.loads((HERE / "osquery" / "osquery.conf").read_text())
    assert configuration == {"packs": {"trailguard": "/etc/osquery/packs/trailguard.conf"}}


def test_the_collector_asks_the_same_queries_and_one_about_itself() -> None:
    names = {query.__name__ for query in collector.QUERIES}
    snapshots = {query.__name__ for query in collector.SNAPSHOTS}
    assert names == {*QUERIES, "unseen"}
    assert snapshots == {name for name, query in QUERIES.items() if query.get("snapshot")}
