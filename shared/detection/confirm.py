"""`confirm:` of a rule: a look at the live account after a match and before the alert, and what follows from
it.

The look-ups themselves are made elsewhere (shared/audits/confirm.py); here is what rules may ask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shared.events.event import Event

LOOK_UPS = {
    "bucket-public": "anybody can read, list or write the bucket",
    "security-group-open": "the security group lets the whole world in",
    "user-without-mfa": "the user has no MFA device",
    "kms-key-unusable": "the key is disabled, or about to be deleted",
    "listener-weak-tls": "the listener allows TLS below 1.2",
}
"""What can be looked up, and what it means that it is so."""

Outcome = Literal["confirmed", "refuted", "unconfirmed"]


@dataclass(frozen=True)
class Answer:
    """What a look has shown. `text` says what was seen or, of what is unconfirmed, why nothing was."""

    outcome: Outcome
    text: str


Look = Callable[[str, Event], Answer]
"""Answers one of LOOK_UPS about the thing that an event concerns. Raises nothing."""


@dataclass(frozen=True)
class Confirm:
    """The look-up, and the level of the alert by its outcome; empty: the rule's own."""

    look: str
    confirmed: str = ""
    refuted: str = ""
    unconfirmed: str = ""

    def level(self, outcome: Outcome) -> str:
        """The level after this outcome; empty for the rule's own."""
        levels = {"confirmed": self.confirmed, "refuted": self.refuted, "unconfirmed": self.unconfirmed}
        return levels[outcome]
