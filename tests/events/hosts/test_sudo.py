"""sudo's lines, as sudoers(5) describes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.hosts.conftest import Facts

RUN = {"action": "command", "outcome": "success", "user": "alice", "target_user": "root"}
REFUSED = {"action": "refused", "outcome": "failure", "attempts": 0, "user": "bob", "target_user": "root"}

MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "a command": (
        "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/sh -c 'true ; id'",
        {**RUN, "terminal": "pts/0", "working_directory": "/", "command": "/usr/bin/sh -c 'true ; id'"},
    ),
    "a command without a terminal": (
        "alice : PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        {**RUN, "working_directory": "/", "command": "/usr/bin/id"},
    ),
    "all that can be told": (
        "alice : HOST=web ; TTY=pts/0 ; CHROOT=/c ; PWD=/ ; USER=root ; GROUP=adm ; TSID=000001@2.5 ;"
        " ENV=A=1 B=2 ; COMMAND=/usr/bin/id",
        {
            **RUN,
            "submit_host": "web",
            "terminal": "pts/0",
            "chroot": "/c",
            "working_directory": "/",
            "target_group": "adm",
            "session_id": "000001@2.5",
            "environment": "A=1 B=2",
            "command": "/usr/bin/id",
        },
    ),
    "how it ended": (
        "alice : PWD=/ ; USER=root ; COMMAND=/usr/bin/false ; EXIT=1",
        {**RUN, "working_directory": "/", "command": "/usr/bin/false ; EXIT=1", "exit_status": "1"},
    ),
    "the rest of a long one": (
        "   alice : (command continued) x y",
        {"action": "command_continued", "user": "alice", "command": "x y"},
    ),
    "not in sudoers": (
        "bob : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/cat /etc/shadow",
        {
            **REFUSED,
            "refusal": "not_in_sudoers",
            "reason": "user NOT in sudoers",
            "terminal": "pts/1",
            "working_directory": "/",
            "command": "/usr/bin/cat /etc/shadow",
        },
    ),
    "wrong passwords": (
        "bob : 3 incorrect password attempts ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        {
            **REFUSED,
            "refusal": "wrong_password",
            "reason": "3 incorrect password attempts",
            "attempts": 3,
            "working_directory": "/",
            "command": "/usr/bin/id",
        },
    ),
    "one wrong password": (
        "bob : 1 incorrect password attempt ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        {
            **REFUSED,
            "refusal": "wrong_password",
            "reason": "1 incorrect password attempt",
            "attempts": 1,
            "working_directory": "/",
            "command": "/usr/bin/id",
        },
    ),
    "not on this host": (
        "bob : user NOT authorized on host ; PWD=/ ; USER=root ; COMMAND=list",
        {
            **REFUSED,
            "refusal": "not_on_this_host",
            "reason": "user NOT authorized on host",
            "working_directory": "/",
            "command": "list",
        },
    ),
    "a refusal of another kind": (
        "bob : the moon is full ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        {
            **REFUSED,
            "refusal": "other",
            "reason": "the moon is full",
            "working_directory": "/",
            "command": "/usr/bin/id",
        },
    ),
    "a remark": (
        "alice : unable to resolve host web-01: Temporary failure in name resolution",
        {
            "action": "message",
            "user": "alice",
            "reason": "unable to resolve host web-01: Temporary failure in name resolution",
        },
    ),
    "a remark with keys": (
        "alice : problem with defaults entries ; PWD=/ ; USER=root ; ",
        {
            "action": "message",
            "user": "alice",
            "reason": "problem with defaults entries",
            "working_directory": "/",
            "target_user": "root",
        },
    ),
    "PAM's view of a wrong password": (
        "pam_unix(sudo:auth): authentication failure; logname= uid=1000 euid=0 tty= ruser=alice rhost= "
        " user=alice",
        {
            "action": "pam_failure",
            "outcome": "failure",
            "attempts": 0,
            "user": "alice",
            "ruser": "alice",
            "pam_module": "pam_unix",
            "pam_type": "auth",
        },
    ),
    "something else": ("the moon is full", {"action": "other"}),
}


@pytest.mark.parametrize(("message", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_of_sudo_is_understood(facts: Facts, message: str, expected: dict[str, Any]) -> None:
    assert facts("sudo", message) == expected


TRICKS = {
    "an argument that looks like a command": (
        "bob : PWD=/ ; USER=root ; COMMAND=/evil x ; USER=www ; COMMAND=/usr/bin/id",
        "/evil x ; USER=www ; COMMAND=/usr/bin/id",
    ),
    "an argument that looks like the end": (
        "bob : PWD=/ ; USER=root ; COMMAND=/evil ; EXIT=0",
        "/evil ; EXIT=0",
    ),
    "a variable that looks like a command": (
        "bob : PWD=/ ; USER=root ; ENV=A=COMMAND=/usr/bin/id ; COMMAND=/evil",
        "/evil",
    ),
}


@pytest.mark.parametrize(("message", "command"), TRICKS.values(), ids=TRICKS.keys())
def test_no_trick_hides_the_command(facts: Facts, message: str, command: str) -> None:
    told = facts("sudo", message)
    assert (told["action"], told["command"], told["target_user"]) == ("command", command, "root")


def test_a_directory_that_looks_like_a_command_hides_nothing(facts: Facts) -> None:
    message = "bob : PWD=/tmp/x ; USER=www ; COMMAND=/usr/bin/id ; USER=root ; COMMAND=/evil"
    assert "/evil" in facts("sudo", message)["command"]
