"""What went wrong on the network, in words that are safe to log."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote, quote_plus

from shared.alerting.neutralise import capped, plain

MAX_REASON = 300

# urllib3, under `requests` too, writes whole URLs into its log: at DEBUG each one, at WARNING those whose
# answer has a malformed header. Ours hold tokens.
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(lambda record: False)


def describe(error: BaseException) -> str:
    """The root cause of a network error, without the request's URL, which the libraries' own texts carry."""
    root = _root(error)
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {plain(root.verify_message)}"
    if isinstance(root, ssl.SSLError):
        return f"TLS failed: {plain(root.reason or type(root).__name__)}"
    if isinstance(root, TimeoutError):
        return "timed out"
    if isinstance(root, OSError) and root.strerror:
        return plain(root.strerror)
    return type(root).__name__


def is_untrusted_certificate(error: BaseException) -> bool:
    """True when the server's certificate did not verify, which no retry mends."""
    return isinstance(_root(error), ssl.SSLCertVerificationError)


def _root(error: BaseException) -> BaseException:
    """The first error of the chain; `requests` and `urllib3` wrap it up to four deep."""
    seen = [error]
    while (cause := _cause(seen[-1])) is not None and cause not in seen:
        seen.append(cause)
    return seen[-1]


def _cause(error: BaseException) -> BaseException | None:
    wrapped = [getattr(error, "reason", None), error.__cause__, error.__context__, *error.args]
    return next((each for each in wrapped if isinstance(each, BaseException)), None)


def reported(text: str, secrets: Iterable[str] = ()) -> str:
    """What the other side said: one capped line, with every secret that it echoes struck out."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):  # one may lie inside another
        for form in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(form, "***")
    return capped(plain(text), MAX_REASON)


@contextmanager
def cut_off(current_socket: Callable[[], socket.socket | None], seconds: float) -> Iterator[None]:
    """Inside the block the connection is shut down after `seconds`, however slowly the other side drips.

    A socket's own timeout starts again at every byte that arrives. `current_socket` is asked when time
    is up, since STARTTLS replaces the socket on the way.
    """

    def shut_down() -> None:
        if (connected := current_socket()) is not None:
            with suppress(OSError):  # it is closed already
                # Past SSLSocket.shutdown, which would drop the encryption first.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = threading.Timer(max(seconds, 0), shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
