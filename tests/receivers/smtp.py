"""A mail server with TLS, AUTH and scripted refusals."""

from __future__ import annotations

import email
import email.policy
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class MailServer:
    """A context manager. `messages` are the mails it took; `recipients` whom each was for.

    Its certificate is `ca`'s, for 127.0.0.1 and localhost.
    """

    def __init__(
        self,
        ca: trustme.CA,
        encryption: Literal["tls", "starttls", "none"] = "tls",
        username: str = "trailguard",
        password: str = "mail-password-456",
    ) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.raw: list[bytes] = []
        self.login = (username, password)
        self._refusals: dict[str, str] = {}
        self._controller = _controller(self, _tls(ca), encryption)

    host = "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def answer_with(self, answer: str, to: str = "DATA") -> None:
        """`answer` (`550 no such user`) is for `to`: a recipient, or a command (AUTH, MAIL, DATA)."""
        self._refusals[to] = answer

    # What aiosmtpd calls, under the names that it wants.

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self._refusals.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self._refusals:
            return self._refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if "DATA" in self._refusals:
            return self._refusals["DATA"]
        self.raw.append(envelope.content)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if "AUTH" in self._refusals:
            return AuthResult(success=False, handled=False, message=self._refusals["AUTH"])
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else ()
        return AuthResult(success=given == self.login, handled=False)


class _AnyPort(Controller):
    """Listens on a free port; aiosmtpd itself would greet its server on port 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _controller(mail: MailServer, tls: ssl.SSLContext, encryption: str) -> Controller:
    settings: dict[str, Any] = {
        "authenticator": mail.authenticate,
        "auth_require_tls": encryption == "starttls",
        "auth_exclude_mechanism": [],
    }
    if encryption == "starttls":
        settings |= {"tls_context": tls, "require_starttls": True}
    return _AnyPort(
        mail,
        hostname="127.0.0.1",
        port=0,
        ssl_context=tls if encryption == "tls" else None,
        **settings,
    )


def _tls(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def cafile(ca: trustme.CA, folder: Path) -> str:
    """A file to trust `ca` by."""
    path = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)
