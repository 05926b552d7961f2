"""What the local services have in common: a port of this machine, and an end that hides no crash."""

from __future__ import annotations

import http.server
import sys
import threading
from typing import Any


class LocalServer(http.server.ThreadingHTTPServer):
    """A service on a free port of 127.0.0.1."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.crashes: list[BaseException] = []
        self.stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Close the port. Raises what the server itself stumbled over, so that no test passes on it."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        if self.crashes:
            raise self.crashes[0]

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        # A client that has given up waiting is no fault of the server's.
        if error is not None and not isinstance(error, ConnectionError):
            self.crashes.append(error)
