from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from shared.alerting.channels.console import Terminal
from shared.alerting.message import compose
from shared.alerting.notice import notice_of

END = "-- end of screen --"


@pytest.fixture
def terminal(monkeypatch):
    """A real pseudo-terminal: what is printed into it, and a way to read it."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        yield stream, lambda: _screen(stream, ours)
    os.close(ours)


def _screen(stream, ours: int) -> str:
    print(END, end="", file=stream, flush=True)
    shown = b""
    while not shown.endswith(END.encode()):
        shown += os.read(ours, 65536)
    return shown.decode().removesuffix(END)


def printed(alert, compose) -> str:
    stream = io.StringIO()
    assert Terminal(compose, stream).send(notice_of(alert), 0).kind == "sent"
    return stream.getvalue()


def test_outside_a_terminal_it_is_plain_text(alert, in_english):
    text = printed(alert, in_english)
    assert text.startswith("[CRITICAL] Root signed in without MFA\n\nWhat happened: The root user")
    assert "Why it matched:\n  - userIdentity.type is root-account\n" in text
    assert "\x1b" not in text


def test_on_a_terminal_it_has_a_coloured_badge_and_a_row_for_each_fact(terminal, alert, with_runbooks):
    stream, screen = terminal
    Terminal(with_runbooks, stream).send(notice_of(alert), 0)
    shown = screen()
    assert "\x1b[1;37;41m CRITICAL \x1b[0m" in shown
    assert "203.0.113.9" in shown
    assert "https://git.example.com/security/alerts/runbooks/root.md" in shown


@pytest.mark.parametrize("level", ["high", "medium", "low", "informational", "unheard-of"])
def test_every_level_can_be_shown(terminal, alert, in_english, level):
    stream, screen = terminal
    Terminal(in_english, stream).send(notice_of(replace(alert, level=level)), 0)
    assert "Root signed in without MFA" in screen()


def test_markup_and_escape_sequences_in_event_text_are_shown_literally(terminal, hostile, in_english):
    stream, screen = terminal
    Terminal(in_english, stream).send(
        notice_of(replace(hostile, title="[bold]x[/bold] :smile: [link=https://evil.example]y")), 0
    )
    shown = screen()
    assert "[bold]x[/bold] :smile: [link=https[:]//evil.example]y" in shown
    assert "[bold red]root[/bold red]" in shown.replace("\r\n", "")
    assert "\x1b[2J" not in shown
    assert "\x1b]8" not in shown
    assert "\u202e" not in shown


def test_hostile_text_in_a_file_is_one_line_a_fact(hostile, in_english):
    text = printed(hostile, in_english)
    assert not set(text) & set("\x1b\r\x07\u202e\ud800")
    assert "\nBcc:" not in text


def test_chinese_labels_are_printed(alert):
    chinese = partial(compose, language="zh", timezone=ZoneInfo("Asia/Shanghai"))
    assert "操作者: root" in printed(alert, chinese)


def test_rich_is_loaded_only_for_a_terminal():
    code = "import sys, shared.alerting.channels.console; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
