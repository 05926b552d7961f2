"""The source `apache`: httpd's error log, of 2.2 and of 2.4.

`[Mon Nov 23 11:21:28.614379 2026] [core:error] [pid 259:tid 267] (13)Permission denied: [client
203.0.113.7:50010] AH00035: …` of 2.4, `[Sun Dec 04 04:47:44 2005] [error] [client 203.0.113.7] …` of 2.2:
ErrorLogFormat (https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat) and server/log.c. What the
programs that httpd runs write has no header at all.

The client's address stands before what the client sends, so reading goes from the left.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

from shared.events.address import peer_facts, plain_address
from shared.events.host_event import Facts
from shared.events.syslog_time import MONTHS, iso_time
from shared.events.web_error import WebLine, signal_facts, web_source

LEVELS = frozenset(
    (
        "debug info notice warn error crit alert emerg " + " ".join(f"trace{level}" for level in range(1, 9))
    ).split()
)


MOST_TAGS = 8
"""Tags that are looked for at the beginning of a line; httpd writes five at most."""


def read_line(line: str, zone: tzinfo) -> WebLine:
    """One line with a header, or one of httpd's own without (`AH00558: apache2: …`). Raises ValueError."""
    if line[:1] != "[":
        if line[:2] == "AH" and line[2:7].isdigit() and line[7:9] == ": ":
            return WebLine(None, _message_facts(line))
        raise ValueError("not a line of Apache's error log")
    time, rest = _time_and_rest(line, zone)
    facts, text = _tags(rest)
    if "level" not in facts:
        raise ValueError("not a line of Apache's error log: no level")
    facts.update(_message_facts(text))
    return WebLine(time, facts)


def _time_and_rest(line: str, zone: tzinfo) -> tuple[datetime | None, str]:
    """The time, and what follows it. Lines that come by way of syslog tell none. Raises ValueError."""
    stamp, bracket, rest = line[1:].partition("] ")
    if not bracket:
        raise ValueError("not a line of Apache's error log: no time")
    if stamp.rpartition(":")[2] in LEVELS:
        return None, line
    return _time(stamp, zone), rest


def read_output(line: str, zone: tzinfo) -> WebLine:
    """Any line of a file that is Apache's error log: without a header, the output of a program it runs."""
    try:
        return read_line(line, zone)
    except ValueError:
        return WebLine(None, {"action": "output", "message": line})


@lru_cache(maxsize=8192)
def _time(stamp: str, zone: tzinfo) -> datetime:
    """`Mon Nov 23 11:21:28.614379 2026`, or ISO 8601 (`%{cu}t`). Raises ValueError."""
    parts = stamp.split()
    if len(parts) == 5 and parts[1] in MONTHS:
        _, month, day, clock, year = parts
        return iso_time(f"{year:0>4}-{MONTHS[month]:02}-{day:0>2}T{clock}", zone)
    return iso_time(stamp.replace(" ", "T", 1).replace(" ", ""), zone)


def _tags(rest: str) -> tuple[Facts, str]:
    """The bracketed tags after the time, and the text after them; a system's error may stand between."""
    facts: Facts = {}
    for _ in range(MOST_TAGS):
        if rest[:1] == "(":
            error, colon, after = rest.partition(": ")
            number, _, name = error[1:].partition(")")
            if not colon or not number.isdigit():
                break
            facts["errno"], facts["reason"] = number, name
        else:
            tag, bracket, after = rest[1:].partition("] ")
            if rest[:1] != "[" or not bracket or not _take_tag(facts, tag):
                break
        rest = after
    return facts, rest


def _take_tag(facts: Facts, tag: str) -> bool:
    """Whether `tag` is of the header: `core:error`, `error`, `pid 1:tid 2`, `client 203.0.113.7:50010`."""
    word, _, rest = tag.partition(" ")
    module, _, level = tag.rpartition(":")
    if level in LEVELS and "level" not in facts:
        facts["level"] = level
        if module:
            facts["module"] = module
    elif word == "pid" and "pid" not in facts:
        facts["pid"], _, tid = rest.partition(":tid ")
        if tid:
            facts["tid"] = tid
    elif word in ("client", "remote"):
        facts.update(_client(rest) if "source_ip" not in facts else {})  # ModSecurity tells it again
    else:
        return False
    return True


def _client(text: str) -> Facts:
    """`203.0.113.7:50010` and `2001:db8::7:50010` of 2.4, `203.0.113.7` and `2001:db8::7` of 2.2."""
    address, _, port = text.rpartition(":")
    if plain_address(address) and (len(port) == 5 or not plain_address(text)):
        return dict(peer_facts(address, port))  # a part of an IPv6 address has at most four digits
    return dict(peer_facts(text))


