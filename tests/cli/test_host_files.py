"""Logs of hosts on the command line: no account, no settings, the format found by itself."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.cli.tail import Follower
from shared.config import HERE

FIXTURES = HERE / "tests" / "fixtures" / "host"
AUTH_LOG = FIXTURES / "ubuntu2404-openssh9.6.log"
FAILED = "Nov 23 11:32:{:02} web-01 sshd[77]: Failed password for root from 203.0.113.7 port {} ssh2"
EVENT = {"eventName": "StopLogging", "eventId": "1", "serviceName": "Actiontrail"}


def rules(lines: list[dict[str, str]]) -> set[str]:
    return {alert["rule"] for alert in lines if alert["level"] in ("medium", "high", "critical")}


def test_a_real_auth_log_is_replayed(trailguard) -> None:
    done = trailguard("replay", "--json", str(AUTH_LOG))
    assert done.code == 0, done.err
    assert {"ssh-brute-force", "ssh-success-after-failures", "su-to-root"} <= rules(done.lines)


@pytest.mark.parametrize("name", ["nginx-error.log", "apache-error.log", "osquery-results.jsonl"])
def test_other_logs_are_replayed(trailguard, name: str) -> None:
    done = trailguard("replay", str(FIXTURES / name))
    assert done.code == 0, done.err
    assert " 0 events judged" not in done.out
    assert "unreadable" not in done.out


def test_a_rotated_log_that_is_compressed_and_begins_in_the_middle_of_a_line(trailguard, tmp_path) -> None:
    path = tmp_path / "auth.log.2.gz"
    path.write_bytes(gzip.compress(b"om 203.0.113.7 port 4711 ssh2\n" + AUTH_LOG.read_bytes()))
    done = trailguard("replay", "--json", str(path))
    assert "ssh-success-after-failures" in rules(done.lines)


def test_files_of_both_kinds_at_once(trailguard, tmp_path) -> None:
    (tmp_path / "trail.json").write_text(json.dumps([EVENT], indent=2))
    done = trailguard("replay", "--json", str(tmp_path / "trail.json"), str(AUTH_LOG))
    assert done.code == 0, done.err
    assert {"actiontrail-stopped-or-deleted", "ssh-success-after-failures"} <= rules(done.lines)


def test_lines_that_no_parser_understands_are_counted_and_shown_and_are_no_failure(trailguard) -> None:
    lines = [FAILED.format(1, 2), *(f"Nov 23 11:32:0{n} web-01 kernel: CPU{n} is hot" for n in range(3))]
    done = trailguard("replay", "-", stdin="\n".join(lines))
    assert done.code == 0
    assert "1 events judged, 0 alerts, 3 lines of unknown shape" in done.out
    assert 'unknown shapes: {"kernel: CPU* is hot": 3}' in done.err


def test_a_line_is_explained(trailguard) -> None:
    done = trailguard(
        "explain", "Nov 23 11:32:24 web-01 sshd[77]: Accepted password for root from 203.0.113.7 port 9 ssh2"
    )
    assert done.code == 0, done.err
    assert "sshd:login_accepted by root" in done.out
    assert "MATCHES ssh-root-login (medium, live)" in done.out


def test_a_line_keeps_its_place_whether_followed_or_read_again(tmp_path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("old line\n")
    follower = Follower(log, from_start=False)
    with log.open("a") as file:
        file.write("new line\n")
    assert list(follower.lines()) == [("new line", f"{log}+9")]
    assert list(Follower(log, from_start=True).lines())[1] == ("new line", f"{log}+9")


def test_a_log_that_grows_and_is_rotated_alerts_for_real(tmp_path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("")
    command = [sys.executable, "-m", "shared.cli.main", "watch", str(log)]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as watching:
        try:
            assert "watching" in _line_with(watching, "watching")
            _append(log, [FAILED.format(second, 4711) for second in range(3)])
            time.sleep(1)
            log.rename(tmp_path / "auth.log.1")
            _append(log, [FAILED.format(second, 4712) for second in range(3, 6)])
            deadline = time.monotonic() + 20
            while not _remembered(tmp_path) and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            watching.send_signal(signal.SIGINT)
            out, _ = watching.communicate(timeout=20)
    assert "SSH logins to web-01 failed" in out


def _append(path: Path, lines: list[str]) -> None:
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def _line_with(process: subprocess.Popen[str], word: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if word in line)


def _remembered(folder: Path) -> bool:
    """Whether the alert has been written down."""
    return any(b"ssh-brute-force" in path.read_bytes() for path in folder.rglob("watch.sqlite*"))
