"""What functions/respond does: an HTTP trigger's event in, a page out."""

from __future__ import annotations

import logging
from typing import Any

from shared import wiring
from shared.alerting.page import HEADERS, Page, render
from shared.alerting.page_wording import said
from shared.alerting.wording import Language
from shared.cloud.http_trigger import Request, answer
from shared.settings import SettingsError
from shared.state.store import StoreUnavailable

log = logging.getLogger(__name__)


def respond(event: bytes, context: Any) -> dict[str, Any]:
    """The answer to one request, as an HTTP trigger wants it; it never raises for what a caller sent."""
    try:
        request = Request.of(event)
    except ValueError as error:
        log.info("refused: %s", error)
        return _told(400, "malformed", "en")
    language: Language = "en"
    try:
        responder = wiring.responder(context)
        language = responder.language
        reply = responder.reply(request)
    except (SettingsError, StoreUnavailable) as error:
        log.error("links can't be answered: %s", error)
        return _told(503, "away", language)
    return answer(reply.status, HEADERS, render(reply.page, language))


def _told(status: int, word: str, language: Language) -> dict[str, Any]:
    page = Page(said(word, language), said(f"{word}: why", language))
    return answer(status, HEADERS, render(page, language))
