"""The keys of a rule file: Sigma 2.1's, and our own blocks beside them.

https://github.com/SigmaHQ/sigma-specification (rules specification, version 2.1)
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from shared.detection.confirm import LOOK_UPS, Confirm
from shared.detection.duration import Span
from shared.detection.state_schema import StateBlock
from shared.spelling import nearest
from shared.validate import Strict

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+\.[a-z0-9._-]+$")]
"""`attack.t1078`: a namespace and a name, as Sigma writes them."""

Level = Literal["informational", "low", "medium", "high", "critical"]
Mode = Literal["live", "shadow"]


class _Part(Strict):
    model_config = ConfigDict(frozen=True)


class LogSource(_Part):
    """Where the events come from; one of the sources that Trailguard reads."""

    product: str | None = None
    service: str | None = None
    category: str | None = None
    definition: str | None = None


class Translation(_Part):
    """The rule's title and summary in another language, with the same fields in them."""

    title: Text
    summary: Text


class AlertBlock(_Part):
    """What the alert says, what makes two of them the same matter, what mends it, and the page that helps."""

    summary: Text
    fix: Text | None = None
    zh: Translation | None = None
    dedupe: list[Text] = Field(default_factory=list)
    runbook: Text


class ConfirmBlock(_Part):
    """A look at the live account before the alert, and the level of the alert by what it shows."""

    look: Text
    confirmed: Level | None = None
    refuted: Level | None = None
    unconfirmed: Level | None = None

    @field_validator("look")
    @classmethod
    def _known(cls, look: str) -> str:
        if look not in LOOK_UPS:
            raise ValueError(f"no look-up '{look}'{nearest(look, LOOK_UPS)}")
        return look

    @property
    def confirm(self) -> Confirm:
        """The block as the rule has it."""
        return Confirm(self.look, self.confirmed or "", self.refuted or "", self.unconfirmed or "")


class TimedEvent(_Part):
    """An event of a test at an offset; repeated, if asked, with `every` in between."""

    at: Span = 0
    event: dict[str, Any]
    repeat: int = Field(default=1, ge=1, le=10_000)
    every: Span = 1


class TestBlock(_Part):
    """One case: an event as its source sends it, or several at offsets, maybe a silence after the last; and
    whether the rule fires, or how many alerts it gives."""

    __test__ = False  # not a test class, whatever pytest may think of the name

    name: Text
    event: dict[str, Any] | None = None
    events: list[TimedEvent] = Field(default_factory=list)
    silence: Span | None = None
    fires: bool | int

    @model_validator(mode="after")
    def _one_of_both(self) -> TestBlock:
        if (self.event is None) == (not self.events):
            raise ValueError("give either 'event' or 'events'")
        return self


class RuleFile(_Part):
    """A whole rule file."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    id: UUID
    status: Literal["stable", "test", "experimental", "deprecated", "unsupported"]
    description: Text
    logsource: LogSource
    detection: dict[str, Any]
    level: Level
    alert: AlertBlock
    tests: list[TestBlock]
    item: Text
    tags: list[Tag] = Field(default_factory=list)
    references: list[Text] = Field(default_factory=list)
    falsepositives: list[Text] = Field(default_factory=list)
    author: str | None = None
    date: str | None = None
    modified: str | None = None
    license: str | None = None
    related: list[dict[str, Any]] = Field(default_factory=list)
    fields: list[Text] = Field(default_factory=list)
    name: str | None = None
    taxonomy: str | None = None
    scope: list[Text] = Field(default_factory=list)
    mode: Mode = "live"
    state: StateBlock | None = None
    confirm: ConfirmBlock | None = None
