"""su, and the tools that change users and groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.hosts.conftest import Facts, Read

BECAME = {"action": "su", "outcome": "success", "user": "bob", "target_user": "root"}
FAILED = {"action": "su_failed", "outcome": "failure", "attempts": 1, "user": "bob", "target_user": "root"}

SU: dict[str, tuple[str, dict[str, Any]]] = {
    "util-linux": ("(to root) bob on pts/0", {**BECAME, "terminal": "pts/0"}),
    "util-linux, failed": ("FAILED SU (to root) bob on none", {**FAILED, "terminal": "none"}),
    "runuser, failed": ("FAILED RUNUSER (to root) bob on none", {**FAILED, "terminal": "none"}),
    "shadow": ("Successful su for root by bob", BECAME),
    "shadow, failed": ("FAILED su for root by bob", FAILED),
    "shadow, once more": ("+ /dev/pts/1 bob:root", {"action": "message"}),
    "BSD": ("bob to root on /dev/ttyp0", {**BECAME, "terminal": "/dev/ttyp0"}),
    "BSD, failed": ("BAD SU bob to root on /dev/ttyp0", {**FAILED, "terminal": "/dev/ttyp0"}),
    "SunOS, failed": ("failed: ttyq4 changing from bob to root", {**FAILED, "terminal": "ttyq4"}),
    "PAM": (
        "pam_unix(su-l:session): session opened for user alice(uid=1000) by (uid=0)",
        {
            "action": "session_opened",
            "user": "alice",
            "user_uid": "1000",
            "pam_module": "pam_unix",
            "pam_type": "session",
        },
    ),
    "something else": ("the moon is full", {"action": "other"}),
}


@pytest.mark.parametrize(("message", "expected"), SU.values(), ids=SU.keys())
def test_a_message_of_su_is_understood(facts: Facts, message: str, expected: dict[str, Any]) -> None:
    assert facts("su", message) == expected


ACCOUNTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a user": (
        "useradd",
        "new user: name=eve, UID=0, GID=0, home=/root, shell=/bin/bash, from=/dev/pts/0",
        {
            "action": "user_added",
            "user": "eve",
            "uid": "0",
            "gid": "0",
            "home": "/root",
            "shell": "/bin/bash",
            "from": "/dev/pts/0",
        },
    ),
    "a group": (
        "groupadd",
        "new group: name=eve, GID=27",
        {"action": "group_added", "group": "eve", "gid": "27"},
    ),
    "its file": ("groupadd", "group added to /etc/group: name=eve, GID=27", {"action": "detail"}),
    "a member": (
        "usermod",
        "add 'alice' to group 'sudo'",
        {"action": "member_added", "user": "alice", "group": "sudo"},
    ),
    "a member, in gshadow": (
        "usermod",
        "add 'alice' to shadow group 'sudo'",
        {"action": "detail", "user": "alice", "group": "sudo"},
    ),
    "a member less": (
        "userdel",
        "delete 'alice' from group 'sudo'",
        {"action": "member_removed", "user": "alice", "group": "sudo"},
    ),
    "gpasswd's member": (
        "gpasswd",
        "user bob added by root to group adm",
        {"action": "member_added", "user": "bob", "by_user": "root", "group": "adm"},
    ),
    "gpasswd's member less": (
        "gpasswd",
        "user bob removed by root from group adm",
        {"action": "member_removed", "user": "bob", "by_user": "root", "group": "adm"},
    ),
    "all members": (
        "gpasswd",
        "members of group sudo set by root to bob,dave",
        {"action": "members_set", "by_user": "root", "group": "sudo", "members": ["bob", "dave"]},
    ),
    "a group's administrators": (
        "gpasswd",
        "administrators of group sudo set by root to bob",
        {"action": "group_administrators_set", "by_user": "root", "group": "sudo", "members": ["bob"]},
    ),
    "a group's password": (
        "gpasswd",
        "password of group sudo changed by root",
        {"action": "group_password_changed", "by_user": "root", "group": "sudo"},
    ),
    "a user's new name": (
        "usermod",
        "change user name 'carol' to 'carol2'",
        {"action": "user_renamed", "user": "carol", "new_name": "carol2"},
    ),
    "a user's new number": (
        "usermod",
        "change user 'bob' UID from '1002' to '0'",
        {"action": "user_changed", "user": "bob", "attribute": "uid", "old_value": "1002", "new_value": "0"},
    ),
    "a user's new password": (
        "usermod",
        "change user 'bob' password",
        {"action": "password_changed", "user": "bob"},
    ),
    "a lock taken off": (
        "usermod",
        "unlock user 'bob' password",
        {"action": "password_changed", "user": "bob", "password_state": "unlocked"},
    ),
    "a new shell": (
        "chsh",
        "changed user 'bob' shell to '/bin/sh'",
        {"action": "user_changed", "user": "bob", "attribute": "shell", "new_value": "/bin/sh"},
    ),
    "an expiry": (
        "chage",
        "changed password expiry for bob",
        {"action": "user_changed", "user": "bob", "attribute": "expiry"},
    ),
    "a user less": ("userdel", "delete user 'bob'", {"action": "user_removed", "user": "bob"}),
    "the user's group": (
        "userdel",
        "removed group 'bob' owned by 'bob'",
        {"action": "group_removed", "group": "bob", "user": "bob"},
    ),
    "a group less": ("groupdel", "group 'adm' removed", {"action": "group_removed", "group": "adm"}),
    "its file, too": (
        "groupdel",
        "group 'adm' removed from /etc/gshadow",
        {"action": "detail", "group": "adm"},
    ),
    "a group less, long ago": ("groupdel", "remove group `adm'", {"action": "group_removed", "group": "adm"}),
    "a group's new name and number": (
        "groupmod",
        "group changed in /etc/group (group a/1003, new name: b, new gid: 0)",
        {"action": "group_changed", "group": "a", "gid": "1003", "new_name": "b", "new_value": "0"},
    ),
    "a password": (
        "passwd",
        "pam_unix(passwd:chauthtok): password changed for root",
        {
            "action": "password_changed",
            "outcome": "success",
            "user": "root",
            "pam_module": "pam_unix",
            "pam_type": "chauthtok",
        },
    ),
    "a password without PAM": (
        "passwd",
        "password for 'bob' changed by 'root'",
        {"action": "password_changed", "user": "bob", "by_user": "root"},
    ),
    "a password that is wrong": (
        "unix_chkpwd",
        "password check failed for user (root)",
        {"action": "password_check_failed", "outcome": "failure", "user": "root"},
    ),
    "a failure": (
        "useradd",
        "failed adding user 'eve', data deleted",
        {"action": "failed", "outcome": "failure", "reason": "failed adding user 'eve', data deleted"},
    ),
    "something else": ("useradd", "the moon is full", {"action": "other"}),
}


@pytest.mark.parametrize(("program", "message", "expected"), ACCOUNTS.values(), ids=ACCOUNTS.keys())
def test_a_change_of_users_or_groups_is_understood(
    facts: Facts, program: str, message: str, expected: dict[str, Any]
) -> None:
    assert facts(program, message) == expected


def test_rhel_4_tells_su_in_pams_name(read: Read) -> None:
    event = read("Jun 15 04:06:18 combo su(pam_unix)[21416]: session opened for user cyrus by (uid=0)")
    assert (event.source, event.fields["action"], event.fields["user"]) == ("su", "session_opened", "cyrus")
