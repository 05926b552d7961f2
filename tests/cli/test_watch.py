"""`trailguard watch`: a file that grows, is rotated and truncated; alerts told for real, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.cli.main import main
from shared.cli.tail import Follower
from shared.config import HERE
from tests.cli.conftest import event
from tests.receivers.webhook import SECRET, WebhookEndpoint


def lines_of(follower: Follower) -> list[str]:
    return [line for line, _ in follower.lines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_text("old\n")
    return path


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_what_comes_after_the_start_is_read_unless_asked(log) -> None:
    assert lines_of(Follower(log, from_start=False)) == []
    assert lines_of(Follower(log, from_start=True)) == ["old"]


def test_a_line_is_read_once_it_is_whole(log) -> None:
    follower = Follower(log, from_start=False)
    append(log, "ha")
    assert lines_of(follower) == []
    append(log, "lf\r\nnext")
    assert lines_of(follower) == ["half"]


def test_what_is_not_completed_is_read_when_no_more_will_come(log) -> None:
    follower = Follower(log, from_start=False)
    append(log, '{\n  "half": 1')
    assert lines_of(follower) == []
    assert [line for line, _ in follower.rest()] == ['{\n  "half": 1']
    assert list(follower.rest()) == []


@pytest.mark.parametrize("indent", [None, 2])
def test_once_judges_what_is_there_to_the_last_byte(trailguard, tmp_path, indent) -> None:
    file = tmp_path / "events.json"
    file.write_text("\ufeff" + "\n".join(json.dumps(event(number=n), indent=indent) for n in (1, 2)))
    done = trailguard("watch", "--from-start", "--once", str(file))
    assert (done.code, done.err.splitlines()[-1]) == (0, "2 events judged, 2 alerts")


def test_rotation_loses_no_line(log, tmp_path) -> None:
    follower = Follower(log, from_start=False)
    append(log, "one\n")
    log.rename(tmp_path / "a.log.1")
    append(tmp_path / "a.log.1", "two, written late\nthree without an end")
    log.write_text("four\n")
    assert lines_of(follower) == ["one", "two, written late", "three without an end", "four"]


def test_a_file_that_is_away_for_a_while_is_read_from_its_start_when_it_comes(log) -> None:
    follower = Follower(log, from_start=False)
    log.unlink()
    assert lines_of(follower) == []
    log.write_text("new\n")
    assert lines_of(follower) == ["new"]


def test_a_rotated_file_that_may_not_be_read_yet_is_told_once_and_read_when_it_may(
    everyones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everyones.write_text("old\n")
    with as_nobody():
        follower = Follower(everyones, from_start=False)
        everyones.rename(everyones.with_suffix(".1"))
        everyones.touch(mode=0o000)
        assert lines_of(follower) == lines_of(follower) == []
        everyones.chmod(0o644)
        everyones.write_text("new\n")
        assert lines_of(follower) == ["new"]
    assert capsys.readouterr().err == f"{everyones}: Permission denied; it is tried again\n"


def test_a_file_that_may_not_be_read_is_an_error_at_the_start(everyones: Path, capsys) -> None:
    everyones.touch(mode=0o000)
    with as_nobody():
        assert main(["watch", "--once", "--state", str(everyones.with_name("state")), str(everyones)]) == 2
    assert f"{everyones}: Permission denied\n" in capsys.readouterr().err


@pytest.fixture
def everyones() -> Iterator[Path]:
    """A log in a folder that anybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder, "log")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to read everything, where the tests have it."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_that_starts_over_is_read_from_its_start(log) -> None:
    append(log, "a longer line than comes later\n")
    follower = Follower(log, from_start=False)
    log.write_text("new\n")
    assert lines_of(follower) == ["new"]


@pytest.fixture
def webhook() -> Iterator[WebhookEndpoint]:
    with WebhookEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def alerts(tmp_path, webhook) -> Path:
    folder = tmp_path / "alerts"
    folder.mkdir()
    for name in ("rules", "lists", "runbooks"):
        (folder / name).symlink_to(HERE / "alerts" / name)
    (folder / "routes.yml").write_text(
        "route: {receiver: team, group_by: ['...']}\nreceivers:\n- name: team\n  webhook_configs:\n"
        f"  - {{url: '{webhook.url}', secrets: ['${{HOOK}}'], allow_http: true,\n"
        "     allow_private: [127.0.0.0/8]}\n"
    )
    return folder


def test_an_alert_is_shown_and_told_and_a_restart_tells_nothing_twice(
    trailguard, alerts, webhook, tmp_path
) -> None:
    log = tmp_path / "events.ndjson"
    log.write_text(json.dumps(event()) + "\n")
    for _ in range(2):
        done = trailguard("watch", "--alerts", str(alerts), "--from-start", "--once", str(log), HOOK=SECRET)
        assert done.code == 0, done.err
    assert [alert["rule"] for alert in webhook.alerts] == ["actiontrail-stopped-or-deleted"]
    append(log, json.dumps(event("DeleteTrail", 2)) + "\n")
    done = trailguard("watch", "--alerts", str(alerts), "--from-start", "--once", str(log), HOOK=SECRET)
    assert "DeleteTrail" in done.out
    assert len(webhook.alerts) == 2


def test_standard_input_is_judged_line_by_line(trailguard, alerts, webhook) -> None:
    text = json.dumps(event()) + "\nnot json\n" + json.dumps(event("DeleteTrail", 2)) + "\n"
    done = trailguard("watch", "--alerts", str(alerts), "-", stdin=text, HOOK=SECRET)
    assert done.code == 0
    assert "2 events judged, 2 alerts, 1 record unreadable" in done.err
    rules = [alert["rule"] for alert in webhook.alerts]
    assert sorted(rules) == ["actiontrail-stopped-or-deleted"] * 2 + ["unreadable-records"]


def test_a_growing_file_alerts_within_seconds(alerts, webhook, tmp_path) -> None:
    log = tmp_path / "events.ndjson"
    log.touch()
    environment = {**os.environ, "HOOK": SECRET, "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "shared.cli.main", "watch", "--alerts", str(alerts), str(log)]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as watching:
        assert watching.stderr is not None
        watching.stderr.readline()  # it says that it watches
        append(log, json.dumps(event()) + "\n")
        started = time.monotonic()
        while not webhook.alerts and time.monotonic() - started < 20:
            time.sleep(0.05)
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=20)
    assert len(webhook.alerts) == 1
