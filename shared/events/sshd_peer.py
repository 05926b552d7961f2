"""sshd's messages about connections: who was at the other end, and why it ended.

OpenSSH writes a connection as `[authenticating user |invalid user |user ]NAME ADDRESS port N`
(fmt_connection_id in packet.c) or, before 7.5, as the address alone. The name may hold spaces; the address
stands after it.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.events.address import peer_facts, plain_address
from shared.events.host_event import Facts


def peer_of(text: str) -> Facts:
    """The facts of `NAME ADDRESS port N`, `ADDRESS port N` or `ADDRESS`."""
    peer, sign, port = text.rpartition(" port ")
    if not sign:
        return dict(peer_facts(text))
    facts = _name_and_address(peer)
    facts["source_port"] = port
    return facts


def _name_and_address(text: str) -> Facts:
    name, sign, address = text.rpartition(" ")
    facts: Facts = dict(peer_facts(address))
    if sign:
        kind, _, user = name.partition(" user ")
        if kind == "invalid":
            facts["invalid_user"] = True
        facts["user"] = user if kind in ("invalid", "authenticating") else name.removeprefix("user ")
    return facts


def connection(text: str) -> Facts | None:
    """`Connection closed by PEER`, `Connection reset by PEER`, `Connection from PEER …`."""
    if text.startswith("Connection closed by "):
        return _ended("connection_closed", text[21:])
    if text.startswith("Connection reset by "):
        return _ended("connection_reset", text[20:])
    return _connection_from(text[16:]) if text.startswith("Connection from ") else None


def disconnected(text: str) -> Facts | None:
    """`Disconnected from PEER`."""
    return _ended("disconnected", text[18:]) if text.startswith("Disconnected from ") else None


def _ended(action: str, peer: str) -> Facts:
    facts = peer_of(peer)
    facts["action"] = action
    return facts


def _connection_from(text: str) -> Facts:
    """`ADDRESS port N on ADDRESS port N`, `PEER timed out`, or `PEER: WHY`."""
    if text.endswith(" timed out"):
        return {"action": "timeout", **peer_of(text[:-10])}
    peer, sign, local = text.partition(" on ")
    if sign or text.count(" ") == 2:
        facts = {"action": "connection", **peer_of(peer)}
        words = local.split(" ", 3)
        return {**facts, "local_ip": words[0], "local_port": words[2]} if len(words) > 2 else facts
    peer, _, reason = text.rpartition(": ")
    return {"action": "connection_lost", "reason": reason, **peer_of(peer)}


def disconnecting(text: str) -> Facts:
    """`Disconnecting PEER: WHY`; before 7.5 `Disconnecting: WHY`, with the name at the end of it."""
    peer, _, reason = text.partition(": ")
    facts: Facts = {"action": "disconnecting", "reason": reason}
    if peer[13:]:
        facts.update(peer_of(peer[14:]))
    elif reason.startswith("Too many authentication failures for "):
        facts["user"] = reason[37:].rpartition(" from ")[0] or reason[37:]
    return facts


def received(text: str) -> Facts | None:
    """`Received disconnect from ADDRESS port N:11: WHY`, or `ADDRESS: 11: WHY`. WHY is the client's."""
    if not text.startswith("Received disconnect from "):
        return {
            "action": "stopped" if text.startswith(("Received signal", "Received SIG")) else "session_message"
        }
    address, _, rest = text[25:].partition(" ")
    port = ""
    if rest[:5] == "port ":
        port, _, rest = rest[5:].partition(":")
    reason = rest.partition(":")[2]
    return {
        "action": "disconnect_received",
        "reason": reason.strip(),
        **peer_facts(address.rstrip(":"), port),
    }


def timed_out(text: str) -> Facts | None:
    """`Timeout before authentication for …`, `Timeout, client not responding from …`."""
    for opening in _TIMEOUTS:
        if text.startswith(opening):
            peer, _, local = text[len(opening) :].partition(" to ")
            facts = {"action": "timeout", "attempts": 0, **peer_of(peer)}
            return {**facts, "local_ip": local.partition(",")[0]} if local else facts
    return {"action": "timeout"} if text == "Timeout, client not responding." else None


_TIMEOUTS = (
    "Timeout before authentication for connection from ",
    "Timeout before authentication for ",
    "Timeout, client not responding from ",
)

PENALTIES = ("failed authentication", "attempted authentication by invalid user")
"""Reasons of PerSourcePenalties that follow from tries to log in: what is dropped for them is one more."""