def _message_facts(text: str) -> Facts:
    """`AH01617: user bob: authentication failure for "/": Password Mismatch, referer: http://…`."""
    message, sign, referrer = text.rpartition(", referer: ")
    facts: Facts = {"message": message if sign else text}
    if sign:
        facts["referrer"] = referrer
    bare = facts["message"]
    if bare[:2] == "AH" and bare[2:7].isdigit() and bare[7:9] == ": ":
        facts["code"], bare = bare[:7], bare[9:]
    facts.update(_meaning(facts.get("code", ""), bare))
    return facts


_CODES = {
    "AH01630": "forbidden",
    "AH01276": "forbidden",
    "AH00035": "forbidden",
    "AH00132": "forbidden",
    "AH01797": "forbidden",
    "AH10244": "bad_request",
    "AH00126": "bad_request",
    "AH00127": "bad_request",
    "AH00128": "not_found",
    "AH01264": "not_found",
    "AH01071": "upstream_stderr",
    "AH01215": "upstream_stderr",
    "AH00957": "upstream_failed",
    "AH00959": "upstream_failed",
    "AH01114": "upstream_failed",
    "AH01102": "upstream_failed",
    "AH00898": "upstream_failed",
    "AH00484": "exhausted",
    "AH00161": "exhausted",
    "AH00558": "misconfigured",
    "AH00489": "started",
    "AH00163": "started",
    "AH00094": "started",
    "AH00491": "stopped",
    "AH00169": "stopped",
    "AH00493": "restarted",
    "AH00171": "restarted",
}
"""Numbers of log messages (https://httpd.apache.org/docs/2.4/, APLOGNO in the sources)."""

_OPENINGS = (
    ("client denied by server configuration: ", "forbidden"),
    ("Directory index forbidden by ", "forbidden"),
    ("Cannot serve directory ", "forbidden"),
    ("Symbolic link not allowed", "forbidden"),
    ("access to ", "forbidden"),
    ("File does not exist: ", "not_found"),
    ("script not found or unable to stat", "not_found"),
    ("script '", "not_found"),
    ("stderr from ", "upstream_stderr"),
    ("Invalid URI in request", "bad_request"),
    ("Invalid method in request", "bad_request"),
    ("invalid URI path", "bad_request"),
    ("request failed: ", "bad_request"),
    ("client sent ", "bad_request"),
    ("URI too long", "bad_request"),
    ("ModSecurity: ", "rejected"),
    ("server reached MaxClients", "exhausted"),
    ("server reached MaxRequestWorkers", "exhausted"),
    ("Premature end of script headers", "upstream_failed"),
    ("End of script output before headers", "upstream_failed"),
    ("malformed header from script", "upstream_failed"),
    ("caught SIGTERM", "stopped"),
    ("Graceful restart requested", "restarted"),
    ("SIGHUP received", "restarted"),
    ("SIGUSR1 received", "restarted"),
    ("Apache/", "started"),
    ("Digest: ", "started"),
    ("mod_", "module_message"),
    ("PHP ", "application_error"),
    ("workerEnv.init() ok ", "module_message"),
    ("jk2_init() ", "module_message"),
)


def _meaning(code: str, text: str) -> Facts:
    if text.startswith("child pid ") and " exit signal " in text[:80]:
        return {"action": "worker_crashed", "outcome": "failure", **signal_facts(text, "child pid ")}
    if auth := _auth_facts(text):
        return auth
    if code in _CODES:
        return {"action": _CODES[code]}
    return {"action": next((action for opening, action in _OPENINGS if text.startswith(opening)), "other")}


def _auth_facts(text: str) -> Facts | None:
    """mod_auth_basic's `user NAME: authentication failure for "…": …` and `user NAME not found: …`,
    mod_auth_digest's ``Digest: user `NAME' in realm `…' not found: …``."""
    text = text.removeprefix("Digest: ")
    if not text.startswith("user "):
        return None
    for words in _AUTH:
        name, sign, reason = text[5:].rpartition(words)
        if sign:
            user = name.partition("' in realm `")[0].strip("`'")
            told = {"user": user, "reason": (words + reason).strip(': "')}
            return {"action": "auth_failed", "outcome": "failure", "attempts": 1, **told}
    return None


_AUTH = (
    ": authentication failure for ",
    " not found",
    ": password mismatch",
    ": nonce expired",
    ": user in wrong",
)

APACHE = web_source("apache", read_line)
