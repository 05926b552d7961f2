"""The source `nginx`: nginx's error log.

`2026/11/23 11:21:21 [error] 23#23: *14 MESSAGE, client: …, server: …, request: "…", …`, as ngx_log_error_core
and ngx_http_log_error write it (https://github.com/nginx/nginx, src/core/ngx_log.c and
src/http/ngx_http_request.c).

The path in MESSAGE, the request, the Host header and the referrer are the client's. The client's address is
therefore found by what must follow it, outside of quotation marks; only a path that imitates a whole line of
nginx's can pass for one.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from shared.events.address import peer_facts, plain_address
from shared.events.host_event import Facts
from shared.events.syslog_time import in_utc
from shared.events.web_error import WebLine, signal_facts, web_source

LEVELS = frozenset("debug info notice warn error crit alert emerg".split())

_CLIENT = ", client: "

_REFERRER = ', referrer: "'

LONGEST_CLIENT = 400
"""Characters in which the client's address and the server's name stand."""

_QUOTED = (
    ("request", "request"),
    ("upstream", "upstream"),
    ("host", "request_host"),
    ("referrer", "referrer"),
)
"""What follows the server, in this order, as `, request: "…"`; and our names."""


def read_line(line: str, zone: tzinfo) -> WebLine:
    """One line of nginx's error log. Raises ValueError for a line of another kind."""
    stamp, bracket, rest = line.partition(" [")
    level, sign, rest = rest.partition("] ")
    process, colon, text = rest.partition(": ")
    pid, hash_sign, tid = process.partition("#")
    if len(stamp) != 19 or not (bracket and sign and colon and hash_sign and level in LEVELS):
        raise ValueError("not a line of nginx's error log")
    facts: Facts = {"level": level, "pid": pid, "tid": tid}
    if text[:1] == "*":
        facts["connection"], _, text = text[1:].partition(" ")
    _add_message(facts, text)
    return WebLine(_time(stamp, zone), facts)


def _time(stamp: str, zone: tzinfo) -> datetime:
    """`2026/11/23 11:21:21`, in the host's zone. Raises ValueError."""
    return in_utc(datetime.fromisoformat(stamp.replace("/", "-")), zone)


def _add_message(facts: Facts, text: str) -> None:
    at = _client_at(text)
    message = text[:at] if at >= 0 else text
    facts["message"] = message
    if at >= 0:
        _add_context(facts, text[at + len(_CLIENT) :])
    facts.update(_meaning(message))


def _client_at(text: str) -> int:
    """Where the server's own `, client: ` begins, or -1: the first that what follows bears out and that
    stands outside of quotation marks. A name or path with such a mark upsets that: then just the first."""
    at = _client_after_name(text)
    if at >= 0:
        return at
    at, counted, quotes, first = text.find(_CLIENT), 0, 0, -1
    while at >= 0:
        quotes += text.count('"', counted, at)
        counted = at
        if _is_client(text[at + len(_CLIENT) : at + LONGEST_CLIENT]):
            if quotes % 2 == 0:
                return at
            first = at if first < 0 else first
        at = text.find(_CLIENT, at + 1)
    return first


def _client_after_name(text: str) -> int:
    """The same in a message about a user, whose name may imitate the rest of the line. The name stands before
    the real rest, so the last that fits counts; but the referrer, after it, may hold anything as well."""
    if not text.startswith('user "'):
        return -1
    end = text.find(_REFERRER)
    end = end if end >= 0 else len(text)
    at = max(text.rfind(ending + _CLIENT, 0, end) + len(ending) for ending in _ENDINGS)
    after = at + len(_CLIENT)
    return at if text[at:after] == _CLIENT and _is_client(text[after : after + LONGEST_CLIENT]) else -1


_ENDINGS = (": password mismatch", '"')
"""What nginx's messages about a user end with."""


def _is_client(text: str) -> bool:
    """Whether `text` goes on as nginx does: an address alone, or with `server: NAME` alone or with a key."""
    client, comma, rest = text.partition(", ")
    server, _, after = rest.partition(", ")
    known = plain_address(client) or plain_address(client.rpartition(":")[0]) or client == "unix:"
    if not known or not comma:
        return bool(known)
    named = server.startswith("server: ") and not any(sign in server[8:] for sign in ' "')
    return named and (not after or after.startswith(_KEYS))


