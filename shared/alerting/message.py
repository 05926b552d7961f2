"""A notice in the words of a message: what a woken person needs, in order, in the team's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from datetime import timezone as fixed_zone

from shared.alerting.alert import LEVELS, Alert
from shared.alerting.links import Link, Links, no_links
from shared.alerting.neutralise import capped, plain
from shared.alerting.notice import Entry, Notice
from shared.alerting.wording import BADGES, LABELS, LINKS, STAMPS, Language, sentence

MAX_LINE = 256
MAX_LINES = 8
MAX_ENTRY = 160
MIN_LINE = 24
SHRINK = 0.8


@dataclass(frozen=True)
class Fact:
    """One labelled answer. `key` is its name in LABELS; `lines` are never empty. `more` tells how many lines
    were left out, `{more}` filled in."""

    key: str
    label: str
    lines: tuple[str, ...]
    more: str = "… +{more}"

    @property
    def text(self) -> str:
        """The whole answer on one line."""
        return "; ".join(self.lines)

    def shortened(self, share: float) -> Fact:
        """About this share of it, cut between lines, and within them too unless it is a list of incidents."""
        most = max(1, round(len(self.lines) * share))
        width = MAX_ENTRY if self.key == "incidents" else max(MIN_LINE, round(MAX_LINE * share))
        kept = tuple(capped(line, width) for line in self.lines[:most])
        left_out = len(self.lines) - most
        return replace(self, lines=(*kept, self.more.format(more=left_out)) if left_out else kept)


@dataclass(frozen=True)
class Button:
    """A link with its label, both ours."""

    key: str
    label: str
    url: str


@dataclass(frozen=True)
class Message:
    """What a channel renders. Every string but the buttons' is one clean, capped line of untrusted text.

    Buttons are safe to emit as links as they are. A channel still neutralises the rest for its own markup.
    `body` is an operator's template, rendered, with every value in it neutralised for the channel already;
    empty for the usual message. `stamp` stands in the title in place of the
    badge: that it is over, or a drill.
    """

    level: str
    badge: str
    name: str
    facts: tuple[Fact, ...]
    buttons: tuple[Button, ...] = ()
    count: int = 1
    body: str = ""
    stamp: str = ""

    @property
    def subject(self) -> str:
        """`[CRITICAL] Root signed in without MFA`: the same for every notice of an incident."""
        return f"[{self.badge}] {self.name}"

    @property
    def title(self) -> str:
        """`[CRITICAL] Root signed in without MFA (×12)`."""
        return f"[{self.stamp or self.badge}] {self.heading}"

    @property
    def heading(self) -> str:
        """`Root signed in without MFA (×12)`."""
        return self.name + (f" (×{self.count})" if self.count > 1 else "")

    def shortened(self, share: float) -> Message:
        """About this share of its text."""
        return replace(self, facts=tuple(fact.shortened(share) for fact in self.facts))


def compose(notice: Notice, language: Language, timezone: tzinfo, links: Links = no_links) -> Message:
    """The message that tells `notice`. Pure.

    `timezone` is the reader's: times are told in it and in UTC. `links` says where the message leads to.
    """
    special = _special(notice.alert)
    safe = [link for link in links(notice) if link.is_safe and special != "drill"]
    buttons = tuple(_button(link, language) for link in safe)
    if notice.kind == "digest":
        return _digest(notice, language, timezone, buttons)
    answers = {
        "status": _status(notice, language, timezone),
        **_answers(notice, language, timezone),
        "also": _others(notice, language),
        "do": () if any(link.key == "do" for link in safe) else _runbook(notice.alert),
    }
    return Message(
        level=_line(notice.alert.level),
        badge=_badge(notice.alert.level, language),
        name=_line(notice.alert.title_in(language)),
        facts=tuple(_facts(answers, language)),
        buttons=buttons,
        count=notice.count,
        stamp=STAMPS[special][language] if special else "",
    )


def fitted(message: Message, render: Callable[[Message], bytes], limit: int) -> bytes:
    """`render(message)` in `limit` bytes: of a message that is too long, less and less is told.

    Cuts fall between lines and characters, never inside of markup. Where even the least is too long, the
    least is returned.
    """
    share, body = 1.0, render(message)
    while len(body) > limit and share > 0.001:
        share *= SHRINK
        body = render(replace(message, body="").shortened(share))
    return body


def _digest(notice: Notice, language: Language, timezone: tzinfo, buttons: tuple[Button, ...]) -> Message:
    level = max((entry.level for entry in notice.entries), key=_rank, default=notice.alert.level)
    values = {"incidents": len(notice.entries), "count": notice.count}
    more = sentence("more incidents", language, more="{more}")
    label = LABELS["incidents"][language]
    lines = tuple(_entry(entry, language) for entry in notice.entries)
    when = _line(_span(notice, language, timezone))
    told = (_line(notice.note or sentence("folded", language)), when)
    facts = [Fact("status", LABELS["status"][language], told)]
    if lines:
        facts.append(Fact("incidents", label, lines, more))
    return Message(
        level=_line(level),
        badge=_badge(level, language),
        name=sentence("digest", language, **values),
        facts=(*facts, Fact("id", LABELS["id"][language], (_line(notice.id),))),
        buttons=buttons,
    )


def _entry(entry: Entry, language: Language) -> str:
    """`[HIGH] 3× Key made — bob — acs:ram::1:user/bob`."""
    times = f"{entry.count}× " if entry.count > 1 else ""
    badge = STAMPS["resolved"][language] if entry.is_over else _badge(entry.level, language)
    told = [f"[{badge}] {times}{capped(plain(entry.title_in(language)), 80)}"]
    told += [capped(plain(value), 60) for value in (entry.actor, entry.resource) if plain(value)]
    return capped(" — ".join(told), MAX_ENTRY)


def _status(notice: Notice, language: Language, timezone: tzinfo) -> tuple[str, ...]:
    """What is new, in our own words; nothing for an alert that stands alone."""
    if notice.kind == "note":
        return (notice.note,)
    told = [sentence(notice.kind, language)] if notice.kind in ("repeat", "escalation") else []
    if special := _special(notice.alert):
        told.append(sentence(special, language))
    if notice.count > 1:
        name = "update" if notice.kind == "update" else "several"
        told.append(sentence(name, language, count=notice.count, new=notice.new))
        told.append(_span(notice, language, timezone))
    return tuple(told)


def _span(notice: Notice, language: Language, timezone: tzinfo) -> str:
    first, last = (f"{moment.astimezone(timezone):%m-%d %H:%M:%S}" for moment in (notice.first, notice.last))
    return sentence("span", language, first=first, last=last)


def _answers(notice: Notice, language: Language, timezone: tzinfo) -> dict[str, tuple[str, ...]]:
    alert = notice.alert
    return {
        "what": (alert.summary_in(language),),
        "checked": (alert.confirmation,),
        "who": (alert.actor,),
        "from": (alert.address,),
        "when": (_when(alert.time, timezone),),
        "action": (alert.action,),
        "on": (alert.resource,),
        "region": (alert.region,),
        "account": (alert.account_id,),
        "rule": (alert.rule,),
        "why": _what_held(alert.reasons),
        "incident": (notice.incident if notice.incident != alert.id else "",),
        "id": (alert.id,),
        "source": (f"{alert.source} {alert.origin}",),
    }


def _what_held(reasons: tuple[str, ...]) -> tuple[str, ...]:
    """The reasons that say what the event has; those that say what it has not, where there are no others."""
    return tuple(reason for reason in reasons if not reason.startswith("not (")) or reasons


def _others(notice: Notice, language: Language) -> tuple[str, ...]:
    """The other alerts of the incident, alike ones on one line."""
    others = Counter(
        (a.level, a.title_in(language), a.actor, a.resource, a.status == "resolved")
        for a in notice.alerts[1:]
    )
    entries = [
        Entry("", level, title, actor, resource, count, is_over=is_over)
        for (level, title, actor, resource, is_over), count in others.items()
    ]
    untold = notice.count - len(notice.alerts)
    more = [sentence("more", language, more=untold)] if untold > 0 and entries else []
    return (*(_entry(entry, language) for entry in entries), *more)


def _runbook(alert: Alert) -> tuple[str, ...]:
    return (f"alerts/{alert.runbook}",) if alert.runbook else ()


def _facts(answers: dict[str, tuple[str, ...]], language: Language) -> Iterator[Fact]:
    for key, words in LABELS.items():
        if lines := _lines(answers.get(key, ())):
            yield Fact(key, words[language], lines)


def _button(link: Link, language: Language) -> Button:
    return Button(link.key, LINKS[link.key][language], link.url)


def _badge(level: str, language: Language) -> str:
    return BADGES[level][language] if level in BADGES else _line(level.upper())


def _special(alert: Alert) -> str:
    """`drill`, `resolved`, or empty for what has happened or is so."""
    return "drill" if alert.mode == "drill" else "resolved" if alert.status == "resolved" else ""


def _rank(level: str) -> int:
    """An unknown level is the gravest."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _when(moment: datetime, timezone: tzinfo) -> str:
    utc = moment.astimezone(fixed_zone.utc)
    local = moment.astimezone(timezone)
    told = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return told if not local.utcoffset() else f"{local.isoformat(' ', 'seconds')} ({told})"


def _lines(values: Sequence[str]) -> tuple[str, ...]:
    kept = [line for line in map(_line, values[:MAX_LINES]) if line]
    left_out = len(values) - MAX_LINES
    return (*kept, f"… +{left_out}") if left_out > 0 else tuple(kept)


def _line(text: str) -> str:
    return capped(plain(text), MAX_LINE)
