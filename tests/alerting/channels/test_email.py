from __future__ import annotations

import base64
import socket
import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest
import trustme

from shared.alerting.channels.email import Email
from shared.alerting.channels.mail_body import html_body, text_body
from shared.alerting.notice import notice_of
from tests.receivers.smtp import MailServer, cafile

SENDER = "trailguard@example.com"
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(params=["tls", "starttls"])
def server(request, authority):
    with MailServer(authority, request.param) as running:
        running.encryption = request.param
        yield running


@pytest.fixture
def channel(server, authority, tmp_path, with_runbooks):
    return to(server, with_runbooks, cafile=cafile(authority, tmp_path))


def to(server, compose, recipients=(ANN, BOB), **settings) -> Email:
    username, password = server.login
    usual = {
        "port": server.port,
        "encryption": getattr(server, "encryption", "tls"),
        "username": username,
        "password": password,
    }
    return Email(server.host, SENDER, recipients, compose, **{**usual, **settings})


def test_an_alert_arrives_over_tls_with_both_bodies(channel, server, alert, soon):
    outcome = channel.send(notice_of(alert), soon)
    assert (outcome.kind, outcome.reason) == ("sent", "")
    assert server.recipients == [[ANN, BOB]]
    [mail] = server.messages
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    lines = mail.get_body(("plain",)).get_content().splitlines()
    assert "From: 203.0.113.9" in lines
    assert "What to do: https://git.example.com/security/alerts/runbooks/root.md" in lines
    assert "Root signed in without MFA" in mail.get_body(("html",)).get_content()


def test_the_headers_name_the_alert_and_quieten_robots(channel, server, alert, soon):
    channel.send(notice_of(alert), soon)
    [mail] = server.messages
    assert mail["Subject"] == "[CRITICAL] Root signed in without MFA"
    assert (mail["From"], mail["To"]) == (SENDER, f"{ANN}, {BOB}")
    assert mail["Message-ID"] == f"<{alert.id}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Trailguard <trailguard.example.com>"
    assert abs(parsedate_to_datetime(mail["Date"]) - datetime.now(timezone.utc)).total_seconds() < 60


def test_the_same_alert_sent_twice_is_one_mail_to_a_mailbox(channel, server, alert, soon):
    assert [channel.send(notice_of(alert), soon).kind for _ in range(2)] == ["sent", "sent"]
    assert len({mail["Message-ID"] for mail in server.messages}) == 1


def test_all_mails_of_an_incident_are_one_thread(channel, server, notice, soon):
    kinds = ("first", "update", "note")
    for number, kind in enumerate(kinds):
        told = replace(notice, id=f"1a2b-{number}", incident="1a2b", kind=kind, count=number + 1)
        assert channel.send(told, soon).kind == "sent"
    assert len({mail["Message-ID"] for mail in server.messages}) == 3
    assert {mail["References"] for mail in server.messages} == {"<incident.1a2b@example.com>"}
    subject = "[CRITICAL] Root signed in without MFA"
    assert [mail["Subject"] for mail in server.messages] == [subject, f"Re: {subject}", f"Re: {subject}"]
    assert [mail["In-Reply-To"] is None for mail in server.messages] == [True, False, False]


def test_a_digest_belongs_to_no_thread(channel, server, notice, soon):
    channel.send(replace(notice, kind="digest", incident=""), soon)
    assert server.messages[0]["References"] is None


def test_a_chinese_title_survives(channel, server, alert, soon):
    channel.send(notice_of(replace(alert, title="根用户未启用多因素认证登录" * 5)), soon)
    assert server.messages[0]["Subject"] == "[CRITICAL] " + "根用户未启用多因素认证登录" * 5


@pytest.mark.parametrize("field", ["title", "level", "id"])
def test_no_field_can_add_a_header_or_a_recipient(channel, server, alert, soon, field):
    injected = "x\r\nBcc: eve@evil.example\r\n\r\nbody\n.\r\nRCPT TO:<eve@evil.example>"
    assert channel.send(notice_of(replace(alert, **{field: injected})), soon).kind == "sent"
    assert server.recipients == [[ANN, BOB]]
    assert server.messages[0]["Bcc"] is None
    assert b"\nBcc:" not in server.raw[0]


def test_hostile_text_becomes_no_tag_and_no_link(channel, server, hostile, soon):
    assert channel.send(notice_of(hostile), soon).kind == "sent"
    page = server.messages[0].get_body(("html",)).get_content()
    assert not any(active in page for active in ("<script", "<img", "https://evil", "\x1b", "\u202e"))
    assert page.count("href=") == 1
    assert 'href="https://git.example.com/security/alerts/runbooks/root.md"' in page
    text = server.messages[0].get_body(("plain",)).get_content()
    assert not any(active in text for active in ("https://evil", "\x1b", "\u202e", "\nBcc:"))