_KEYS = ('request: "', 'upstream: "', 'host: "', "bytes from/to client:", "login: ")


def _add_context(facts: Facts, text: str) -> None:
    """`203.0.113.7, server: example.com, request: "GET / HTTP/1.1", host: "example.com"`."""
    client, _, rest = text.partition(", ")
    address, colon, port = client.rpartition(":")
    if colon and plain_address(address) and not plain_address(client):
        facts.update(peer_facts(address, port))  # stream and mail: `client: 203.0.113.7:4711`
    else:
        facts.update(peer_facts(client))
    if rest.startswith("server: "):
        server, _, rest = rest[8:].partition(", ")
        facts["server"] = server
    rest = ", " + rest
    for name, field in _QUOTED:
        _, sign, after = rest.partition(f', {name}: "')
        if sign:
            facts[field], _, rest = after.partition('"')


_MEANINGS: tuple[tuple[str, str], ...] = (
    ("access forbidden by rule", "forbidden"),
    ("directory index of ", "forbidden"),
    ("limiting ", "limited"),
    ("delaying request", "limited"),
    ("upstream ", "upstream_failed"),
    ("no live upstreams", "upstream_failed"),
    ("connect() ", "upstream_failed"),
    ("FastCGI sent in stderr: ", "upstream_stderr"),
    ("SSL_do_handshake() failed", "tls_failed"),
    ("SSL_read() failed", "tls_failed"),
    ("SSL_shutdown() failed", "tls_failed"),
    ("client intended to send too large body", "too_large"),
    ("client sent ", "bad_request"),
    ("invalid ", "bad_request"),
    ("recv() failed", "connection_lost"),
    ("send() failed", "connection_lost"),
    ("writev() failed", "connection_lost"),
    ("rewrite or internal redirection cycle", "misconfigured"),
    ("cannot load certificate", "misconfigured"),
    ("bind() to ", "misconfigured"),
    ("signal ", "signalled"),
    ("start worker process", "started"),
    ("using the ", "started"),
    ("nginx/", "started"),
)


def _meaning(message: str) -> Facts:
    """The action of a message, and what belongs to it."""
    if message.startswith(('user "', "no user/password")) and (auth := _auth_facts(message)):
        return auth
    if message.startswith("worker process ") and " exited on signal " in message[:80]:
        return {"action": "worker_crashed", "outcome": "failure", **signal_facts(message, "worker process ")}
    if "worker_connections are not enough" in message[:80]:
        return {"action": "exhausted"}
    for opening, action in _MEANINGS:
        if message.startswith(opening):
            return {"action": action}
    return _file_facts(message)


def _auth_facts(message: str) -> Facts | None:
    """`user "bob": password mismatch`, `user "bob" was not found in "/etc/htpasswd"`; the name is at will."""
    facts: Facts = {"action": "auth_failed", "outcome": "failure", "attempts": 1}
    if message.startswith("no user/password"):
        return {**facts, "attempts": 0, "reason": "no user/password was provided"}
    if message.endswith(": password mismatch"):
        return {**facts, "user": message[6:-19].removesuffix('"'), "reason": "password mismatch"}
    user, sign, _ = message[6:].rpartition(' was not found in "')
    if not sign:
        return None
    return {**facts, "user": user.rstrip(":").removesuffix('"'), "reason": "user was not found"}


def _file_facts(message: str) -> Facts:
    """`open() "/srv/x" failed (2: No such file or directory)`, `"/srv/d/index.html" is forbidden (13: …)`."""
    _, bracket, cause = message.rpartition(" (")
    errno, colon, text = cause.partition(": ")
    if not bracket or not colon or not errno.isdigit():
        return {"action": "other"}
    action = {"2": "not_found", "13": "forbidden", "20": "not_found", "36": "not_found"}.get(errno, "failed")
    return {"action": action, "errno": errno, "reason": text.rstrip(")")}


NGINX = web_source("nginx", read_line)
