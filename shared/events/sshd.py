"""The source `sshd`: what OpenSSH's server logs, of every version since 5.

From its own formats (https://github.com/openssh/openssh-portable: auth.c, auth-pam.c, monitor.c, packet.c,
srclimit.c, sshd.c, sshd-session.c). Since 9.8 the program is `sshd-session`, since 10.0 also `sshd-auth`.

`attempts` counts tries to log in, not lines: of all lines about one try, one has 1 and the others 0.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.events.address import ipv6_network
from shared.events.host_event import Facts, syslog_source
from shared.events.pam import FIELDS as PAM_FIELDS
from shared.events.pam import lone_pam_facts, pam_facts
from shared.events.sshd_login import (
    LOGINS,
    announced,
    denied,
    invalid_user,
    login,
    not_from_here,
    pam,
    root_refused,
    too_many,
    user,
)
from shared.events.sshd_peer import (
    connection,
    disconnected,
    disconnecting,
    dropped,
    mapping,
    penalised,
    received,
    timed_out,
    unreadable,
)

PROGRAMS = frozenset(("sshd", "sshd-session", "sshd-auth"))

OWN_FIELDS = (
    "attempts user invalid_user source_ip source_host source_port local_ip local_port method submethod"
    " source_network key_type key_fingerprint key_certificate reason preauth level "
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
    if ":" in facts.get("source_ip", ""):
        facts["source_network"] = ipv6_network(facts["source_ip"])
    return facts


def _by_opening(text: str, word: str) -> Facts:
    """The facts of a message that no handler knows."""
    if word[:4] == "pam_" and "): " in text[:80]:
        return pam_facts(text)
    for opening, action in _BY_WORD.get(word, ()):
        if text.startswith(opening):
            return {"action": action}
    return lone_pam_facts(text) or {"action": "other"}


def _levelled(text: str) -> Facts | None:
    """`error: …`, `fatal: …`: what the rest says, or an error that has no name of its own."""
    level, _, rest = text.partition(": ")
    facts = parse("sshd", rest) if rest[:7] not in ("error: ", "fatal: ") else {"action": "other"}
    if facts["action"] == "other":
        facts = {"action": "error", "reason": rest}
    facts["level"] = level
    return facts


def _numbered(text: str) -> Facts | None:
    """`[ID 800047 auth.info] …`, Solaris' own number before the message; `kernel:[  970.699396]: …`."""
    rest = text.partition("]")[2].removeprefix(":").removeprefix(" ")
    return parse("sshd", rest) if rest[:4] not in ("[ID ", "kern") else None


_HANDLERS: dict[str, Handler] = {
    "[ID": _numbered,
    "kernel:[": _numbered,
    "pam_unix(sshd:auth):": pam_facts,
    "pam_unix(sshd:session):": pam_facts,
    **dict.fromkeys(LOGINS, login),
    "Invalid": invalid_user,
    "Illegal": invalid_user,
    "User": user,
    "ROOT": root_refused,
    "PAM": pam,
    "PAM:": pam,
    "maximum": too_many,
    "Authentication": not_from_here,
    "Received": received,
    **dict.fromkeys(("Timeout", "Timeout,"), timed_out),
    "drop": dropped,
    "error:": _levelled,
    "fatal:": _levelled,
    "Connection": connection,
    "Disconnected": disconnected,
    **dict.fromkeys(("Disconnecting", "Disconnecting:"), disconnecting),
    **dict.fromkeys(("banner", "ssh_dispatch_run_fatal:", "Did", "Bad", "Protocol", "Unable"), unreadable),
    **dict.fromkeys(("Could", "probed", "scanned", "refused", "Read"), unreadable),
    **dict.fromkeys(("reverse", "Address", "Nasty"), mapping),
    "srclimit_penalise:": penalised,
    "input_userauth_request:": announced,
    "Access": denied,
    **dict.fromkeys(("debug1:", "debug2:", "debug3:"), lambda text: {"action": "debug"}),
}

_OPENINGS = (
    ("kex_exchange_identification: ", "bad_banner"),
    ("Unable to negotiate a key exchange method", "negotiation_failed"),
    ("no matching ", "negotiation_failed"),
    ("no hostkey alg", "negotiation_failed"),
    ("Corrupted MAC on input", "protocol_error"),
    ("Bad remote protocol version", "bad_banner"),
    ("error in libcrypto", "protocol_error"),
    ("Read from socket failed: ", "connection_lost"),
    ("Write failed: ", "connection_lost"),
    ("Accepted key ", "key_found"),
    ("Accepted certificate ID ", "key_found"),
    ("Server listening on ", "listening"),
    ("Exiting on signal ", "stopped"),
    ("Starting session: ", "session_started"),
    ("Close session: ", "session_ended"),
    ("subsystem request for ", "subsystem"),
    ("beginning MaxStartups throttling", "throttling"),
    ("in MaxStartups throttling ", "throttling"),
    ("exited MaxStartups throttling ", "throttling"),
    ("Changed root directory to ", "session_message"),
    ("Transferred: ", "session_message"),
    ("Closing connection to ", "session_message"),
    ("Found matching ", "key_found"),
    ("Authorized to ", "key_found"),
    ("Local disconnected: ", "connection_lost"),
    ("userauth_pubkey: ", "key_refused"),
    ("input_userauth_request: ", "user_message"),
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
