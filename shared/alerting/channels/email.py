"""Email over SMTP, always encrypted and always with the server's certificate verified."""

from __future__ import annotations

import base64
import re
import smtplib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from shared.alerting.channels.channel import OUT_OF_TIME, Clock, Compose, Outcome
from shared.alerting.channels.faults import cut_off, describe, is_untrusted_certificate, reported
from shared.alerting.channels.mail_body import html_body, text_body
from shared.alerting.channels.tls import client_context
from shared.alerting.message import Message
from shared.alerting.neutralise import plain
from shared.alerting.notice import Notice

_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+")


class Email:
    """A Channel to a few mailboxes through one SMTP server.

    Port 465 speaks TLS from the first byte; `encryption="starttls"` begins in the clear, and stops
    before the password if the server offers no TLS. DirectMail takes STARTTLS on port 80 ("SMTP
    endpoints", alibabacloud.com/help/direct-mail/smtp-endpoints). Port 25 is tried when it is asked
    for, but Alibaba Cloud blocks outgoing connections to it by default.
    """

    def __init__(
        self,
        host: str,
        sender: str,
        recipients: Sequence[str],
        compose: Compose,
        *,
        port: int = 465,
        encryption: Literal["tls", "starttls"] = "tls",
        username: str = "",
        password: str = "",
        cafile: str | None = None,
        timeout: float = 15.0,
        now: Clock = time.time,
    ) -> None:
        """`sender` and `recipients` are bare addresses; `timeout` is in seconds, per attempt.

        `cafile` trusts one certificate authority instead of the system's. Raises ValueError for an
        address that is not one, a password that is not ASCII, or an unreadable `cafile`.
        """
        self._host, self._port = host, port
        self._sender = _address(sender)
        self._recipients = [_address(recipient) for recipient in recipients]
        self._compose = compose
        self._starttls = encryption == "starttls"
        self._username, self._password = username, password
        if not (username + password).isascii():  # smtplib can't send others
            raise ValueError("the SMTP user name and password must be ASCII")
        self._context = client_context(cafile)
        self._timeout, self._now = timeout, now

    def __repr__(self) -> str:
        return f"Email({self._host}:{self._port}, {len(self._recipients)} recipients)"

    def send(self, notice: Notice, deadline: float) -> Outcome:
        """See `Channel.send`. `sent` when at least one recipient was accepted; the reason names the rest."""
        mail = self._mail(notice)
        left = min(self._timeout, deadline - self._now())
        if left <= 0:
            return OUT_OF_TIME
        give_up = time.monotonic() + left
        try:
            refused = self._deliver(mail, left)
        except (smtplib.SMTPException, OSError) as error:
            if time.monotonic() >= give_up:  # an answer that was cut off says nothing
                return Outcome.retry(f"{self._host}:{self._port}: no answer in time")
            return self._failed(error)
        return Outcome.sent(f"refused: {self._named(refused)}" if refused else "")

    def _deliver(self, mail: EmailMessage, left: float) -> Mapping[str, tuple[int, bytes]]:
        """The recipients that the server refused, each with its code and words."""
        smtp = self._connected(left)
        with cut_off(lambda: smtp.sock, left):
            try:
                if self._starttls:
                    smtp.starttls(context=self._context)
                if self._username:
                    smtp.login(self._username, self._password)
                refused = smtp.send_message(mail, self._sender, self._recipients)
                with suppress(smtplib.SMTPException, OSError):  # accepted already, whatever QUIT does
                    smtp.quit()
                return refused
            finally:
                smtp.close()

    def _connected(self, left: float) -> smtplib.SMTP:
        if self._starttls:
            return smtplib.SMTP(self._host, self._port, timeout=left)
        return smtplib.SMTP_SSL(self._host, self._port, timeout=left, context=self._context)

    def fits(self, notice: Notice) -> bool:
        """See `Channel.fits`."""
        return True

    def _mail(self, notice: Notice) -> EmailMessage:
        message = self._compose(notice)
        mail = EmailMessage()
        for name, value in self._headers(notice, message).items():
            mail[name] = value
        mail.set_content(text_body(message))
        if not message.body:
            mail.add_alternative(html_body(message), subtype="html")
        return mail

    def _headers(self, notice: Notice, message: Message) -> dict[str, str]:
        """A notice is one mail to a mailbox that collapses duplicates; an incident is one thread.

        A thread hangs together by the id that all its mails refer to (RFC 5322, 3.6.4), in some mailboxes
        by its subject too. No mail has that id itself: a mailbox may hear of an incident late.
        """
        domain = self._sender.rpartition("@")[2]
        thread = f"<incident.{_id(notice.incident)}@{domain}>"
        is_answer = notice.kind not in ("first", "digest")
        return {
            "Subject": ("Re: " if is_answer else "") + plain(message.subject),
            "From": self._sender,
            "To": ", ".join(self._recipients),
            "Date": format_datetime(datetime.fromtimestamp(self._now(), timezone.utc)),
            "Message-ID": f"<{_id(notice.id)}@{domain}>",
            **({"References": thread} if notice.kind != "digest" else {}),
            **({"In-Reply-To": thread} if is_answer else {}),
            "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office robots stay quiet
            "List-Id": f"Trailguard <trailguard.{domain}>",
        }

    def _failed(self, error: Exception) -> Outcome:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return self._none_accepted(error.recipients)
        if isinstance(error, smtplib.SMTPResponseException):
            return self._answered(error)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return Outcome.rejected(f"{self._host}:{self._port}: {reported(str(error))}")
        kind = Outcome.rejected if is_untrusted_certificate(error) else Outcome.retry
        return kind(f"{self._host}:{self._port}: {describe(error)}")

    def _none_accepted(self, refused: Mapping[str, tuple[int, bytes]]) -> Outcome:
        reason = f"{self._host} refused every recipient: {self._named(refused)}"
        later = any(code < 500 for code, _ in refused.values())
        return Outcome.retry(reason) if later else Outcome.rejected(reason)

    def _answered(self, error: smtplib.SMTPResponseException) -> Outcome:
        """A 4xx answer passes by itself; a 5xx one, such as a wrong password, does not (RFC 5321, 4.2.1)."""
        what = "the login" if isinstance(error, smtplib.SMTPAuthenticationError) else "the mail"
        reason = f"{self._host} refused {what}: {error.smtp_code} {self._words(error.smtp_error)}"
        return Outcome.rejected(reason) if 500 <= error.smtp_code < 600 else Outcome.retry(reason)

    def _named(self, refused: Mapping[str, tuple[int, bytes]]) -> str:
        return "; ".join(f"{who} ({code} {self._words(text)})" for who, (code, text) in refused.items())

    def _words(self, text: bytes | str) -> str:
        """The server's words, without the password in any form that went over the wire."""
        said = text.decode(errors="replace") if isinstance(text, bytes) else text
        sent = [self._password, f"\0{self._username}\0{self._password}"] if self._password else []
        return reported(said, [*sent, *(base64.b64encode(form.encode()).decode() for form in sent)])


def _id(text: str) -> str:
    return re.sub("[^0-9A-Za-z-]", "", text)[:64]


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"not an email address: {text!r}")
    return text
