"""The collector for hosts without osquery: run as the timer runs it, on a tree of files of its own, on this
machine's processes and sockets; its lines judged by the shipped rules."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from deploy.collection import HERE
from deploy.collection.collector import trailguard_collector as collector
from shared.alerting.alert import Alert
from shared.alerting.outbox import SqliteOutbox
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.events.host_reader import HostReader
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore

SCRIPT = HERE / "collector" / "trailguard_collector.py"
ENGINE = Engine(load_alerts().rules, SOURCES.values())
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKc2J8c9 eve@laptop"
NOBODY = 65534
AS_NOBODY = f"""
import locale, os, sys
sys.path.insert(0, {str(SCRIPT.parent)!r})
import trailguard_collector  # before it is nobody, who need not be let see this checkout
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
sys.exit(trailguard_collector.main())
"""

Row = dict[str, str]


class Host:
    """A host's files below `root`, its collector's runs, and what a function would make of the log."""

    def __init__(self, folder: Path) -> None:
        self.root, self.log, self.state = (
            folder / "root",
            folder / "log" / "results.log",
            folder / "state.json",
        )
        uid = os.getuid()
        self.write(
            "/etc/passwd", f"root:x:0:0:root:/root:/bin/bash\neve:x:{uid}:{uid}:Eve,,,:/home/eve:/bin/sh\n"
        )
        self.write("/etc/group", f"root:x:0:\nsudo:x:27:root\neve:x:{uid}:\n")
        self.write("/home/eve/.ssh/authorized_keys", "# keys\n")
        self.write("/etc/sudoers", "root\tALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n")
        self._store = InMemoryStore()

    def write(self, path: str, text: str) -> Path:
        file = self.root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(
        self, code: int = 0, start: Sequence[str] = (str(SCRIPT),), **options: Any
    ) -> list[dict[str, Any]]:
        """One run that ends with `code`; the lines it added."""
        before = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, *start, "--root", str(self.root)]
        command += ["--log", str(self.log), "--state", str(self.state)]
        self.ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)
        assert self.ran.returncode == code, self.ran.stderr
        return (
            [json.loads(line) for line in self.log.read_bytes()[before:].splitlines()]
            if self.log.exists()
            else []
        )

    def news(self, query: str, **options: Any) -> list[tuple[str, Row]]:
        """(action, columns) of what a run says of a query."""
        lines = [line for line in self.run(**options) if line["name"] == f"pack_trailguard_{query}"]
        return [(line["action"], line["columns"]) for line in lines]

    def alerts(self) -> list[Alert]:
        """What the rules say to all that was collected."""
        detector, outbox = Detector(ENGINE, self._store, HostReader()), SqliteOutbox(":memory:")
        for number, line in enumerate(self.log.read_text().splitlines()):
            detector.feed(line, f"{self.log}:{number}", datetime.now(timezone.utc))
        detector.flush(outbox)
        assert detector.tally.quarantined == 0
        assert detector.unknown == {}
        return [alert for _, alert in outbox.alerts()]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def rules(alerts: list[Alert]) -> set[str]:
    return {alert.rule for alert in alerts}


def test_it_parses_on_the_python_of_old_hosts() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))


def test_what_is_there_at_first_is_a_baseline_and_nothing_new_is_no_news(host: Host) -> None:
    first = host.run()
    assert {line["counter"] for line in first} == {0}
    assert {line["action"] for line in first if not line["name"].endswith(("close_wait", "zombies"))} == {
        "added"
    }
    files = ("users", "groups", "user_groups", "authorized_keys", "sudoers")
    assert [line for line in host.run() if line["name"].endswith(files)] == []
    assert not rules(host.alerts()) & {"host-user-list-changed", "authorized-key-added", "sudoers-changed"}


def _changes(host: Host) -> None:
    uid = os.getuid()
    passwd = (host.root / "etc/passwd").read_text()
    host.write("/etc/passwd", f"{passwd}toor:x:0:0::/root:/bin/sh\nbob:x:4711:100::/:/bin/sh\n")
    host.write("/etc/group", f"root:x:0:\nsudo:x:27:root,eve\neve:x:{uid}:\n")
    host.write("/home/eve/.ssh/authorized_keys", f'command="x y",no-pty {KEY}\n')
    host.write("/home/eve/.ssh/known_hosts", "web-01 ssh-ed25519 AAAA\n")
    host.write("/etc/sudoers.d/eve", "eve ALL=(ALL) \\\n  NOPASSWD: ALL\n")
    host.write("/etc/apt/sources.list", "deb [trusted=yes] http://evil.example/debian stable main contrib\n")
    host.write("/etc/apt/keyrings/evil.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----")
    host.write("/etc/yum.repos.d/evil.repo", "[evil]\nname=Evil\nbaseurl=http://evil.example/\ngpgcheck=0\n")


def test_changes_of_files_are_told_by_the_rules(host: Host) -> None:
    host.run()
    _changes(host)
    host.run()
    assert rules(host.alerts()) >= {
        "host-user-list-changed",
        "host-user-list-uid-0",
        "host-group-list-member-added",
        "authorized-key-added",
        "known-hosts-changed",
        "sudoers-changed",
        "package-source-changed",
        "package-source-unchecked",
        "package-key-changed",
    }


def test_a_key_is_told_with_all_that_stands_beside_it_and_when_it_goes(host: Host) -> None:
    host.run()
    file = host.write("/home/eve/.ssh/authorized_keys", f'command="a ssh-rsa b",from="10.*" {KEY}\n')
    (added,) = host.news("authorized_keys")
    assert added == (
        "added",
        {
            "uid": str(os.getuid()),
            "username": "eve",
            "algorithm": "ssh-ed25519",
            "key": KEY.split()[1],
            "options": 'command="a ssh-rsa b",from="10.*"',
            "comment": "eve@laptop",
            "key_file": "/home/eve/.ssh/authorized_keys",
        },
    )
    file.write_text("")
    assert host.news("authorized_keys") == [("removed", added[1])]


def test_sudoers_are_read_through_what_they_include_and_a_user_by_number_is_no_comment(host: Host) -> None:
    host.write("/etc/sudoers", "# all\n#1000 ALL=(ALL) ALL\n#include /etc/more\n#includedir /etc/sudoers.d\n")
    host.write("/etc/more", "@include /etc/sudoers\nbob ALL=(root) /bin/ls\n")
    host.write("/etc/sudoers.d/skipped.bak", "carol ALL=ALL\n")
    found = {(row["source"], row["header"], row["rule_details"]) for _, row in host.news("sudoers")}
    assert found == {
        ("/etc/sudoers", "#1000", "ALL=(ALL) ALL"),
        ("/etc/sudoers", "#include", "/etc/more"),
        ("/etc/sudoers", "#includedir", "/etc/sudoers.d"),
        ("/etc/more", "@include", "/etc/sudoers"),
        ("/etc/more", "bob", "ALL=(root) /bin/ls"),
    }


def test_sources_of_apt_in_both_formats(host: Host) -> None:
    host.write(
        "/etc/apt/sources.list", "# deb http://no.example x main\ndeb-src http://a.example/d sid main # s\n"
    )
    host.write(
        "/etc/apt/sources.list.d/b.sources",
        "# ours\nTypes: deb\nURIs: http://b.example/d\n http://c.example/d\n"
        "Suites: stable\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/b.gpg\n\n"
        "Types: deb\nURIs: http://off.example\nSuites: x\nEnabled: no\n",
    )
    found = {(row["base_uri"], row["release"], row["components"]) for _, row in host.news("apt_sources")}
    assert found == {
        ("http://a.example/d", "sid", "main"),
        ("http://b.example/d", "stable", "main"),
        ("http://c.example/d", "stable", "main"),
    }


@pytest.fixture(params=["the file", "the folder", "a hard link", "a pipe"])
def trap(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Host:
    """A user's authorized_keys that leads to a file of somebody else's."""
    secret = tmp_path / "shadow" / "authorized_keys"
    secret.parent.mkdir()
    secret.write_text("root:$6$secret:19000::::::\n")
    host.run()
    home = host.root / "home/eve/.ssh"
    (home / "authorized_keys").unlink()
    if request.param == "the folder":
        home.rmdir()
        home.symlink_to(secret.parent)
    elif request.param == "the file":
        (home / "authorized_keys").symlink_to(secret)
    elif request.param == "a pipe":
        os.mkfifo(home / "authorized_keys")
    else:
        if os.getuid():
            pytest.skip("only root can make a file somebody else's")
        os.chown(secret, NOBODY, NOBODY)
        os.link(secret, home / "authorized_keys")
    return host


def test_a_file_of_a_user_that_leads_elsewhere_is_not_read_but_told(trap: Host) -> None:
    found = trap.news("authorized_keys")
    assert found
    assert all(action == "added" and row["comment"].startswith("not read: ") for action, row in found)
    assert "authorized-key-added" in rules(trap.alerts())
    assert "secret" not in trap.log.read_text() + trap.state.read_text()
    assert "not seen: /home/eve/.ssh/authorized_keys" in trap.ran.stderr


def test_a_user_who_floods_a_file_is_cut_and_told(host: Host) -> None:
    host.run()
    host.write("/home/eve/.ssh/authorized_keys", f"{KEY}\n" * 10_000)
    found = host.news("authorized_keys")
    assert len(found) <= 3  # each key once, the one that was cut in two, and that there is more
    assert any("only its first 262144 bytes" in row.get("comment", "") for _, row in found)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to be somebody else")
def test_without_root_it_says_what_it_could_not_see_and_calls_nothing_removed() -> None:
    with TemporaryDirectory() as folder:
        host = Host(Path(folder))
        host.write("/home/eve/.ssh/authorized_keys", f"{KEY}\n")
        host.run()
        for path in (Path(folder), host.log, host.state, host.log.parent, *Path(folder).glob("*.lock")):
            os.chown(path, NOBODY, NOBODY)
        (host.root / "home/eve/.ssh").chmod(0o700)
        lines = host.run(start=("-c", AS_NOBODY))
    assert "not seen: /home/eve/.ssh/authorized_keys: Permission denied" in host.ran.stderr
    about_keys = [line for line in lines if line["name"].endswith("authorized_keys")]
    assert about_keys == []
    unseen = [line["columns"] for line in lines if line["name"].endswith("unseen")]
    assert {"source": "/home/eve/.ssh/authorized_keys", "description": "Permission denied"} in unseen


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to be somebody else")
def test_where_it_may_not_write_it_says_what_to_do(host: Host) -> None:
    host.run(code=2, start=("-c", AS_NOBODY))
    assert "may not be written to; name other places by --log and --state" in host.ran.stderr


def test_without_psutil_it_says_so_and_collects_the_rest(host: Host, tmp_path: Path) -> None:
    (tmp_path / "psutil.py").write_text("raise ImportError('no such package')\n")
    lines = host.run(code=3, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert "query zombies: psutil is missing (python3-psutil)" in host.ran.stderr
    names = {line["name"].removeprefix("pack_trailguard_") for line in lines}
    assert {"users", "sudoers", "unseen"} <= names
    assert not names & {"listening_ports", "close_wait", "zombies"}


def test_a_state_that_is_broken_is_told_and_makes_a_new_baseline(host: Host) -> None:
    host.run()
    host.state.write_text('{"epoch": 1, "quer')
    lines = host.run()
    assert "all is a baseline again" in host.ran.stderr
    assert {line["counter"] for line in lines} == {0}


def test_two_runs_at_once_are_one(host: Host) -> None:
    host.run()
    with ExitStack() as stack:
        lock = stack.enter_context(host.state.with_name("state.json.lock").open("w"))
        collector.fcntl.flock(lock, collector.fcntl.LOCK_EX)
        assert host.run(code=75) == []


def test_what_was_not_saved_is_told_again_rather_than_never(host: Host) -> None:
    host.run()
    before = host.state.read_text()
    host.write("/home/eve/.ssh/authorized_keys", f"{KEY}\n")
    (told,) = host.news("authorized_keys")
    host.state.write_text(before)  # as after a crash between the log and the state
    assert host.news("authorized_keys") == [told]


def test_the_log_starts_over_before_it_grows_too_large_and_no_line_is_lost(tmp_path: Path) -> None:
    log = tmp_path / "results.log"
    log.write_bytes(b"x" * (collector.LOG_BYTES - 5) + b"\n")
    collector.append(log, ["a new line"])
    assert log.read_text() == "a new line\n"
    assert log.with_name("results.log.1").stat().st_size == collector.LOG_BYTES - 4


@pytest.fixture
def listener() -> Iterator[Callable[[], int]]:
    with ExitStack() as stack:

        def listen() -> int:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            return int(server.getsockname()[1])

        yield listen


def test_a_new_listening_socket_is_told_with_its_program(host: Host, listener: Callable[[], int]) -> None:
    host.run()
    port = listener()
    found = [
        row for action, row in host.news("listening_ports") if action == "added" and row["port"] == str(port)
    ]
    (row,) = found
    assert row["pid"] == str(os.getpid())
    assert Path(row["program"]).samefile(sys.executable)
    assert (row["address"], row["protocol"], row["family"]) == ("127.0.0.1", "6", "2")
