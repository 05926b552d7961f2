"""The source `sudo`: commands run, and refused.

The format is sudoers(5), "LOG FORMAT" (https://www.sudo.ws/docs/man/sudoers.man/), as new_logline writes it
(https://github.com/sudo-project/sudo, lib/eventlog/eventlog.c): `NAME : [WHY ; ]KEY=value ; … ; COMMAND=…`,
the keys always in the same order. Reading goes from the left, so all that follows the first COMMAND= is the
command: a directory or an argument that imitates the format hides nothing.
"""

from __future__ import annotations

from shared.events.host_event import Facts, syslog_source
from shared.events.pam import FIELDS as PAM_FIELDS
from shared.events.pam import lone_pam_facts, pam_facts

PROGRAMS = frozenset(("sudo", "sudoedit"))

OWN_FIELDS = (
    "attempts target_user target_group command working_directory terminal chroot session_id environment"
    " submit_host exit_status reason refusal "
) + PAM_FIELDS

_KEYS = {
    "HOST": "submit_host",
    "TTY": "terminal",
    "CHROOT": "chroot",
    "PWD": "working_directory",
    "USER": "target_user",
    "GROUP": "target_group",
    "TSID": "session_id",
    "ENV": "environment",
}

REFUSALS = (
    ("user NOT in sudoers", "not_in_sudoers"),
    ("user NOT authorized on host", "not_on_this_host"),
    ("command not allowed", "command_not_allowed"),
    ("a password is required", "password_required"),
    ("no tty present", "password_required"),
    ("a terminal is required", "password_required"),
    ("sorry, you must have a tty", "terminal_required"),
    ("command rejected", "command_not_allowed"),
    ("account expired", "account_expired"),
)
"""Why sudo refused, in its words and in ours; anything else is `other`."""


def parse(program: str, message: str) -> Facts:
    """The facts of one message of sudo."""
    if message[:4] == "pam_" and "): " in message[:80]:
        return pam_facts(message)
    user, sign, rest = message.lstrip().partition(" : ")
    if not sign:
        return lone_pam_facts(message) or {"action": "other"}
    if rest.startswith("(command continued)"):
        return {"action": "command_continued", "user": user, "command": rest[19:].strip()}
    facts = _details(rest)
    facts["user"] = user
    return _judged(facts)


def _details(rest: str) -> Facts:
    """The keys and values, and what stands before them as `reason`."""
    before, sign, command = rest.partition("COMMAND=")
    if sign and before and not before.endswith(" ; "):
        before, sign, command = rest.partition(" ; COMMAND=")
    values: dict[str, list[str]] = {}
    last = "reason"
    for part in before.rstrip().removesuffix(" ;").split(" ; ") if before else ():
        key, equals, value = part.partition("=")
        if equals and key in _KEYS and _KEYS[key] not in values:
            last, part = _KEYS[key], value
        values.setdefault(last, []).append(part)
    facts: Facts = {name: " ; ".join(parts) for name, parts in values.items()}
    return {**facts, "command": command} if sign else facts


def _judged(facts: Facts) -> Facts:
    """The facts with the action: a command that ran, one refused, or a word about something else."""
    reason = facts.get("reason", "")
    attempts = _wrong_passwords(reason)
    if "command" not in facts and not attempts:
        return {"action": "message", **facts}
    if not reason:
        facts.update(action="command", outcome="success")
        _set_exit_status(facts)
        return facts
    refusal = "wrong_password" if attempts else _refusal(reason)
    facts.update(action="refused", outcome="failure", refusal=refusal, attempts=attempts)
    return facts


def _wrong_passwords(reason: str) -> int:
    """N of `N incorrect password attempts`, else 0."""
    count, _, rest = reason.partition(" ")
    told = rest.startswith("incorrect password attempt") and len(count) < 7 and count.isascii()
    return int(count) if told and count.isdigit() else 0


def _refusal(reason: str) -> str:
    return next((name for words, name in REFUSALS if reason.startswith(words)), "other")


def _set_exit_status(facts: Facts) -> None:
    """`; EXIT=1` or `; SIGNAL=TERM` at the end, with sudoers' log_exit_status. An argument can look the same,
    so it stays part of the command."""
    tail = facts["command"].rpartition(" ; ")[2]
    if tail.startswith(("EXIT=", "SIGNAL=")):
        facts["exit_status"] = tail.partition("=")[2]


SUDO = syslog_source("sudo", PROGRAMS, parse, OWN_FIELDS)
