"""Running `trailguard` as a person does: a process of its own, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Ran:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Ran]


@pytest.fixture
def trailguard(tmp_path) -> Command:
    def run(*arguments: str, stdin: str | bytes = b"", **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "shared.cli.main", *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), **environment},
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def event(name: str = "StopLogging", number: int = 1, **changes: Any) -> dict[str, Any]:
    """An event that `actiontrail-stopped-or-deleted` is about, or some other."""
    return {
        "eventId": f"event-{number}",
        "eventName": name,
        "serviceName": "Actiontrail",
        "eventTime": "2026-11-20T03:04:05Z",
        "sourceIpAddress": "203.0.113.9",
        "userIdentity": {"type": "ram-user", "userName": "mallory", "accountId": "1234567890123456"},
        **changes,
    }
