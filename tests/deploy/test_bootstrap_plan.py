"""Plans: pure functions of what is wanted and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy.bootstrap.apply import apply
from deploy.bootstrap.cloud import Cloud
from deploy.bootstrap.compare import lacking
from deploy.bootstrap.plan import Found, Resource, Verb, destruction, plan
from deploy.bootstrap.report import is_open

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Thing(Resource):
    """Something with one value; `world` is where it stands."""

    kind = "thing"
    title: str
    value: int
    world: dict[str, Found] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        return self.title

    def find(self, cloud: Cloud) -> Found | None:
        return self.world.get(self.title)

    def described(self) -> Iterable[str]:
        yield str(self.value)

    def differences(self, found: Found) -> Iterable[str]:
        if found["value"] != self.value:
            yield f"{found['value']} → {self.value}"

    def foreign(self, found: Found) -> str:
        return "" if found.get("ours", True) else "somebody else's"

    def create(self, cloud: Cloud) -> None:
        self.world[self.title] = {"value": self.value}

    def change(self, cloud: Cloud, found: Found) -> None:
        self.world[self.title]["value"] = self.value

    def delete(self, cloud: Cloud, found: Found) -> None:
        del self.world[self.title]


class Logs(Thing):
    """Something that holds logs."""

    holds_logs = True


NOWHERE: Any = None


def pairs(things: list[Thing]) -> list[tuple[Resource, Found | None]]:
    return [(thing, thing.find(NOWHERE)) for thing in things]


def verbs(things: list[Thing], **options: Any) -> list[str]:
    return [step.verb.value for step in plan(pairs(things), **options)]


def test_each_thing_is_created_changed_kept_or_left_to_whom_it_belongs() -> None:
    world = {
        "b": {"value": 1},
        "c": {"value": 1},
        "d": {"value": 1, "ours": False},
        "e": {"value": 2, "ours": False},
    }
    things = [Thing(name, 2, world) for name in "abcde"]
    assert verbs(things) == ["create", "change", "change", "foreign", "keep"]
    assert verbs(things, adopt=["d"]) == ["create", "change", "change", "change", "keep"]


WORLDS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.fixed_dictionaries({"value": st.integers(0, 2), "ours": st.booleans()}),
)


@given(WORLDS, st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2)))
def test_what_was_applied_is_never_planned_again(world: dict[str, Found], values: dict[str, int]) -> None:
    things = [Thing(name, value, world) for name, value in values.items()]
    untouched = {name: dict(found) for name, found in world.items() if not found["ours"]}
    steps = plan(pairs(things))
    done = apply(steps, NOWHERE)
    left = plan(pairs(things))
    assert {step.verb for step in left} <= {Verb.KEEP, Verb.FOREIGN}
    assert is_open(steps, done) == is_open(left)
    assert {name: world[name] for name in untouched} == untouched


@given(WORLDS, st.booleans())
def test_what_is_destroyed_is_ours_and_logs_only_if_said_twice(
    world: dict[str, Found], and_logs: bool
) -> None:
    kept = {name for name, found in world.items() if not found["ours"]}
    kept |= {name for name in world if name in "abc" and not and_logs}
    things: list[Thing] = [
        Logs(name, 1, world) if name in "abc" else Thing(name, 1, world) for name in "abcdef"
    ]
    steps = destruction(pairs(things), and_logs)
    assert [step.resource.name for step in steps] == sorted(world, reverse=True)
    apply(steps, NOWHERE)
    assert set(world) == kept


@given(JSON, JSON)
def test_a_document_lacks_nothing_of_itself_nor_of_itself_with_more(document: Any, more: Any) -> None:
    assert list(lacking(document, document)) == []
    assert list(lacking({"a": document}, {"a": document, "b": more})) == []


def test_what_a_document_lacks_is_told_by_its_place() -> None:
    wanted = {"inputs": [{"Type": "input_file", "FilePaths": ["/a", "/b"]}], "global": {"x": 1}, "name": "n"}
    found = {"inputs": [{"Type": "input_file", "FilePaths": ["/a", "/c"], "more": 1}], "name": "n"}
    assert list(lacking(wanted, found)) == ['inputs[0].FilePaths[1]: "/c" → "/b"', "global.x: nothing → 1"]
    assert list(lacking(["a"], ["a", "b"])) == [': ["a", "b"] → ["a"]']
