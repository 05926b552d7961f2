"""sshd's messages about logins: who tried, how, and what came of it.

A user name is whatever the client sends: spaces, ` from 1.2.3.4 port 22 ssh2`, brackets. So each message is
read from the side where the client's text is not: the address after a name is found from the right.
"""

from __future__ import annotations

from shared.events.address import peer_facts
from shared.events.host_event import Facts
from shared.events.pam import more_failures
from shared.events.sshd_peer import peer_of


def login(text: str) -> Facts | None:
    """`Failed METHOD for [invalid user ]NAME from ADDRESS port N ssh2[: KEY]`, and its like."""
    key = ""
    if text[-5:-1] != " ssh":
        text, key = _without_key(text)
    who, _, port = text[:-5].rpartition(" port ")
    facts = _who_logs_in(who)
    if not facts:
        return _portless_login(text[:-5])
    facts["source_port"] = port
    if key:
        facts.update(_key_facts(key))
    return facts


def _portless_login(text: str) -> Facts | None:
    """The same without ` port N ssh2`, as wrappers and old versions leave it out."""
    facts = _who_logs_in(text)
    return facts if "source_ip" in facts else None


def _who_logs_in(text: str) -> Facts:
    """`Failed METHOD for [invalid user ]NAME from ADDRESS`; nothing of another text."""
    head, sign, address = text.rpartition(" from ")
    told, joint, name = head.partition(" for ")
    verb, _, method = told.partition(" ")
    if not sign or not joint or " " in address:
        return {}
    action, outcome = LOGINS[verb]
    facts: Facts = {"action": action, "outcome": outcome, "method": method, **peer_facts(address)}
    _set_user(facts, name)
    if "/" in method:
        facts["method"], _, facts["submethod"] = method.partition("/")
    if verb == "Failed":
        facts["attempts"] = 0 if method in _NO_GUESS or _told_by_pam(facts) else 1
    return facts


_NO_GUESS = ("publickey", "hostbased")
"""A client offers all the keys that it has, one after another: a key refused is no attempt of its own."""

LOGINS = {
    "Accepted": ("login_accepted", "success"),
    "Failed": ("login_failed", "failure"),
    "Partial": ("login_partial", "partial"),
    "Postponed": ("login_postponed", "postponed"),
}


def _told_by_pam(facts: Facts) -> bool:
    """Whether `error: PAM: Authentication failure for …` counts instead: for users that exist, where this
    line is left out below LogLevel VERBOSE until half of MaxAuthTries are gone (auth_log)."""
    return facts.get("submethod") == "pam" and "invalid_user" not in facts


def _set_user(facts: Facts, name: str) -> None:
    if name[:13] in ("invalid user ", "illegal user "):
        facts["invalid_user"] = True
        name = name[13:]
    facts["user"] = name


def _without_key(text: str) -> tuple[str, str]:
    """The text up to `ssh2`, and what follows. A fingerprint can hold no ` ssh2: `, unlike the name before
    it; a certificate's id and hostbased's client user can, so there the first one counts."""
    head, _, key = text.rpartition(" ssh2: ")
    if key.count(" ") != 1:
        head, _, key = text.partition(" ssh2: ")
    return head + " ssh2", key


def _key_facts(key: str) -> Facts:
    """`ED25519 SHA256:…`, `ED25519-CERT SHA256:… ID alice (serial 7) CA RSA SHA256:…`; else nothing."""
    kind, _, rest = key.partition(" ")
    fingerprint, _, certificate = rest.partition(" ")
    if ":" not in fingerprint or not kind.replace("-", "").isalnum():
        return {"reason": key}
    facts = {"key_type": kind, "key_fingerprint": fingerprint}
    return {**facts, "key_certificate": certificate} if certificate else facts


