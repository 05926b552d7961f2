from __future__ import annotations

import logging
import socket
import ssl

import pytest
import requests
import urllib3

from shared.alerting.channels.faults import MAX_REASON, cut_off, describe, is_untrusted_certificate, reported
from tests.receivers.dingtalk import DingTalkRobot
from tests.receivers.server import Answer


def test_a_refused_connection_is_described_without_the_url():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(requests.ConnectionError) as error:
        requests.get(f"http://127.0.0.1:{port}/?access_token=s3cret", timeout=5)
    assert "s3cret" in str(error.value)
    assert describe(error.value) == "Connection refused"


def test_a_timeout_is_described_without_the_url():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(requests.Timeout) as error:
        requests.get(f"http://127.0.0.1:{silent.getsockname()[1]}/?access_token=s3cret", timeout=0.1)
    assert describe(error.value) == "timed out"


def test_an_unknown_host_is_described():
    with pytest.raises(requests.ConnectionError) as error:
        requests.get("http://no-such-host.invalid/?access_token=s3cret", timeout=5)
    assert "s3cret" not in describe(error.value)
    assert describe(error.value)


def test_a_certificate_error_is_found_however_deep_it_is_wrapped():
    root = ssl.SSLCertVerificationError("certificate verify failed")
    root.verify_message = "certificate has expired"
    wrapped = requests.exceptions.SSLError(urllib3.exceptions.SSLError(root))
    assert is_untrusted_certificate(wrapped)
    assert describe(wrapped) == "the server's certificate is not trusted: certificate has expired"
    assert not is_untrusted_certificate(OSError(111, "Connection refused"))


def test_an_error_without_words_is_named():
    assert describe(requests.exceptions.InvalidURL()) == "InvalidURL"


def test_errors_that_name_each_other_are_described():
    first, second = ValueError("a"), KeyError("b")
    first.__context__, second.__context__ = second, first
    assert describe(first) == "KeyError"


@pytest.mark.parametrize("echo", ["tok/en+1", "tok%2Fen%2B1"])
def test_what_the_other_side_said_loses_every_secret(echo):
    assert reported(f"bad {echo}\r\nretry", ["tok/en+1", ""]) == "bad *** retry"


def test_what_the_other_side_said_is_capped():
    assert len(reported("x" * 10_000)) == MAX_REASON


def test_a_cut_off_connection_ends_a_read_that_would_not():
    ours, theirs = socket.socketpair()
    with ours, theirs, cut_off(lambda: ours, 0.05):
        assert ours.recv(1) == b""


def test_a_connection_that_is_gone_is_cut_off_without_harm():
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, cut_off(lambda: ours, 0), cut_off(lambda: None, 0):
        theirs.recv(1)


MALFORMED = Answer(500, headers={"X": "y\r\na header line without a colon"})


def test_the_http_library_writes_no_url_into_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    with DingTalkRobot() as robot:
        robot.script(MALFORMED)
        requests.post(robot.url, params={"access_token": "s3cret"}, timeout=5)
        connection = urllib3.connection.HTTPConnection("127.0.0.1", robot.port, timeout=5)
        robot.script(MALFORMED)
        connection.request("POST", "/s3cret")
        connection.getresponse()
        connection.close()
    assert "s3cret" not in caplog.text
