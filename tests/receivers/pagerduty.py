"""PagerDuty's Events API v2: keeps alerts by their key, as the real one does."""

from __future__ import annotations

import json
from typing import Any

from tests.receivers.server import Answer, Receiver, Request


class PagerDutyEvents(Receiver):
    """`events` are those it took; `alerts` the state of each key by now."""

    def __init__(self, routing_key: str = "R0123456789ABCDEF0123456789ABCDEF") -> None:
        super().__init__()
        self.routing_key = routing_key
        self.events: list[dict[str, Any]] = []
        self.alerts: dict[str, str] = {}

    @property
    def address(self) -> str:
        return self.url + "/v2/enqueue"

    def usual(self, request: Request) -> Answer:
        event = json.loads(request.body)
        if problem := self._problem(event):
            body = {"status": "invalid event", "message": "Event object is invalid", "errors": [problem]}
            return Answer(400, json.dumps(body).encode())
        self.events.append(event)
        states = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}
        self.alerts[event["dedup_key"]] = states[event["event_action"]]
        taken = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return Answer(202, json.dumps(taken).encode())

    def _problem(self, event: dict[str, Any]) -> str:
        if event.get("routing_key") != self.routing_key:
            return "routing_key is invalid"
        if len(event.get("dedup_key", "")) > 255:
            return "dedup_key is too long"
        if event["event_action"] != "trigger":
            return ""
        payload = event.get("payload", {})
        if missing := [name for name in ("summary", "source", "severity") if not payload.get(name)]:
            return f"{missing[0]} is missing or blank"
        if len(payload["summary"]) > 1024:
            return "summary is too long"
        severities = ("critical", "error", "warning", "info")
        return "" if payload["severity"] in severities else "severity is invalid"
