"""The source `sshd`: what OpenSSH's server logs, of every version since 5.

From its own formats (https://github.com/openssh/openssh-portable: auth.c, auth-pam.c, monitor.c, packet.c,
srclimit.c, sshd.c, sshd-session.c). Since 9.8 the program is `sshd-session`, since 10.0 also `sshd-auth`.

A user name is whatever the client sends: spaces, ` from 1.2.3.4 port 22 ssh2`, brackets. So each message is
read from the side where the client's text is not: the address after a name is found from the right.

`attempts` counts tries to log in, not lines: of all lines about one try, one has 1 and the others 0.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.events.address import peer_facts
from shared.events.host_event import Facts, syslog_source
from shared.events.kept import kept
from shared.events.pam import FIELDS as PAM_FIELDS
from shared.events.pam import lone_pam_facts, more_failures, pam_facts
from shared.events.sshd_peer import (
    connection,
    disconnected,
    disconnecting,
    dropped,
    peer_of,
    received,
    timed_out,
    unreadable,
)

PROGRAMS = frozenset(("sshd", "sshd-session", "sshd-auth"))

OWN_FIELDS = (
    "attempts user invalid_user source_ip source_host source_port local_ip local_port method submethod"
    " key_type key_fingerprint key_certificate reason preauth level "
) + PAM_FIELDS

Handler = Callable[[str], "Facts | None"]


def parse(program: str, message: str) -> Facts:
    """The facts of one message of sshd."""
    preauth = message[-10:] == " [preauth]"
    text = message[:-10] if preauth else message
    word = text.partition(" ")[0]
    handler = _HANDLERS.get(word)
    facts = handler(text) if handler else None
    if facts is None:
        facts = _by_opening(text, word)
    if preauth:
        facts["preauth"] = True
    return facts


def _by_opening(text: str, word: str) -> Facts:
    """The facts of a message that no handler knows."""
    if word[:4] == "pam_" and "): " in text[:80]:
        return pam_facts(text)
    for opening, action in _BY_WORD.get(word, ()):
        if text.startswith(opening):
            return {"action": action}
    return lone_pam_facts(text) or {"action": "other"}


def _login(text: str) -> Facts | None:
    """`Failed METHOD for [invalid user ]NAME from ADDRESS port N ssh2[: KEY]`, and its like."""
    key = ""
    if text[-5:-1] != " ssh":
        text, key = _without_key(text)
    who, _, port = text[:-5].rpartition(" port ")
    facts = _who_logs_in(who)
    if not facts:
        return None
    facts["source_port"] = port
    if key:
        facts.update(_key_facts(key))
    return facts


@kept
def _who_logs_in(text: str) -> Facts:
    """`Failed METHOD for [invalid user ]NAME from ADDRESS`; nothing of another text."""
    head, sign, address = text.rpartition(" from ")
    told, joint, name = head.partition(" for ")
    verb, _, method = told.partition(" ")
    if not sign or not joint or " " in address:
        return {}
    action, outcome = _LOGINS[verb]
    facts: Facts = {"action": action, "outcome": outcome, "method": method, **peer_facts(address)}
    _set_user(facts, name)
    if "/" in method:
        facts["method"], _, facts["submethod"] = method.partition("/")
    if verb == "Failed":
        facts["attempts"] = 0 if method in _NO_GUESS or _told_by_pam(facts) else 1
    return facts


_NO_GUESS = ("publickey", "hostbased")
"""A client offers all the keys that it has, one after another: a key refused is no attempt of its own."""

_LOGINS = {
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


def _invalid_user(text: str) -> Facts | None:
    """`Invalid user NAME from ADDRESS[ port N]`; versions before 7.4 tell no port."""
    who, _, port = text.rpartition(" port ")
    if not port.isdigit():
        who, port = text, ""
    facts = _who_is_invalid(who)
    if port and facts:
        facts["source_port"] = port
    return facts or None


@kept
def _who_is_invalid(text: str) -> Facts:
    name, sign, address = text[13:].rpartition(" from ")
    facts: Facts = {"action": "invalid_user", "user": name, "invalid_user": True}
    return {**facts, **peer_facts(address)} if sign else {}


def _user(text: str) -> Facts | None:
    """`User NAME[ from HOST] not allowed because …`: one that exists, by the server's settings."""
    who, sign, reason = text[5:].partition(" not allowed because ")
    if not sign:
        return {"action": "user_message"}
    name, sign, host = who.rpartition(" from ")
    facts: Facts = {"action": "user_refused", "outcome": "failure", "attempts": 0, "reason": reason}
    facts["user"] = name if sign else who
    return {**facts, **peer_facts(host)} if sign else facts


def _root_refused(text: str) -> Facts | None:
    """`ROOT LOGIN REFUSED FROM ADDRESS[ port N]`: PermitRootLogin says no."""
    facts: Facts = {"action": "user_refused", "outcome": "failure", "attempts": 0, "user": "root"}
    return {**facts, **peer_of(text[24:])} if text.startswith("ROOT LOGIN REFUSED FROM ") else None