def test_a_recipient_that_is_refused_does_not_keep_the_other_from_knowing(channel, server, alert, soon):
    server.answer_with("550 no such user", to=BOB)
    outcome = channel.send(notice_of(alert), soon)
    assert (outcome.kind, outcome.reason) == ("sent", f"refused: {BOB} (550 no such user)")
    assert server.recipients == [[ANN]]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({ANN: "550 no such user", BOB: "550 no such user"}, "rejected"),
        ({ANN: "550 no such user", BOB: "450 mailbox busy"}, "retry"),
    ],
)
def test_when_nobody_is_accepted_the_reason_names_everybody(channel, server, alert, soon, answers, kind):
    for recipient, answer in answers.items():
        server.answer_with(answer, to=recipient)
    outcome = channel.send(notice_of(alert), soon)
    assert outcome.kind == kind
    assert all(f"{who} ({answer})" in outcome.reason for who, answer in answers.items())
    assert server.messages == []


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("MAIL", "451 try later", "retry"),
        ("MAIL", "553 sender not allowed", "rejected"),
        ("DATA", "452 disk full", "retry"),
        ("DATA", "554 looks like spam", "rejected"),
        ("AUTH", "454 temporary failure", "retry"),
        ("AUTH", "535 wrong password", "rejected"),
    ],
)
def test_a_4xx_answer_is_retried_and_a_5xx_one_is_not(channel, server, alert, soon, command, answer, kind):
    server.answer_with(answer, to=command)
    outcome = channel.send(notice_of(alert), soon)
    assert (outcome.kind, answer in outcome.reason) == (kind, True)


def test_a_wrong_password_is_rejected(server, authority, tmp_path, with_runbooks, alert, soon):
    outcome = to(server, with_runbooks, password="wrong", cafile=cafile(authority, tmp_path)).send(
        notice_of(alert), soon
    )
    assert outcome.kind == "rejected"
    assert "refused the login: 535" in outcome.reason


def test_an_untrusted_authority_is_rejected_before_the_password(server, in_english, alert, soon):
    outcome = to(server, in_english).send(notice_of(alert), soon)
    assert outcome.kind == "rejected"
    assert "certificate is not trusted: unable to get local issuer certificate" in outcome.reason
    assert server.messages == []


def test_a_server_without_starttls_gets_no_mail(authority, in_english, alert, soon):
    with MailServer(authority, "none") as server:
        outcome = to(server, in_english, encryption="starttls").send(notice_of(alert), soon)
        assert server.messages == []
    assert outcome.kind == "rejected"
    assert "STARTTLS" in outcome.reason


def test_a_clear_port_spoken_to_in_tls_is_retried(authority, in_english, alert, soon):
    with MailServer(authority, "none") as server:
        outcome = to(server, in_english).send(notice_of(alert), soon)
    assert (outcome.kind, "TLS failed" in outcome.reason) == ("retry", True)


def test_a_server_that_is_down_is_retried(authority, in_english, alert, soon):
    with MailServer(authority) as server:
        channel = to(server, in_english)
    outcome = channel.send(notice_of(alert), soon)
    assert (outcome.kind, "refused" in outcome.reason) == ("retry", True)


@pytest.fixture
def dripping():
    """Greets like a mail server, then answers a byte at a time, for ever."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_drip, args=(listening, stop), daemon=True).start()
        yield listening.getsockname()[1]
        stop.set()


def _drip(listening, stop):
    with listening.accept()[0] as connection:
        connection.sendall(b"220 slow.example\r\n")
        while not stop.wait(0.05):
            try:
                connection.sendall(b"2")
            except OSError:
                return


def test_a_server_that_drips_is_given_up_at_the_deadline(dripping, in_english, alert):
    channel = Email("127.0.0.1", SENDER, [ANN], in_english, port=dripping, encryption="starttls")
    started = time.monotonic()
    outcome = channel.send(notice_of(alert), time.time() + 0.5)
    assert (outcome.kind, "no answer in time" in outcome.reason) == ("retry", True)
    assert time.monotonic() - started < 1.5


def test_after_the_deadline_nothing_is_sent(channel, server, alert):
    assert channel.send(notice_of(alert), time.time() - 1).kind == "retry"
    assert server.messages == []


def test_no_secret_is_ever_in_an_outcome_or_a_repr(channel, server, alert, soon):
    username, password = server.login
    encoded = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
    server.answer_with(f"535 {password} {encoded} is wrong", to="AUTH")
    told = [channel.send(notice_of(alert), soon).reason, repr(channel)]
    assert "*** *** is wrong" in told[0]
    assert not any(secret in text for text in told for secret in (password, encoded))


@pytest.mark.parametrize(
    "address", ["", "ann", "ann@example.com\r\nBcc: eve@x.y", "Ann <ann@example.com>", "a@b, c@d"]
)
def test_what_is_not_one_address_is_refused_at_once(in_english, address):
    with pytest.raises(ValueError, match="not an email address"):
        Email("smtp.example.com", SENDER, [address], in_english)


def test_a_password_that_smtp_can_not_send_is_refused_and_not_repeated(in_english):
    with pytest.raises(ValueError, match="must be ASCII") as error:
        Email("smtp.example.com", SENDER, [ANN], in_english, username="u", password="密码")
    assert "密码" not in str(error.value)


def test_without_a_runbook_address_a_mail_has_no_link(in_english, alert):
    message = in_english(notice_of(alert))
    assert "href" not in html_body(message)
    assert "http" not in text_body(message)
