"""A node of the route tree, and how an alert walks down to those who take it.

https://prometheus.io/docs/alerting/latest/configuration/#route. A child inherits what it does not say, but
for matchers, `continue` and the time intervals, which are each node's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shared.alerting.duration import Span
from shared.alerting.matchers import Labels, Matcher, check_label, equal_to, like, matchers_in
from shared.alerting.timing import Options
from shared.validate import Strict

EVERYTHING = "..."
"""`group_by: ['...']`: every label, so that each alert is a group of its own."""


@dataclass(frozen=True)
class Taker:
    """Who takes an alert, and how: what the nodes on the way down have said."""

    receiver: str = ""
    group_by: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    path: str = "route"

    def group(self, alert_id: str, labels: Labels) -> dict[str, str]:
        """The labels of the alert's group."""
        if EVERYTHING in self.group_by:
            return {**labels, "id": alert_id}
        return {name: labels.get(name, "") for name in self.group_by}


class Escalation(Strict):
    """Who is told, too, of what nobody has acknowledged `after` so long."""

    after: Span
    to: str


class Route(Strict):
    """A node. An alert goes to the first child that matches, and on while `continue` says so; where no child
    matches, the node itself takes it."""

    receiver: str = ""
    matchers: Annotated[list[Matcher], BeforeValidator(matchers_in)] = Field(default_factory=list)
    match: Annotated[list[Matcher], BeforeValidator(equal_to)] = Field(default_factory=list)
    match_re: Annotated[list[Matcher], BeforeValidator(like)] = Field(default_factory=list)
    continue_: bool = Field(default=False, alias="continue")
    group_by: list[str] | None = None
    group_wait: Span | None = None
    group_interval: Span | None = None
    repeat_interval: Span | None = None
    mute_time_intervals: list[str] = Field(default_factory=list)
    active_time_intervals: list[str] = Field(default_factory=list)
    escalate: Escalation | None = None
    routes: list[Route] = Field(default_factory=list)

    @field_validator("group_by")
    @classmethod
    def _known(cls, names: list[str] | None) -> list[str] | None:
        for name in names or ():
            if name != EVERYTHING:
                check_label(name)
        if names and (len(set(names)) < len(names) or (EVERYTHING in names and len(names) > 1)):
            raise ValueError(f"a label stands here once, and '{EVERYTHING}' alone")
        return names

    @model_validator(mode="after")
    def _joined(self) -> Route:
        """`match` and `match_re` are older spellings; from here on all are `matchers`."""
        self.matchers = [*self.match, *self.match_re, *self.matchers]
        return self

    def takers(self, labels: Labels, above: Taker) -> Iterator[Taker]:
        """Those who take an alert with these labels, in the order of the tree."""
        if not all(matcher.matches(labels) for matcher in self.matchers):
            return
        here, taken = self.inheriting(above), False
        for number, child in enumerate(self.routes):
            found = list(child.takers(labels, replace(here, path=f"{here.path}.routes[{number}]")))
            yield from found
            taken = taken or bool(found)
            if found and not child.continue_:
                return
        if not taken:
            yield here

    def inheriting(self, above: Taker) -> Taker:
        """This node's say over what stands above it."""
        return replace(
            above,
            receiver=self.receiver or above.receiver,
            group_by=above.group_by if self.group_by is None else tuple(self.group_by),
            options=self._options(above.options),
            mute=tuple(self.mute_time_intervals),
            active=tuple(self.active_time_intervals),
        )

    def _options(self, above: Options) -> Options:
        times = {
            "group_wait": self.group_wait,
            "group_interval": self.group_interval,
            "repeat": self.repeat_interval,
            "escalate_after": self.escalate.after if self.escalate else None,
        }
        given = {name: timedelta(seconds=span) for name, span in times.items() if span is not None}
        changed = replace(above, **given)  # type: ignore[arg-type]  # each is a timedelta, as it must be
        return replace(changed, escalate_to=self.escalate.to) if self.escalate else changed
