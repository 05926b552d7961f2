"""The `state:` block of a rule file: one kind, with its own keys.

`event_count`, `value_count`, `temporal` and `temporal_ordered` are Sigma's correlation types; the others are
what Sigma has no word for.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from shared.detection.duration import Span
from shared.detection.kinds.absent import Absent
from shared.detection.kinds.all_new import AllNew
from shared.detection.kinds.changed import Changed
from shared.detection.kinds.dormant import Dormant
from shared.detection.kinds.first_seen import FirstSeen
from shared.detection.kinds.kind import Kind
from shared.detection.kinds.standing import Standing
from shared.detection.kinds.surge import Surge
from shared.detection.kinds.window import Window
from shared.validate import Strict

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
DAY = 86_400


class _Block(Strict):
    model_config = ConfigDict(frozen=True)

    by: list[Name]


class EventCount(_Block):
    """At least `gte` events of one group within a span; with `then`, the name of a selection, followed by one
    of those, which do not count themselves. `weight` is a field that tells how many an event counts for: one
    line may stand for several attempts, or for none."""

    within: Span
    gte: int = Field(ge=1, le=1000)
    then: Name | None = None
    weight: Name | None = None

    def kind(self) -> Kind:
        steps, weight = (self.then,) if self.then else (), self.weight or ""
        return Window("event_count", tuple(self.by), self.within, self.gte, steps=steps, weight=weight)


class ValueCount(_Block):
    """At least `gte` different values of `field` in one group within a span; with `rising`, numbers, each
    greater than the one before."""

    field: Name
    within: Span
    gte: int = Field(ge=1, le=1000)
    rising: bool = False

    def kind(self) -> Kind:
        return Window(
            "value_rise" if self.rising else "value_count", tuple(self.by), self.within, self.gte, self.field
        )


class Temporal(_Block):
    """Every step, in any order, in one group within a span. Steps are names of selections, each once."""

    within: Span
    steps: list[Name] = Field(min_length=2)

    @model_validator(mode="after")
    def _each_once(self) -> Temporal:
        repeated = [name for number, name in enumerate(self.steps) if name in self.steps[:number]]
        if repeated:
            raise ValueError(
                f"the step '{repeated[0]}' stands twice: one event would be both; see event_count"
            )
        return self

    def kind(self) -> Kind:
        return Window("temporal", tuple(self.by), self.within, steps=tuple(self.steps))


class TemporalOrdered(Temporal):
    """Every step, in this order."""

    def kind(self) -> Kind:
        return Window("temporal_ordered", tuple(self.by), self.within, steps=tuple(self.steps))


class FirstSeenBlock(_Block):
    """A group never seen before, once `learn` is over; forgotten when not seen for `remember`. `baseline` is
    the name of a selection whose events are known from then on, and never told."""

    learn: Span = 14 * DAY
    remember: Span = 180 * DAY
    baseline: Name | None = None

    def kind(self) -> Kind:
        return FirstSeen(tuple(self.by), self.learn, self.remember, self.baseline or "")


class AllNewBlock(_Block):
    """Several values that are all new to their group, once it has learned; see FirstSeenBlock."""

    fields: list[Name] = Field(min_length=2)
    learn: Span = 14 * DAY
    remember: Span = 180 * DAY

    def kind(self) -> Kind:
        return AllNew(tuple(self.by), tuple(self.fields), self.learn, self.remember)


class DormantBlock(_Block):
    """A group seen before, but not for `after`; forgotten when not seen for `remember`."""

    after: Span
    remember: Span = 400 * DAY

    def kind(self) -> Kind:
        return Dormant(tuple(self.by), self.after, self.remember)

    @model_validator(mode="after")
    def _remembered_long_enough(self) -> DormantBlock:
        if self.remember <= self.after:
            raise ValueError("'remember' must be longer than 'after', or nobody is remembered to be missed")
        return self


class AbsentBlock(_Block):
    """A group expected at least once in `every`."""

    every: Span = Field(ge=60)

    def kind(self) -> Kind:
        return Absent(tuple(self.by), self.every)


class ChangedBlock(_Block):
    """A snapshot (`field`: a list of rows) that differs from the group's last one."""

    field: Name
    remember: Span = 400 * DAY

    def kind(self) -> Kind:
        return Changed(tuple(self.by), self.field, self.remember)


