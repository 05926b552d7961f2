"""What can go wrong with an API, to be ordered by a test."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """`code` with `status` refuses the call; a `body` is sent as it stands, with a `location`
    to go to instead where one is given; `dropped` closes the connection
    without a word; after `seconds` the call is carried out as usual, when nothing else is said."""

    code: str = ""
    status: int = 400
    body: bytes | None = None
    location: str = ""
    seconds: float = 0.0
    dropped: bool = False


THROTTLED = Fault("Throttling.User")
DENIED = Fault("NoPermission", 403)
SERVER_ERROR = Fault("InternalError", 500)
GATEWAY_ERROR = Fault(status=502, body=b"<html>Bad Gateway</html>")
BROKEN = Fault(status=200, body=b'{"Users": {"User": [')
DROPPED = Fault(dropped=True)
SLOW = Fault(seconds=5.0)


@dataclass
class Order:
    """One fault for the next `times` calls (None: for ever) of `action` with these parameters, but not for
    the first `after` of them."""

    action: str
    fault: Fault
    times: int | None = None
    after: int = 0
    parameters: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, action: str, parameters: Mapping[str, str]) -> bool:
        return self.action in ("*", action) and self.parameters.items() <= parameters.items()


class Faults:
    """The orders, oldest first; each call takes at most one."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._lock = threading.Lock()

    def add(self, order: Order) -> None:
        with self._lock:
            self._orders.append(order)

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()

    def take(self, action: str, parameters: Mapping[str, str]) -> Fault | None:
        with self._lock:
            order = next((order for order in self._orders if order.concerns(action, parameters)), None)
            if order is None:
                return None
            if order.after:
                order.after -= 1
                return None
            if order.times is not None:
                order.times -= 1
                if order.times == 0:
                    self._orders.remove(order)
            return order.fault
