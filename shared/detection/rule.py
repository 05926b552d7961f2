"""A rule, ready to judge: what it looks for, and what its alert says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shared.detection.confirm import Confirm
from shared.detection.kinds.kind import Kind
from shared.detection.nodes import Node, Reason
from shared.events.event import Event


@dataclass(frozen=True)
class RuleTest:
    """One case at the bottom of a rule file: events with their offsets in seconds, and how many alerts
    they give; `fires` is True for at least one. After `silence` seconds without another event, a timer looks
    for what is absent."""

    name: str
    events: tuple[tuple[float, Mapping[str, Any]], ...]
    fires: bool | int
    silence: int | None = None


@dataclass(frozen=True)
class Exemption:
    """Events that a team has decided not to hear about: which, why, and until when (inclusive)."""

    node: Node
    reason: str
    expires: date | None

    def covers(self, event: Event) -> bool:
        """Whether it takes in this event; by the event's own date, so that a replay judges alike."""
        in_force = self.expires is None or event.time.date() <= self.expires
        return in_force and self.node.matches(event.fields)


@dataclass(frozen=True)
class Rule:
    """One rule of one source. `name` is the stem of its file; `mode` is `live` or `shadow`.

    With a `kind`, an event that matches is only a sighting: what is remembered decides. `steps` are the
    selections that its `temporal` kinds wait for. `of` are the events that tell whether what a `standing`
    rule looks for is so, or not.
    """

    name: str
    id: str
    title: str
    level: str
    source: str
    node: Node
    description: str = ""
    status: str = ""
    item: str = ""
    mode: str = "live"
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    summary: str = ""
    dedupe: tuple[str, ...] = ()
    runbook: str = ""
    fix: str = ""
    title_zh: str = ""
    summary_zh: str = ""
    tests: tuple[RuleTest, ...] = field(default=(), repr=False)
    exemptions: tuple[Exemption, ...] = ()
    kind: Kind | None = None
    steps: Mapping[str, Node] = field(default_factory=dict)
    of: Node | None = None
    detection: Mapping[str, Any] = field(default_factory=dict, repr=False)
    confirm: Confirm | None = None

    @property
    def watched(self) -> Node:
        """What an event must match to be of any concern."""
        return self.of or self.node

    def concerns(self, event: Event) -> bool:
        """Whether the rule has to take note of the event: because it holds, or because that ends what
        stands."""
        return self.of.matches(event.fields) if self.of else self.matches(event)

    def matches(self, event: Event) -> bool:
        """Whether the detection holds and no exemption takes the event out."""
        return self.node.matches(event.fields) and self.exemption(event) is None

    def exemption(self, event: Event) -> Exemption | None:
        """The first exemption in force that covers the event."""
        return next((e for e in self.exemptions if e.covers(event)), None)

    def reasons(self, event: Event) -> list[Reason]:
        """The conditions that decided, whichever way they went, in the order of the file."""
        return list(self.node.reasons(event.fields))


@dataclass(frozen=True)
class Finding:
    """A rule that holds for an event."""

    rule: Rule
    event: Event


@dataclass(frozen=True)
class RuleFailure:
    """A rule that raised on an event: the rule is broken, the event is kept, the other rules went on."""

    rule: Rule
    event: Event
    error: Exception
