"""The source `su`: who became whom, and who did not.

util-linux (https://github.com/util-linux/util-linux, login-utils/su-common.c): `(to root) bob on pts/0` and
`FAILED SU (to root) bob on none`. shadow (https://github.com/shadow-maint/shadow, src/su.c): `Successful su
for root by bob`, with `+ pts/0 bob:root` about the same. BSD: `BAD SU bob to root on /dev/ttyp0`.
"""

from __future__ import annotations

from shared.events.host_event import Facts, syslog_source
from shared.events.pam import FIELDS as PAM_FIELDS
from shared.events.pam import lone_pam_facts, pam_facts

PROGRAMS = frozenset(("su", "su-l", "runuser", "runuser-l"))

OWN_FIELDS = "attempts target_user terminal " + PAM_FIELDS


def parse(program: str, message: str) -> Facts:
    """The facts of one message of su."""
    if message[:4] == "pam_" and "): " in message[:80]:
        return pam_facts(message)
    failed = message.startswith(("FAILED SU ", "FAILED RUNUSER ", "FAILED su ", "BAD SU ", "failed: "))
    facts = _people(message)
    if not facts:
        return lone_pam_facts(message) or _other(message)
    if failed:
        return {"action": "su_failed", "outcome": "failure", "attempts": 1, **facts}
    return {"action": "su", "outcome": "success", **facts}


def _people(message: str) -> Facts | None:
    """Who, and who they want to be, in any of the ways to say it."""
    before, sign, rest = message.partition("(to ")
    if sign and before in ("", "FAILED SU ", "FAILED RUNUSER "):
        target, _, who = rest.partition(") ")
        user, _, terminal = who.rpartition(" on ")
        return {"user": user, "target_user": target, "terminal": terminal}
    if before == message and message.startswith("failed: "):  # `failed: ttyq4 changing from bob to root`
        terminal, _, who = message[8:].partition(" changing from ")
        user, to, target = who.partition(" to ")
        return {"user": user, "target_user": target, "terminal": terminal} if to else None
    for opening in ("Successful su for ", "FAILED su for "):
        if message.startswith(opening):
            target, _, user = message[len(opening) :].rpartition(" by ")
            return {"user": user, "target_user": target}
    who, sign, terminal = message.removeprefix("BAD SU ").rpartition(" on ")
    user, to, target = who.partition(" to ")
    return {"user": user, "target_user": target, "terminal": terminal} if sign and to else None


def _other(message: str) -> Facts:
    """`+ pts/0 bob:root` says again what `Successful su` and `FAILED su` say."""
    return {"action": "message" if message[:2] in ("+ ", "- ") else "other"}


SU = syslog_source("su", PROGRAMS, parse, OWN_FIELDS)
