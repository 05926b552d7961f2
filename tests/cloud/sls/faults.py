"""What can go wrong with Log Service, to be ordered by a test."""

from __future__ import annotations

import dataclasses
import enum
import threading
from dataclasses import dataclass

from tests.cloud.sls.request import Reply, error_reply


class Fault(enum.Enum):
    DOWN = "the connection is closed without an answer"
    SLOW = "the answer comes after `seconds`"
    THROTTLED = "403 ReadQuotaExceed or WriteQuotaExceed"
    SERVER_ERROR = "500 InternalServerError"
    GATEWAY_ERROR = "502 with a page of HTML"
    UNAUTHORIZED = "401 Unauthorized"
    TRUNCATED = "half of the body, then the connection is closed"
    WRONG_COUNT = "x-log-count is one too many"
    CORRUPT = "every byte of the body is wrong"
    REPLY_LOST = "the request is carried out, then the connection is closed without an answer"


INSTEAD = {
    Fault.SERVER_ERROR: error_reply(500, "InternalServerError", "internal server error, try again later"),
    Fault.GATEWAY_ERROR: Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}),
    Fault.UNAUTHORIZED: error_reply(401, "Unauthorized", "denied by sts or ram, action: log:GetCursorOrData"),
}


@dataclass
class Order:
    """One fault for the next `times` calls (None: until mended) of `operation` (None: of any)."""

    fault: Fault
    times: int | None
    operation: str | None
    seconds: float


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

    def take(self, operation: str) -> Order | None:
        with self._lock:
            order = next((order for order in self._orders if order.operation in (None, operation)), None)
            if order is not None and order.times is not None:
                order.times -= 1
                if order.times == 0:
                    self._orders.remove(order)
            return order


def reply_instead(fault: Fault, operation: str) -> Reply | None:
    """The reply of a service that does not carry the request out; None when it does."""
    if fault is Fault.THROTTLED:
        code = "WriteQuotaExceed" if operation == "PutLogs" else "ReadQuotaExceed"
        return error_reply(403, code, "quota exceeded")
    return INSTEAD.get(fault)


def spoiled(fault: Fault, reply: Reply) -> Reply:
    """The true reply with a lie in it, for the faults that lie."""
    if fault is Fault.WRONG_COUNT:
        headers = {**reply.headers, "x-log-count": str(int(reply.headers["x-log-count"]) + 1)}
        return dataclasses.replace(reply, headers=headers)
    if fault is Fault.CORRUPT:
        return dataclasses.replace(reply, body=b"\xff" * len(reply.body))
    return reply
