"""A plan for people, and for programs. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deploy.bootstrap.plan import OPEN, WORK, Step, Verb

if TYPE_CHECKING:
    from deploy.bootstrap.session import Session

SIGNS = {
    Verb.CREATE: "+",
    Verb.CHANGE: "~",
    Verb.DELETE: "-",
    Verb.KEEP: "=",
    Verb.FOREIGN: "!",
    Verb.BY_HAND: ">",
}


def is_work(steps: Sequence[Step]) -> bool:
    """Whether there is anything for bootstrap to do."""
    return any(step.verb in WORK for step in steps)


def is_open(steps: Sequence[Step], after: Sequence[Step] = ()) -> bool:
    """Whether anything remains, for bootstrap or for a person, once `after` is done."""
    return any(step.verb in OPEN and step not in after for step in steps)


def shown(steps: Sequence[Step], session: Session) -> str:
    """The plan, a line a thing; what is kept without a word about it is counted."""
    names = session.cloud.names
    lines = [
        f"account {names.account}, region {names.region}",
        *session.notes,
        *_lines(steps),
        _summary(steps),
    ]
    if session.exports:
        assignments = " ".join(f"{name}={value}" for name, value in session.exports.items())
        lines += ["", "tell s deploy, too:", f"  export {assignments}"]
    return "\n".join(lines)


def as_json(steps: Sequence[Step], session: Session, done: Sequence[Step]) -> str:
    """The same for programs. `done` says of each step whether it was carried out."""
    plan = [{**step.as_dict(), "done": step in done} for step in steps]
    document = {
        "account": session.cloud.names.account,
        "region": session.cloud.names.region,
        "plan": plan,
        "exports": dict(session.exports),
        "notes": list(session.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _lines(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if step.verb is not Verb.KEEP or step.details:
            yield f"{SIGNS[step.verb]} {step.verb.value:7} {step.title}"
            yield from (f"    {detail}" for detail in step.details)


def _summary(steps: Sequence[Step]) -> str:
    counts = Counter(step.verb for step in steps)
    told = ", ".join(f"{counts[verb]} {verb.value}" for verb in Verb if counts[verb])
    return f"plan: {told or 'nothing'}" + ("" if is_open(steps) else "; all is as it should be")
