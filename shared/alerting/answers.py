"""What a person can answer an incident, by a link in its message: acknowledge it, or silence its group.

The limits of what a link may do stand here; the command line has none of them.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from shared.alerting.desk import Desk
from shared.alerting.incident import Incident, gravity
from shared.alerting.links import Link, Links, no_links
from shared.alerting.matchers import LABELS, Matcher
from shared.alerting.notice import Notice
from shared.alerting.silences import Silence, Silences
from shared.alerting.tokens import Action, Grant, Keys

log = logging.getLogger(__name__)

LENGTHS: Mapping[Action, timedelta] = {
    "silence-1h": timedelta(hours=1),
    "silence-4h": timedelta(hours=4),
    "silence-24h": timedelta(hours=24),
}
"""The silences that a link can make."""

LONGEST: Mapping[str, Action] = {"critical": "silence-1h"}
"""By level, the longest silence by a link: whoever sees the channel can make it. Otherwise any of LENGTHS."""

LASTS = timedelta(hours=24)
"""How long a link is good for. A reminder brings new ones."""

PARAMETER = "t"
"""The query parameter that holds the token."""

REASON = "from the message"


def longest(level: str) -> Action:
    """The longest silence by a link of an incident of this level; an unknown level counts as critical."""
    known = "critical" if gravity(level) >= gravity("critical") else level
    return LONGEST.get(known, "silence-24h")


def allowed(grant: Grant, incident: Incident) -> list[Action]:
    """The silences that a grant allows now: an incident may have become graver since."""
    most = min(LENGTHS[grant.action], LENGTHS[longest(incident.level)])
    return [action for action, length in LENGTHS.items() if length <= most]


def matchers_of(incident: Incident) -> list[Matcher]:
    """What silences an incident's group. One without labels is of all alerts: it is silenced by its rules."""
    labels = [Matcher(name, "=", value) for name, value in incident.labels.items() if name in LABELS]
    rules = sorted({re.escape(alert.rule) for alert in incident.alerts})
    return labels or [Matcher("rule", "=~", "|".join(rules))]


def silence(
    desk: Desk,
    silences: Silences,
    incident: Incident,
    action: Action,
    person: str,
    now: datetime,
    token: str,
) -> Silence:
    """Silence an incident's group, and tell the channel. A token gives each length once, however often it is
    sent: then the first silence is returned. Raises StoreUnavailable."""
    made_by = hashlib.sha256(f"{token} {action}".encode()).hexdigest()[:12]
    made = silences.add(matchers_of(incident), person, REASON, now, LENGTHS[action], made_by)
    if made.starts == now:
        desk.tell_silence(made, now)
    return made


def answer_links(public_url: str, keys: Keys, now: Callable[[], datetime]) -> Links:
    """The links to acknowledge and to silence what a notice tells of, at functions/respond's address."""

    def links(notice: Notice) -> tuple[Link, ...]:
        if not _is_answerable(notice):
            return ()
        level = max((alert.level for alert in notice.alerts), key=gravity)
        ends = now() + LASTS
        return (
            Link("ack", _address(public_url, keys.sign(Grant(notice.incident, "ack", ends)))),
            Link("silence", _address(public_url, keys.sign(Grant(notice.incident, longest(level), ends)))),
        )

    return links


def links_from(environment: Mapping[str, str], public_url: str, now: Callable[[], datetime]) -> Links:
    """`answer_links` as the environment has it; no links where it lacks an address or keys.

    What can't be right is logged, and costs the links alone: no alert is held back for them.
    """
    address = environment.get("TRAILGUARD_PUBLIC_URL") or public_url
    keys = environment.get("TRAILGUARD_LINK_KEYS")
    if not address or not keys:
        return no_links
    try:
        if not address.startswith("https://"):
            raise ValueError("the public address is not an https:// one")
        return answer_links(address, Keys.of(keys), now)
    except ValueError as error:
        log.error("messages have no links to answer by: %s", error)
        return no_links


def _is_answerable(notice: Notice) -> bool:
    """Whether an incident is kept under it: an alert that was told without a store stands alone."""
    return notice.kind not in ("digest", "note") and notice.incident != notice.id


def _address(public_url: str, token: str) -> str:
    return f"{public_url}?{PARAMETER}={token}"