def _pam(text: str) -> Facts | None:
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
    facts: Facts = {"action": "login_failed", "outcome": "failure", "method": "keyboard-interactive"}
    facts.update(submethod="pam", reason=reason, **peer_facts(host))
    _set_user(facts, name.removeprefix("service. for "))  # "… maximum number of retries for service."
    facts["attempts"] = 0 if "invalid_user" in facts else 1
    return facts


def _too_many(text: str) -> Facts | None:
    """`maximum authentication attempts exceeded for NAME from ADDRESS port N ssh2`."""
    who, sign, peer = text.rpartition(" from ")
    if not sign or not who.startswith("maximum authentication attempts exceeded for "):
        return None
    facts: Facts = {"action": "too_many_attempts", "outcome": "failure", "attempts": 0}
    _set_user(facts, who[45:])
    return {**facts, **peer_of(peer.removesuffix(" ssh2"))}


def _not_from_here(text: str) -> Facts | None:
    """`Authentication tried for NAME with correct key but not from a permitted host (host=…, ip=……)`."""
    if not text.startswith("Authentication tried for "):
        return {"action": "authentication_message"}
    who, _, where = text[25:].partition(" with ")
    facts: Facts = {"action": "key_from_wrong_host", "outcome": "failure", "attempts": 1, "user": who}
    address = where.rpartition("ip=")[2].rstrip(").").partition(",")[0]
    return {**facts, "method": "publickey", "reason": where, **peer_facts(address)}


def _levelled(text: str) -> Facts | None:
    """`error: …`, `fatal: …`: what the rest says, or an error that has no name of its own."""
    level, _, rest = text.partition(": ")
    facts = parse("sshd", rest) if rest[:7] not in ("error: ", "fatal: ") else {"action": "other"}
    if facts["action"] == "other":
        facts = {"action": "error", "reason": rest}
    facts["level"] = level
    return facts


def _solaris(text: str) -> Facts | None:
    """`[ID 800047 auth.info] …`: Solaris' own number before the message."""
    rest = text.partition("] ")[2]
    return parse("sshd", rest) if rest[:4] != "[ID " else None


_HANDLERS: dict[str, Handler] = {
    "[ID": _solaris,
    "pam_unix(sshd:auth):": pam_facts,
    "pam_unix(sshd:session):": pam_facts,
    **dict.fromkeys(_LOGINS, _login),
    "Invalid": _invalid_user,
    "Illegal": _invalid_user,
    "User": _user,
    "ROOT": _root_refused,
    "PAM": _pam,
    "PAM:": _pam,
    "maximum": _too_many,
    "Authentication": _not_from_here,
    "Received": received,
    "Timeout": timed_out,
    "drop": dropped,
    "error:": _levelled,
    "fatal:": _levelled,
    "Connection": connection,
    "Disconnected": disconnected,
    **dict.fromkeys(("Disconnecting", "Disconnecting:"), disconnecting),
    **dict.fromkeys(("banner", "ssh_dispatch_run_fatal:", "Did", "Bad", "Protocol", "Unable"), unreadable),
    **dict.fromkeys(("Could", "probed", "scanned", "refused"), unreadable),
}

_OPENINGS = (
    ("kex_exchange_identification: ", "bad_banner"),
    ("Read from socket failed: ", "connection_lost"),
    ("Write failed: ", "connection_lost"),
    ("Access denied for user ", "pam_message"),
    ("Accepted key ", "key_found"),
    ("Accepted certificate ID ", "key_found"),
    ("Server listening on ", "listening"),
    ("Exiting on signal ", "stopped"),
    ("Starting session: ", "session_started"),
    ("Close session: ", "session_ended"),
    ("subsystem request for ", "subsystem"),
    ("reverse mapping checking ", "reverse_mapping"),
    ("Address ", "reverse_mapping"),
    ("Nasty PTR record ", "reverse_mapping"),
    ("input_userauth_request: ", "user_message"),
    ("beginning MaxStartups throttling", "throttling"),
    ("in MaxStartups throttling ", "throttling"),
    ("exited MaxStartups throttling ", "throttling"),
    ("srclimit_penalise: ", "penalty"),
    ("Changed root directory to ", "session_message"),
    ("Transferred: ", "session_message"),
    ("Closing connection to ", "session_message"),
    ("Found matching ", "key_found"),
    ("Authorized to ", "key_found"),
    ("Local disconnected: ", "connection_lost"),
    ("userauth_pubkey: ", "key_refused"),
    ("refusing previously-used ", "key_refused"),
    ("Certificate ", "key_refused"),
    ("key type ", "key_refused"),
    ("dispatch_protocol_error: ", "protocol_error"),
    ("unix_listener: ", "session_message"),
    ("lastlog_openseek: ", "session_message"),
    ("lastlog_perform_login: ", "session_message"),
    ("syslogin_perform_logout: ", "session_message"),
)

_BY_WORD: dict[str, list[tuple[str, str]]] = {}
for _opening in _OPENINGS:
    _BY_WORD.setdefault(_opening[0].split(" ")[0], []).append(_opening)

SSHD = syslog_source("sshd", PROGRAMS, parse, OWN_FIELDS)
