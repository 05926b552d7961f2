"""A look at one listener: which TLS it allows now. A listener is named `Slb lb-1 443`, `Alb lsn-1`, `Nlb
lsn-1`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.audits import alb_listeners, nlb_listeners, slb_listeners
from shared.audits.collector import Fields, Inquiry
from shared.audits.tls import UNKNOWN
from shared.cloud.openapi import Api
from shared.detection.confirm import Answer
from shared.events.event import Event
from shared.events.leaves import last_name, leaves
from shared.events.text import text_of

APIS = (
    slb_listeners.LIST_LISTENERS,
    slb_listeners.LIST_POLICIES,
    alb_listeners.LIST_LISTENERS,
    alb_listeners.LIST_RULES,
    alb_listeners.LIST_POLICIES,
    nlb_listeners.LIST_LISTENERS,
    nlb_listeners.LIST_POLICIES,
)

BY_ID: Mapping[str, tuple[Api, Callable[[Inquiry, dict[str, Any]], Fields]]] = {
    "alb": (alb_listeners.LIST_LISTENERS, alb_listeners.protocol_fields),
    "nlb": (nlb_listeners.LIST_LISTENERS, nlb_listeners.protocol_fields),
}
"""The products whose listeners have an id, with the API that lists them and what reads the answer."""

OLDEST_GOOD = "1.2"


def listener_named_by(event: Event) -> str:
    """The listener that an event is about; empty where it does not say."""
    found = {last_name(path): text_of(value) for path, value in leaves(event.fields.get("requestParameters"))}
    product = text_of(event.fields.get("serviceName")).lower()
    if product in BY_ID:
        return f"{product} {found['listenerid']}" if found.get("listenerid") else ""
    balancer, port = found.get("loadbalancerid"), found.get("listenerport")
    return f"slb {balancer} {port}" if balancer and port else ""


def listener_weak_tls(ask: Inquiry, listener: str) -> Answer:
    """Whether the listener allows TLS below OLDEST_GOOD. Raises Unanswered, or one of MISUNDERSTOOD."""
    product, *names = listener.split()
    fields = _of_slb(ask, *names) if product == "slb" else _by_id(ask, product, *names)
    lowest, policy = fields.get("lowest_tls", UNKNOWN), fields.get("tls_policy", "")
    if lowest == UNKNOWN:
        return Answer("unconfirmed", "which TLS versions it allows can't be told")
    said = f"the listener allows TLS {lowest} and newer ({policy})"
    return Answer("confirmed" if lowest < OLDEST_GOOD else "refuted", said)


def _of_slb(ask: Inquiry, balancer: str, port: str) -> Fields:
    """Of the HTTPS listener on that port."""
    asked = {"MaxResults": 100, "LoadBalancerId": [balancer]}
    for listener in ask.items(slb_listeners.LIST_LISTENERS, "Listeners", **asked):
        protocol = str(listener["ListenerProtocol"]).upper()
        if protocol == "HTTPS" and str(listener["ListenerPort"]) == port:
            return slb_listeners.protocol_fields(ask, protocol, listener)
    return {}


def _by_id(ask: Inquiry, product: str, listener: str) -> Fields:
    api, read = BY_ID[product]
    found = ask.items(api, "Listeners", MaxResults=100, ListenerIds=[listener])
    return next((read(ask, each) for each in found if each["ListenerId"] == listener), {})
