"""What fits into the messages that a channel has left this minute. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.alerting.deliveries import Delivery
from shared.alerting.digest import digest_of, split
from shared.alerting.notice import Notice

Fits = Callable[[Notice], bool]


def planned(deliveries: Sequence[Delivery], room: int, fits: Fits) -> list[list[Delivery]]:
    """The deliveries, in order, as at most `room` messages: singly, and a digest of the rest, whose parts are
    messages as well. What does not fit even so is left out, from the end."""
    if len(deliveries) <= room or not room:
        return [[delivery] for delivery in deliveries[:room]]
    singly = room - 1
    if (parts := _parts(deliveries[singly:], fits)) > 1:
        singly = max(room - parts, room // 2)
    rest = list(deliveries[singly:])
    while _parts(rest, fits) > room - singly:
        rest = rest[: len(rest) // 2]
    return [*([delivery] for delivery in deliveries[:singly]), rest]


def _parts(deliveries: Sequence[Delivery], fits: Fits) -> int:
    """How many messages a digest of these is."""
    if len(deliveries) == 1:
        return 1
    return len(split(digest_of([delivery.notice for delivery in deliveries]), fits))