def invalid_user(text: str) -> Facts | None:
    """`Invalid user NAME from ADDRESS[ port N]`; versions before 7.4 tell no port."""
    who, _, port = text.rpartition(" port ")
    if not port.isdigit():
        who, port = text, ""
    facts = _who_is_invalid(who)
    if port and facts:
        facts["source_port"] = port
    return facts or None


def _who_is_invalid(text: str) -> Facts:
    name, sign, address = text[13:].rpartition(" from ")
    facts: Facts = {"action": "invalid_user", "user": name, "invalid_user": True}
    return {**facts, **peer_facts(address)} if sign else {}


def user(text: str) -> Facts | None:
    """`User NAME[ from HOST] not allowed because …`: one that exists, by the server's settings."""
    who, sign, reason = text[5:].partition(" not allowed because ")
    if not sign:
        return {"action": "user_message"}
    name, sign, host = who.rpartition(" from ")
    facts: Facts = {"action": "user_refused", "outcome": "failure", "attempts": 0, "reason": reason}
    facts["user"] = name if sign else who
    return {**facts, **peer_facts(host)} if sign else facts


def announced(text: str) -> Facts | None:
    """`input_userauth_request: invalid user NAME`, which says `Invalid user NAME from …` again."""
    name = text[24:]
    return {"action": "user_message", "user": name[13:]} if name[:13] == "invalid user " else None


def denied(text: str) -> Facts | None:
    """`Access denied for user NAME by PAM account configuration`: the password was right."""
    if not text.startswith("Access denied for user "):
        return None
    return {"action": "pam_message", "user": text[23:].removesuffix(" by PAM account configuration")}


def root_refused(text: str) -> Facts | None:
    """`ROOT LOGIN REFUSED FROM ADDRESS[ port N]`: PermitRootLogin says no."""
    facts: Facts = {"action": "user_refused", "outcome": "failure", "attempts": 0, "user": "root"}
    return {**facts, **peer_of(text[24:])} if text.startswith("ROOT LOGIN REFUSED FROM ") else None


def pam(text: str) -> Facts | None:
    """`PAM: WHY for [illegal user ]NAME from HOST`, and `PAM 4 more authentication failures; …`."""
    if text[:5] != "PAM: ":
        return (
            more_failures(text[4:])
            if " more authentication failure" in text[:50]
            else {"action": "pam_message"}
        )
    head, sign, host = text[5:].rpartition(" from ")
    reason, told, name = head.partition(" for ")
    if not sign or not told:
        return {"action": "pam_message"}
    host = host.partition(" via ")[0].strip()  # macOS tells the address that was connected to, too
    facts: Facts = {"action": "login_failed", "outcome": "failure", "method": "keyboard-interactive"}
    facts.update(submethod="pam", reason=reason, **peer_facts(host))
    _set_user(facts, name.removeprefix("service. for "))  # "… maximum number of retries for service."
    facts["attempts"] = 0 if "invalid_user" in facts else 1
    return facts


def too_many(text: str) -> Facts | None:
    """`maximum authentication attempts exceeded for NAME from ADDRESS port N ssh2`."""
    who, sign, peer = text.rpartition(" from ")
    if not sign or not who.startswith("maximum authentication attempts exceeded for "):
        return None
    facts: Facts = {"action": "too_many_attempts", "outcome": "failure", "attempts": 0}
    _set_user(facts, who[45:])
    return {**facts, **peer_of(peer.removesuffix(" ssh2"))}


def not_from_here(text: str) -> Facts | None:
    """`Authentication tried for NAME with correct key but not from a permitted host (host=…, ip=……)`."""
    if not text.startswith("Authentication tried for "):
        return {"action": "authentication_message"}
    who, _, where = text[25:].partition(" with ")
    facts: Facts = {"action": "key_from_wrong_host", "outcome": "failure", "attempts": 1, "user": who}
    address = where.rpartition("ip=")[2].rstrip(").").partition(",")[0]
    return {**facts, "method": "publickey", "reason": where, **peer_facts(address)}