class StandingBlock(_Block):
    """Something that is so until it is no longer: `of` is the name of the selection of all events that tell
    whether it is; those that the condition holds for say that it is."""

    of: Name
    remember: Span = 400 * DAY

    def kind(self) -> Kind:
        return Standing(tuple(self.by), self.remember)


class SurgeBlock(_Block):
    """At least `gte` events of one group in one step of time, and `factor` times what was usual in the steps
    of the span `against` before it. `weight`: see EventCount."""

    within: Span
    against: Span
    factor: float = Field(gt=1, le=1000)
    gte: int = Field(ge=1, le=1000)
    weight: Name | None = None
    remember: Span = 180 * DAY

    def kind(self) -> Kind:
        spans, weight = (self.within, self.against), self.weight or ""
        return Surge(tuple(self.by), *spans, self.factor, self.gte, weight, self.remember)

    @model_validator(mode="after")
    def _spans_fit(self) -> SurgeBlock:
        self.kind()
        return self


WINDOW_WORDS = ("count", "span", "within", "values")
WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("event_count", "value_count", "temporal", "temporal_ordered"), WINDOW_WORDS),
    "first_seen": ("learned", "count"),
    "all_new": ("learned", "values"),
    "dormant": ("previous", "absence"),
    "absent": ("since", "silence"),
    "changed": ("added", "removed", "changes", "count"),
    "standing": ("since", "age"),
    "surge": ("count", "usual", "factor", "span", "against"),
}
"""What the summary of a rule of each kind may say beside the event's own fields."""


class StateBlock(Strict):
    """Exactly one kind."""

    model_config = ConfigDict(frozen=True)

    event_count: EventCount | None = None
    value_count: ValueCount | None = None
    temporal: Temporal | None = None
    temporal_ordered: TemporalOrdered | None = None
    first_seen: FirstSeenBlock | None = None
    all_new: AllNewBlock | None = None
    dormant: DormantBlock | None = None
    absent: AbsentBlock | None = None
    changed: ChangedBlock | None = None
    standing: StandingBlock | None = None
    surge: SurgeBlock | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> StateBlock:
        if len(self._given) != 1:
            raise ValueError(f"give exactly one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def _given(self) -> list[str]:
        return [name for name in type(self).model_fields if getattr(self, name) is not None]

    @property
    def name(self) -> str:
        """The kind's name."""
        return self._given[0]

    @property
    def words(self) -> tuple[str, ...]:
        """What the kind's decisions tell."""
        return WORDS[self.name]

    @property
    def kind(self) -> Kind:
        """The kind, ready to remember."""
        kind: Kind = getattr(self, self.name).kind()
        return kind

    @property
    def fields(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Every event field that the block names, with where it stands."""
        block = getattr(self, self.name)
        found: list[tuple[tuple[str | int, ...], str]] = [
            ((self.name, "by", number), name) for number, name in enumerate(block.by)
        ]
        for key in ("field", "weight"):
            if name := getattr(block, key, None):
                found.append(((self.name, key), name))
        values = getattr(block, "fields", ())
        return found + [((self.name, "fields", number), name) for number, name in enumerate(values)]

    @property
    def steps(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Every selection that the block names, with where it stands."""
        block = getattr(self, self.name)
        found: list[tuple[tuple[str | int, ...], str]] = [
            ((self.name, "steps", number), name) for number, name in enumerate(getattr(block, "steps", ()))
        ]
        for key in ("then", "baseline", "of"):
            if name := getattr(block, key, None):
                found.append(((self.name, key), name))
        return found
