"""A glance at a raw ActionTrail event: only the fields that rules are looked up by.

msgspec checks the whole text and builds just these fields, two to three times as fast as a full decode.
Most events concern no rule, so a glance is all that they cost. Whatever is out of the ordinary (a field of
another type, a wrapping, text that is no JSON) raises, and takes the full way.
"""

from __future__ import annotations

import msgspec


class Identity(msgspec.Struct):
    """The part of `userIdentity` that rules are looked up by."""

    type: str | None = None
    accessKeyId: str | None = None  # noqa: N815


class Insight(msgspec.Struct):
    """The part of `insightDetails` that rules are looked up by."""

    insightType: str | None = None  # noqa: N815 - the event's own name


class Glance(msgspec.Struct):
    """The looked-up fields of one event, as its text has them."""

    eventName: str  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    eventRW: str | None = None  # noqa: N815
    userIdentity: Identity | None = None  # noqa: N815
    insightDetails: Insight | None = None  # noqa: N815
    flat_type: str | None = msgspec.field(default=None, name="userIdentity.type")
    flat_key: str | None = msgspec.field(default=None, name="userIdentity.accessKeyId")
    flat_insight: str | None = msgspec.field(default=None, name="insightDetails.insightType")


glance = msgspec.json.Decoder(Glance).decode
"""Glance at one event's text or bytes. Raises msgspec.MsgspecError, UnicodeError or RecursionError."""
