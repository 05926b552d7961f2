"""An ordinary alert, a hostile one, and how a team reads them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from shared.alerting.alert import Alert
from shared.alerting.links import runbook_links
from shared.alerting.message import compose
from shared.alerting.notice import Notice, notice_of

RUNBOOKS = "https://git.example.com/security/alerts"


@pytest.fixture
def alert() -> Alert:
    return Alert(
        id="0123456789abcdef0123456789abcdef",
        rule="actiontrail-root-sign-in-without-mfa",
        title="Root signed in without MFA",
        level="critical",
        source="actiontrail",
        account_id="1234567890123456",
        time=datetime(2026, 11, 2, 18, 30, 5, tzinfo=timezone.utc),
        summary="The root user signed in to the console without a second factor",
        event_ids=("event-1",),
        actor="root",
        action="ConsoleSignin",
        address="203.0.113.9",
        reasons=("userIdentity.type is root-account", "mfaChecked is false"),
        runbook="runbooks/root.md",
    )


@pytest.fixture
def hostile(alert: Alert) -> Alert:
    """What an attacker can put into a user name, a user agent and an object key."""
    return replace(
        alert,
        actor="bob\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script> [bold red]root[/bold red]",
        summary="### Resolved\n\n[all clear](https://evil.example) ![](https://evil.example/p.png) @所有人",
        address="https://evil.example/\u202eexe.txt",
        resource="oss-bucket/\x1b[2J\x1b]8;;https://evil.example\x07**key**\ud800@13800000000",
        reasons=("userAgent is <img src=x onerror=alert(1)>", "1. # > `x` | ~y~"),
    )


@pytest.fixture
def notice(alert: Alert) -> Notice:
    return notice_of(alert)


@pytest.fixture
def in_english():
    return partial(compose, language="en", timezone=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def with_runbooks(in_english):
    return partial(in_english, links=runbook_links(RUNBOOKS))


@pytest.fixture
def soon() -> float:
    """A deadline that no healthy receiver misses."""
    return time.time() + 10
