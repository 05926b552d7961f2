"""Real daemons, real logs, `trailguard watch` as a process of its own, alerts received at a webhook.

The daemons come from Debian's packages: .ci/install. What is not there is skipped, and said.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from subprocess import DEVNULL

import pytest

from deploy.collection import HERE as COLLECTION
from shared.config import HERE
from tests.hosts import daemons
from tests.hosts.daemons import missing, wait_for
from tests.receivers.webhook import SECRET, WebhookEndpoint

ROUTES = """
route: {{receiver: team, group_by: ['...']}}
receivers:
- name: team
  webhook_configs:
  - {{url: '{url}', secrets: ['${{HOOK}}'], allow_http: true, allow_private: [127.0.0.0/8]}}
"""

Watch = Callable[..., AbstractContextManager[WebhookEndpoint]]


def needs(*programs: str) -> pytest.MarkDecorator:
    absent = missing(*programs)
    reason = f"not on this machine: {', '.join(absent)} (.ci/install)"
    return pytest.mark.skipif(bool(absent), reason=reason)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Follows logs as a person on call would have it; what arrives is at the endpoint."""

    @contextmanager
    def watching(*logs: Path) -> Iterator[WebhookEndpoint]:
        with WebhookEndpoint() as endpoint:
            alerts = tmp_path / "alerts"
            alerts.mkdir()
            for name in ("rules", "lists", "runbooks"):
                (alerts / name).symlink_to(HERE / "alerts" / name)
            (alerts / "routes.yml").write_text(ROUTES.format(url=endpoint.url))
            command = [
                sys.executable,
                "-m",
                "shared.cli.main",
                "watch",
                "--alerts",
                str(alerts),
                *map(str, logs),
            ]
            environment = {**os.environ, "HOOK": SECRET, "XDG_STATE_HOME": str(tmp_path / "state")}
            said = tmp_path / "watch.err"
            process = subprocess.Popen(
                command, cwd=HERE, env=environment, stdout=DEVNULL, stderr=said.open("w")
            )
            try:
                wait_for(lambda: "watching" in said.read_text(), "watch")
                yield endpoint
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=20)
                print(said.read_text())  # pytest shows it if the test fails

    return watching


def told(endpoint: WebhookEndpoint, *rules: str) -> list[str]:
    """The summaries of the first alert of each rule; waits until all have come."""
    wait_for(lambda: {alert["rule"] for alert in endpoint.alerts} >= set(rules), f"{rules}")
    return [next(alert["summary"] for alert in endpoint.alerts if alert["rule"] == rule) for rule in rules]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, as sshd does to check passwords")
@needs("sshd", "ssh", "ssh-keygen", "rsyslogd")
@pytest.mark.parametrize("template", ["RSYSLOG_FileFormat", "RSYSLOG_TraditionalFileFormat"])
def test_wrong_passwords_and_then_a_login_are_told_through_a_rotation(
    watch: Watch, tmp_path: Path, template: str
) -> None:
    with (
        daemons.rsyslog(tmp_path, template) as syslog,
        daemons.sshd(tmp_path, syslog.socket) as sshd,
        watch(syslog.log) as endpoint,
    ):
        sshd.guess(3)
        wait_for(lambda: syslog.log.read_text().count("Failed password") == 3, "three failures in the log")
        syslog.rotate()
        sshd.guess(3)
        (brute_force,) = told(endpoint, "ssh-brute-force")
        sshd.enter()
        (success,) = told(endpoint, "ssh-success-after-failures")
    assert "127.0.0.1" in brute_force
    assert "after 6 failed" in success
    assert "by publickey" in success


@needs("nginx")
def test_what_nginx_has_to_complain_about_is_told(watch: Watch, tmp_path: Path) -> None:
    with daemons.nginx(tmp_path) as nginx, watch(nginx.log) as endpoint:
        for _ in range(20):
            nginx.get("/up")
        for _ in range(3):
            nginx.get("/.env")
        told(endpoint, "nginx-upstream-failing", "nginx-sensitive-file-probing")
        nginx.crash_a_worker()
        nginx.start_another()
        crashed, critical = told(endpoint, "nginx-worker-crashed", "nginx-critical")
    assert "11" in crashed
    assert "Address already in use" in critical


def collect(log: Path) -> None:
    """One run of the collector, whose files are those of an empty host."""
    script = COLLECTION / "collector" / "trailguard_collector.py"
    root = log.parent / "root"
    root.mkdir(exist_ok=True)
    options = ["--log", str(log), "--state", str(log.parent / "state.json"), "--root", str(root)]
    subprocess.run([sys.executable, str(script), *options], check=True, capture_output=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="zombies and sockets as Linux has them")
def test_a_process_that_leaks_connections_and_children_is_told(watch: Watch, tmp_path: Path) -> None:
    log = tmp_path / "collector.results.log"
    log.touch()
    with watch(log) as endpoint, daemons.leak(connections=25, zombies=6) as pid:
        time.sleep(0.2)  # for the last child to have died
        collect(log)
        waiting, dead = told(endpoint, "close-wait-many", "zombies-many")
    assert f"(pid {pid})" in waiting
    assert "holds 25 connections in CLOSE_WAIT" in waiting
    assert dead.startswith("6 zombies of ")
    assert f"(pid {pid})" in dead
