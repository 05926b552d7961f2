"""A person follows a link in a message: looking changes nothing, posting acts.

Chats, mail gateways and virus scanners fetch links by themselves: GET and HEAD only show a page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.alerting import answers
from shared.alerting.desk import Desk
from shared.alerting.incident import Incident
from shared.alerting.neutralise import capped, plain
from shared.alerting.page import MAX_NAME, Page
from shared.alerting.page_wording import said
from shared.alerting.routes import Routing
from shared.alerting.silences import Silences
from shared.alerting.tokens import Action, Grant, Keys, TokenError
from shared.alerting.wording import BADGES, LABELS
from shared.cloud.http_trigger import Request
from shared.state.store import StateStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """A page and its HTTP status."""

    status: int
    page: Page


class Responder:
    """Answers the requests that follow links. Raises StoreUnavailable."""

    def __init__(self, keys: Keys, routing: Routing, store: StateStore, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._desk = Desk(store, routing)
        self._silences = Silences(store)
        self._now = now
        self.language = routing.global_.language
        self._zone = ZoneInfo(routing.global_.timezone)

    def reply(self, request: Request) -> Reply:
        """What a request is answered with, once it has taken effect."""
        if request.method not in ("GET", "HEAD", "POST"):
            return self._told(405, "wrong method")
        token = request.query.get(answers.PARAMETER, "")
        try:
            grant = self._keys.read(token, self._now())
        except TokenError:
            return self._told(403, "refused")
        incident = self._desk.find(grant.incident)
        if incident is None:
            return self._told(410, "gone")
        if request.method != "POST":
            return Reply(200, self._question(grant, incident))
        return self._acted(grant, incident, request, token)

    def _question(self, grant: Grant, incident: Incident) -> Page:
        if grant.action != "ack":
            offered = answers.allowed(grant, incident)
            return self._page(incident, "", tuple((action, self._say(action)) for action in offered))
        if incident.acknowledged_by:
            return self._page(incident, self._say("already", person=incident.acknowledged_by))
        return self._page(incident, "", (("ack", self._say("acknowledge")),))

    def _acted(self, grant: Grant, incident: Incident, request: Request, token: str) -> Reply:
        wanted, person = request.form.get("do", ""), self._person(request)
        if grant.action == "ack" and wanted == "ack":
            return self._acknowledged(incident, person)
        for action in answers.allowed(grant, incident) if grant.action != "ack" else ():
            if action == wanted:
                return self._silenced(incident, action, person, token)
        return self._told(403, "refused")

    def _acknowledged(self, incident: Incident, person: str) -> Reply:
        changed = self._desk.acknowledge(incident.id, person, self._now())
        if changed is None:
            return self._told(410, "gone")
        log.info("incident %s: acknowledged by %s", incident.id, person)
        is_first = not incident.acknowledged_by and changed.acknowledged_by == person
        word = "acknowledged" if is_first else "already"
        return Reply(200, self._page(changed, self._say(word, person=changed.acknowledged_by)))

    def _silenced(self, incident: Incident, action: Action, person: str, token: str) -> Reply:
        now = self._now()
        made = answers.silence(self._desk, self._silences, incident, action, person, now, token)
        log.info("incident %s: silence %s by %s until %s", incident.id, made.id, made.author, made.ends)
        what, until = ", ".join(map(str, made.matchers)), self._time(made.ends)
        word = "silenced" if made.ends > now else "silence over"
        return Reply(200, self._page(incident, self._say(word, person=made.author, what=what, until=until)))

    def _person(self, request: Request) -> str:
        """Who answers, as far as a link tells: a name is what its bearer says."""
        name = capped(plain(request.form.get("name", "")), MAX_NAME)
        return self._say("named" if name else "nameless", name=name, address=request.address or "?")

    def _page(self, incident: Incident, text: str, buttons: tuple[tuple[str, str], ...] = ()) -> Page:
        alert = incident.alerts[0]
        badge = BADGES.get(incident.level, {})
        told = {
            "what": alert.summary_in(self.language),
            "who": alert.actor,
            "on": alert.resource,
            "when": self._say("times", count=incident.count, last=self._time(incident.last)),
            "incident": incident.id,
        }
        return Page(
            title=f"[{badge.get(self.language, incident.level)}] {alert.title_in(self.language)}",
            text=text,
            facts=tuple((LABELS[name][self.language], value) for name, value in told.items()),
            buttons=buttons,
            ask=self._say("who are you"),
        )

    def _told(self, status: int, word: str) -> Reply:
        return Reply(status, Page(self._say(word), self._say(f"{word}: why")))

    def _time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M %Z}"

    def _say(self, word: str, /, **values: object) -> str:
        return said(word, self.language, **values)
