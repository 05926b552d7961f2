"""What PAM modules log in a daemon's name: `pam_unix(sshd:auth): authentication failure; … rhost=…  user=…`.

The formats of pam_unix and its like, https://github.com/linux-pam/linux-pam (modules/pam_unix/support.c,
pam_unix_sess.c). A PAM line never counts as an attempt of its own: the daemon tells the same attempt itself.
Only RHEL 4's `sshd(pam_unix)[…]: authentication failure; …` stands alone, in a log without the daemon's.
"""

from __future__ import annotations

from typing import Any

from shared.events.address import peer_facts

FIELDS = "pam_module pam_type failures by_user user user_uid source_ip source_host ruser tty"

Facts = dict[str, Any]


def pam_facts(message: str) -> Facts:
    """The facts of a message that begins with `pam_…(service:type): `."""
    tag, _, text = message.partition("): ")
    module, _, service = tag.partition("(")
    facts = pam_text(text)
    facts["pam_module"], facts["pam_type"] = module, service.partition(":")[2]
    return facts


def lone_pam_facts(message: str) -> Facts | None:
    """The facts of a PAM text without `pam_…(…): ` before it, or None for any other message."""
    message = message.removeprefix("(pam_unix) ")
    if message.startswith(("authentication failure; ", "session ", "check pass; ")):
        facts = pam_text(message)
    elif " more authentication failure" in message[:40]:
        facts = more_failures(message)
    else:
        return None
    if facts["action"] == "pam_failure":
        facts["attempts"] = facts.get("failures", 1)
    return facts


def pam_text(text: str) -> Facts:
    """The facts of what a PAM module says."""
    if text.startswith("authentication failure; "):
        return {"action": "pam_failure", "outcome": "failure", "attempts": 0, **_who(text)}
    if text.startswith("session opened for user "):
        return _session_opened(text[24:])
    if text.startswith("session closed for user "):
        return {"action": "session_closed", "user": text[24:]}
    if text.startswith("password changed for "):
        return {"action": "password_changed", "outcome": "success", "user": text[21:]}
    if text.startswith("check pass; user unknown"):
        return {"action": "pam_user_unknown"}
    return {"action": "pam_message"}


def more_failures(text: str) -> Facts:
    """`4 more authentication failures; logname= … rhost=…  user=…`: PAM's count at the end."""
    count = text.partition(" ")[0]
    told = int(count) if 0 < len(count) < 7 and count.isascii() and count.isdigit() else 1
    return {"action": "pam_failure", "outcome": "failure", "attempts": 0, "failures": told, **_who(text)}


def _who(text: str) -> Facts:
    """`… tty=ssh ruser=bob rhost=203.0.113.7  user=root`; the user stands last and may be anything. So may
    ruser: of several addresses before the user, the last one is PAM's."""
    before, _, after = text.partition(" rhost=")
    rhost, _, user = after.partition(" user=")
    if " rhost=" in rhost:
        told, _, rhost = rhost.rpartition(" rhost=")
        before = f"{before} rhost={told}"
    _, _, ruser = before.partition(" ruser=")
    tty = before.partition(" tty=")[2].partition(" ruser=")[0]
    facts: Facts = {"user": user} if user else {}
    if ruser:
        facts["ruser"] = ruser
    if tty:
        facts["tty"] = tty
    if rhost.strip():
        facts.update(peer_facts(rhost.strip()))
    return facts


def _session_opened(text: str) -> Facts:
    """`root(uid=0) by alice(uid=1000)`, or `root by (uid=0)` of older ones."""
    who, _, by = text.rpartition(" by ")
    user, _, uid = who.partition("(uid=")
    facts: Facts = {"action": "session_opened", "user": user}
    if uid:
        facts["user_uid"] = uid.rstrip(")")
    if by_user := by.partition("(uid=")[0]:
        facts["by_user"] = by_user
    return facts
