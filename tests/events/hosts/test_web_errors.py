"""Error logs of nginx and Apache, in the formats of their own sources."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_lines import HostLines, Other
from tests.events.hosts.conftest import Read

TAIL = 'client: 203.0.113.7, server: example.com, request: "GET /x HTTP/1.1", host: "example.com"'

NGINX: dict[str, tuple[str, dict[str, Any]]] = {
    "a file that is not there": (
        f'[error] 23#24: *1 open() "/srv/x" failed (2: No such file or directory), {TAIL}',
        {
            "action": "not_found",
            "level": "error",
            "pid": "23",
            "tid": "24",
            "connection": "1",
            "errno": "2",
            "source_ip": "203.0.113.7",
            "server": "example.com",
            "request": "GET /x HTTP/1.1",
            "request_host": "example.com",
        },
    ),
    "a wrong password": (
        f'[error] 23#23: *12 user "bob": password mismatch, {TAIL}',
        {"action": "auth_failed", "user": "bob", "attempts": 1, "source_ip": "203.0.113.7"},
    ),
    "a user that is not there": (
        f'[error] 23#23: *12 user "bob" was not found in "/etc/htp", {TAIL}',
        {"action": "auth_failed", "user": "bob", "attempts": 1, "source_ip": "203.0.113.7"},
    ),
    "an upstream that refuses": (
        "[error] 23#23: *14 connect() failed (111: Connection refused) while connecting to upstream, client:"
        ' 203.0.113.7, server: , request: "GET /up HTTP/1.1", upstream: "http://127.0.0.1:9/up", host: "a",'
        ' referrer: "http://r/"',
        {
            "action": "upstream_failed",
            "server": "",
            "upstream": "http://127.0.0.1:9/up",
            "referrer": "http://r/",
        },
    ),
    "a rule": (f"[error] 23#23: *4 access forbidden by rule, {TAIL}", {"action": "forbidden"}),
    "a limit": (
        f'[error] 23#23: *7 limiting requests, excess: 1.988 by zone "one", {TAIL}',
        {"action": "limited", "source_ip": "203.0.113.7"},
    ),
    "a worker that crashed": (
        "[alert] 23#23: worker process 77 exited on signal 11 (core dumped)",
        {"action": "worker_crashed", "child_pid": "77", "signal": "11", "level": "alert"},
    ),
    "no connections left": (
        "[alert] 23#23: *9 1024 worker_connections are not enough",
        {"action": "exhausted", "level": "alert"},
    ),
    "a certificate": (
        '[emerg] 18#18: cannot load certificate "/x.pem": BIO_new_file() failed',
        {"action": "misconfigured", "level": "emerg"},
    ),
    "a stream's client": (
        "[error] 23#23: *5 no live upstreams while connecting to upstream, client: 2001:db8::7, server:"
        " 0.0.0.0:53",
        {"action": "upstream_failed", "source_ip": "2001:db8::7", "server": "0.0.0.0:53"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), NGINX.values(), ids=NGINX.keys())
def test_a_line_of_nginx_is_understood(read: Read, line: str, expected: dict[str, Any]) -> None:
    event = read(f"2026/11/23 11:21:21 {line}")
    assert event.source == "nginx"
    assert {name: event.fields[name] for name in expected} == expected
    assert event.time.isoformat() == "2026-11-23T11:21:21+00:00"


def test_a_path_that_names_a_client_is_not_the_client(read: Read) -> None:
    line = f'[error] 1#1: *1 open() "/srv/, client: 10.1.1.1, server: x" failed (2: No such file), {TAIL}'
    assert read(f"2026/11/23 11:21:21 {line}").fields["source_ip"] == "203.0.113.7"


def test_a_referrer_that_names_a_client_is_not_the_client(read: Read) -> None:
    line = f'[error] 1#1: *1 access forbidden by rule, {TAIL}, referrer: "x", client: 10.1.1.1, server: y'
    assert read(f"2026/11/23 11:21:21 {line}").fields["source_ip"] == "203.0.113.7"


def test_a_name_that_imitates_the_rest_of_the_line_is_not_the_client(read: Read) -> None:
    name = f'bob": password mismatch, {TAIL.replace("203.0.113.7", "192.0.2.1")}'
    line = f'2026/11/23 11:21:21 [error] 23#23: *1 user "{name}" was not found in "/etc/htp", {TAIL}'
    assert read(line).fields["source_ip"] == "203.0.113.7"
    referred = f'{line}, referrer: "x": password mismatch, client: 192.0.2.1, server: x'
    assert read(referred).fields["source_ip"] == "203.0.113.7"


@pytest.mark.parametrize(
    "name", ["", "a b", 'a": password mismatch', 'a" was not found in "b', ": password mismatch"]
)
def test_a_name_may_be_anything(read: Read, name: str) -> None:
    for ending in ("password mismatch", None):
        told = f'user "{name}": {ending}' if ending else f'user "{name}" was not found in "/etc/htp"'
        fields = read(f"2026/11/23 11:21:21 [error] 1#1: *1 {told}, {TAIL}").fields
        assert (fields["action"], fields["user"], fields["source_ip"]) == ("auth_failed", name, "203.0.113.7")


APACHE: dict[str, tuple[str, dict[str, Any]]] = {
    "2.4, a rule": (
        "[Mon Nov 23 11:21:28.614379 2026] [authz_core:error] [pid 259:tid 267] [client 203.0.113.7:50010]"
        " AH01630: client denied by server configuration: /srv/den, referer: http://r/",
        {
            "action": "forbidden",
            "level": "error",
            "module": "authz_core",
            "pid": "259",
            "tid": "267",
            "source_ip": "203.0.113.7",
            "source_port": "50010",
            "code": "AH01630",
            "referrer": "http://r/",
        },
    ),
    "2.4, an error of the system": (
        "[Mon Nov 23 11:21:28.614379 2026] [core:error] [pid 259] (13)Permission denied: [client"
        " 2001:db8::7:50010]"
        " AH00132: file permissions deny server access: /srv/secret",
        {
            "action": "forbidden",
            "errno": "13",
            "reason": "Permission denied",
            "source_ip": "2001:db8::7",
            "source_port": "50010",
        },
    ),
    "2.4, a wrong password": (
        "[Mon Nov 23 11:21:28.614379 2026] [auth_basic:error] [pid 259:tid 267] [client 203.0.113.7:5]"
        ' AH01617: user a b: authentication failure for "/auth/": Password Mismatch',
        {"action": "auth_failed", "user": "a b", "attempts": 1, "source_ip": "203.0.113.7"},
    ),
    "2.4, a user that is not there": (
        "[Mon Nov 23 11:21:28.614379 2026] [auth_basic:error] [pid 259:tid 267] [client 203.0.113.7:5]"
        " AH01618: user no not found: /auth/",
        {"action": "auth_failed", "user": "no", "attempts": 1},
    ),
    "2.4, a child that crashed": (
        "[Mon Nov 23 11:21:28.614379 2026] [core:notice] [pid 1:tid 1] AH00052: child pid 77 exit signal"
        " Segmentation fault (11), possible coredump in /tmp",
        {"action": "worker_crashed", "child_pid": "77", "signal": "11"},
    ),
    "2.4, ModSecurity": (
        "[Mon Nov 23 11:21:28.614379 2026] [:error] [pid 1:tid 1] [client 203.0.113.7:5] [client 203.0.113.7]"
        " ModSecurity: Access denied",
        {"action": "rejected", "source_ip": "203.0.113.7", "level": "error"},
    ),
    "2.2, a rule": (
        "[Mon Nov 23 11:21:28 2026] [error] [client 203.0.113.7] Directory index forbidden by rule: /srv/",
        {"action": "forbidden", "level": "error", "source_ip": "203.0.113.7"},
    ),
    "2.2, over IPv6": (
        "[Mon Nov 23 11:21:28 2026] [error] [client 2001:db8::7] File does not exist: /srv/x",
        {"action": "not_found", "source_ip": "2001:db8::7"},
    ),
    "2.2, a digest": (
        "[Mon Nov 23 11:21:28 2026] [error] [client 203.0.113.7] Digest: user `a b' in realm `r' not"
        " found: /x",
        {"action": "auth_failed", "user": "a b", "source_ip": "203.0.113.7"},
    ),
    "2.2, the end": (
        "[Mon Nov 23 11:21:28 2026] [notice] caught SIGTERM, shutting down",
        {"action": "stopped", "level": "notice"},
    ),
    "a stamp in ISO 8601": (
        "[2026-11-23 11:21:28.614379] [core:error] [pid 1] AH10244: invalid URI path (/../../etc/passwd)",
        {"action": "bad_request", "code": "AH10244"},
    ),
}


@pytest.mark.parametrize(("line", "expected"), APACHE.values(), ids=APACHE.keys())
def test_a_line_of_apache_is_understood(read: Read, line: str, expected: dict[str, Any]) -> None:
    event = read(line)
    assert event.source == "apache"
    assert {name: event.fields[name] for name in expected} == expected
    assert event.time.isoformat()[:19] == "2026-11-23T11:21:28"


def test_a_message_that_names_a_client_is_not_the_client(read: Read) -> None:
    line = "[Mon Nov 23 11:21:28 2026] [error] [client 203.0.113.7] [client 10.1.1.1] File does not exist: /x"
    assert read(line).fields["source_ip"] == "203.0.113.7"


def test_the_time_is_the_hosts(received: datetime) -> None:
    place = Place("web-01", "", ZoneInfo("Asia/Shanghai"))
    for line in ("2026/11/23 11:21:21 [notice] 1#1: x", "[Mon Nov 23 11:21:21 2026] [notice] x"):
        (event,) = HostLines().read(line, "x:1", received, place)
        assert isinstance(event, Event)
        assert event.time.isoformat() == "2026-11-23T03:21:21+00:00"
        assert event.fields["host"] == "web-01"


def test_output_without_a_header_belongs_to_apache_only_in_its_own_file(received: datetime) -> None:
    (told,) = HostLines().read("oops", "x:1", received)
    assert isinstance(told, Other)
    (event,) = HostLines().read("oops", "x:1", received, Place("web-01", "/var/log/httpd/ssl_error_log"))
    assert isinstance(event, Event)
    assert (event.source, event.fields["action"], event.time) == ("apache", "output", received)


def test_a_web_server_that_logs_by_syslog_is_read(received: datetime) -> None:
    line = f"2026/11/23 11:21:21 [error] 1#1: *4 access forbidden by rule, {TAIL}"
    (event,) = HostLines().read(f"<187>Nov 23 11:21:21 web-01 nginx: {line}", "x:1", received)
    assert isinstance(event, Event)
    assert (event.source, event.fields["host"], event.fields["action"]) == ("nginx", "web-01", "forbidden")


@pytest.mark.parametrize("program", ["httpd", "apache2", "httpd/backend1"])
def test_apache_that_logs_by_syslog_leaves_out_the_time(read: Read, program: str) -> None:
    told = "[core:error] [pid 22] [client 203.0.113.7:585] AH01630: client denied by server configuration: /x"
    event = read(f"Nov 23 11:32:24 web-01 {program}[22]: {told}")
    assert (event.fields["action"], event.fields["source_ip"], event.fields["host"]) == (
        "forbidden",
        "203.0.113.7",
        "web-01",
    )