def dropped(text: str) -> Facts | None:
    """`drop connection #0 from [ADDRESS]:N on [ADDRESS]:N WHY`: PerSourcePenalties or MaxStartups."""
    _, _, rest = text.partition(" from [")
    address, _, rest = rest.partition("]:")
    port, _, rest = rest.partition(" on [")
    local, _, rest = rest.partition("]:")
    local_port, _, reason = rest.partition(" ")
    if not reason:
        return None
    counts = reason.removeprefix("penalty: ") in PENALTIES
    return {
        "action": "connection_dropped",
        "outcome": "failure",
        "attempts": 1 if counts else 0,
        **peer_facts(address, port),
        "local_ip": local,
        "local_port": local_port,
        "reason": reason,
    }


def unreadable(text: str) -> Facts | None:
    """Clients that speak no SSH, or none that the server wants to: scanners, mostly."""
    for opening, action, side in _STRANGERS:
        if text.startswith(opening):
            return {"action": action, **side(text[len(opening) :])}
    if text.startswith("Bad protocol version identification '"):
        seen, sign, peer = text[37:].rpartition("' from ")
        return {"action": "bad_banner", "reason": seen, **peer_of(peer)} if sign else None
    return None


def mapping(text: str) -> Facts | None:
    """`reverse mapping checking getaddrinfo for NAME [ADDRESS] failed…`, `Address ADDRESS maps to NAME, …`,
    `Nasty PTR record "NAME" is set up for ADDRESS, ignoring`: of a host whose DNS is not in order, mostly."""
    if text.startswith("reverse mapping checking "):
        address = text.rpartition(" [")[2].partition("]")[0]
    elif text.startswith("Nasty PTR record "):
        address = text.rpartition(" is set up for ")[2].partition(",")[0]
    elif text.startswith("Address "):
        address = text[8:].partition(" ")[0]
    else:
        return None
    facts: Facts = {"action": "reverse_mapping"}
    return {**facts, "source_ip": known} if (known := plain_address(address)) else facts


def penalised(text: str) -> Facts:
    """`srclimit_penalise: ipv4: new ADDRESS/32 active penalty of 5 seconds for penalty: WHY`."""
    told, _, reason = text.partition(" for penalty: ")
    network = next((word for word in told.split(" ")[2:5] if "/" in word), "")
    address = plain_address(network.partition("/")[0])
    facts: Facts = {"action": "penalty", "reason": reason} if reason else {"action": "penalty"}
    return {**facts, "source_ip": address} if address else facts


def _peer_first(text: str) -> Facts:
    """`ADDRESS port N: WHY` or `ADDRESS port N with WHY`, where WHY may be the client's."""
    words = text.split(" ", 3)
    if len(words) < 3 or words[1] != "port":
        address, _, reason = text.partition(": ")
        return {"reason": reason, **peer_facts(address)}
    reason = words[3] if len(words) > 3 else ""
    return {"reason": reason, **peer_facts(words[0], words[2].rstrip(":"))}


def _peer_before_reason(text: str) -> Facts:
    """`PEER: WHY`, where WHY is sshd's own and the name in PEER is not."""
    peer, _, reason = text.rpartition(": ")
    return {"reason": reason, **peer_of(peer)}


def _tcp_wrapped(text: str) -> Facts:
    """`host.example.com (203.0.113.7)`, of TCP wrappers."""
    name, _, address = text.rpartition(" (")
    return {"outcome": "failure", **(peer_facts(address.rstrip(")")) if name else peer_facts(text))}


_STRANGERS: tuple[tuple[str, str, Callable[[str], Facts]], ...] = (
    ("banner exchange: Connection from ", "bad_banner", _peer_first),
    ("ssh_dispatch_run_fatal: Connection from ", "connection_lost", _peer_before_reason),
    ("Did not receive identification string from ", "no_banner", peer_of),
    ("Could not write ident string to ", "no_banner", peer_of),
    ("Unable to negotiate with ", "negotiation_failed", _peer_first),
    ("Protocol major versions differ for ", "bad_banner", _peer_first),
    ("probed from ", "bad_banner", _peer_first),
    ("scanned from ", "bad_banner", _peer_first),
    ("refused connect from ", "connection_refused", _tcp_wrapped),
    ("Read error from remote host ", "connection_lost", _peer_first),
    ("Bad packet length ", "protocol_error", lambda text: {"reason": text}),
)
