"""One collector in one region: what is remembered of its runs, and one run of it as events."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.audits.collector import HOUR, Collector, Fact, Inquiry, OutOfTime, Told, Unknown, unknown
from shared.events.audit import audit_event
from shared.events.event import Event

SLACK = 60
"""Seconds that a timer may be early."""

MOST_BYTES = 2_000_000
"""Of a past: a column of Tablestore holds 2 MB ("Limits", help.aliyun.com)."""

MOST_MISSING = 20
"""Failed calls that one run names."""


@dataclass(frozen=True)
class Past:
    """What the last runs of a unit left: when one was finished (Unix seconds; 0: never) and whether it saw
    everything, what a run that ran out of time has stated, and which resources of each kind there were."""

    finished: float = 0.0
    complete: bool = False
    done: frozenset[tuple[str, str]] = frozenset()
    seen: Mapping[str, Iterable[str]] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """As it is stored. What one value can't hold is left out: a run that ran out of time then begins
        anew, and of what there was nothing can be missed, rather than that nothing at all is remembered."""
        whole = self._compressed()
        if len(whole) <= MOST_BYTES:
            return whole
        without = replace(self, done=frozenset())._compressed()
        return without if len(without) <= MOST_BYTES else Past(self.finished, self.complete)._compressed()

    def _compressed(self) -> bytes:
        body = {
            "finished": self.finished,
            "complete": self.complete,
            "done": sorted(self.done),
            "seen": {kind: sorted(set(names)) for kind, names in self.seen.items()},
        }
        return zlib.compress(json.dumps(body, separators=(",", ":")).encode())

    @classmethod
    def of(cls, stored: bytes | None) -> Past:
        """The inverse of `encoded`. A past that can't be read is none: the audit begins anew."""
        if stored is None:
            return cls()
        try:
            body = json.loads(zlib.decompress(stored))
            done = frozenset((str(kind), str(name)) for kind, name in body["done"])
            seen = {str(kind): list(map(str, names)) for kind, names in body["seen"].items()}
            return cls(float(body["finished"]), bool(body["complete"]), done, seen)
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError):
            return cls()


@dataclass(frozen=True)
class Unit:
    """A collector and a region; the region of a collector that looks at the account as a whole is empty."""

    collector: Collector
    region: str = ""

    @property
    def key(self) -> str:
        """Where its past is kept."""
        return f"audit/{self.collector.name}/{self.region or 'account'}"

    def is_due(self, past: Past, now: datetime) -> bool:
        """Whether it is time. What ran out of time is; what could not see everything is in an hour."""
        if past.done:
            return True
        every = self.collector.every if past.complete else min(self.collector.every, HOUR)
        since = now.timestamp() - past.finished
        return since >= every - SLACK or since < -SLACK  # a clock was wrong: don't wait until it is right


@dataclass(frozen=True)
class Run:
    """What one run found. `finished` is false where its time was up before the end."""

    unit: Unit
    past: Past
    now: datetime
    told: tuple[Told, ...]
    finished: bool
    seen: Mapping[str, list[str]]
    incomplete: frozenset[str]
    passed: frozenset[tuple[str, str]] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether it saw everything that there is."""
        return self.finished and not any(isinstance(each, Unknown) for each in self.told)

    @property
    def gone(self) -> Iterator[Fact]:
        """Resources that a complete listing no longer has."""
        for kind in self.unit.collector.kinds if self.finished else ():
            if kind not in self.incomplete:
                for name in sorted(set(self.past.seen.get(kind, ())) - set(self._seen(kind))):
                    yield Fact(kind, name, {"exists": False})

    def events(self, account_id: str) -> Iterator[Event]:
        """What was found, as events; at the end of a whole run, how it went."""
        name, region = self.unit.collector.name, self.unit.region
        for each in (*self.told, *self.gone, *self._summary()):
            fact = _stated(each) if isinstance(each, Unknown) else each
            fields = {**fact.fields, "collector": name}
            yield audit_event(fact.kind, fact.resource, region, fields, account_id, self.now, f"audit {name}")

    def remembered(self) -> Past:
        """The past that the next run has to know. What is known in part only is to be asked for again."""
        stated = {(each.kind, each.resource) for each in self.told if isinstance(each, Fact)}
        stated -= {(each.kind, each.resource) for each in self.told if isinstance(each, Unknown)}
        if not self.finished:
            done = self.past.done | stated | self.passed
            return Past(self.past.finished, self.past.complete, done, self.past.seen)
        kinds = {*self.past.seen, *self.seen}
        return Past(self.now.timestamp(), self.complete, frozenset(), {k: self._known(k) for k in kinds})

    def _known(self, kind: str) -> list[str]:
        """What there is of a kind. Where the listing broke off, what there was may still be."""
        before = self.past.seen.get(kind, ()) if kind in self.incomplete or kind not in self.seen else ()
        return [*before, *self._seen(kind)]

    def _seen(self, kind: str) -> Iterator[str]:
        """What was listed of a kind by this call, and stated by those before it that ran out of time."""
        yield from self.seen.get(kind, ())
        yield from (name for of, name in self.past.done if of == kind)

    def _summary(self) -> Iterator[Fact]:
        if not self.finished:
            return
        untold = [each for each in self.told if isinstance(each, Unknown)]
        missing = list(dict.fromkeys(f"{each.api or each.kind}: {each.error}" for each in untold))
        fields = {
            "complete": self.complete,
            "stated": len(self.told) - len(untold),
            "unknown": len(untold),
            "missing": missing[:MOST_MISSING],
        }
        yield Fact("audit_run", self.unit.collector.name, fields)


def run(unit: Unit, past: Past, inquiry: Inquiry) -> Run:
    """Let the collector look. `inquiry.done` is what an earlier call has stated."""
    told: list[Told] = []
    finished = True
    try:
        for each in unit.collector.collect(inquiry):
            told.append(each)
    except OutOfTime:
        finished = False
    except Exception as error:  # noqa: BLE001 - told as unknown; the others go on
        told += [unknown(kind, "", error) for kind in unit.collector.kinds or (unit.collector.name,)]
        inquiry.incomplete.update(unit.collector.kinds)
    incomplete = frozenset(inquiry.incomplete)
    passed = frozenset(inquiry.passed)
    return Run(unit, past, inquiry.now, tuple(told), finished, inquiry.seen, incomplete, passed)


def _stated(each: Unknown) -> Fact:
    """That something is unknown, as a fact of its own."""
    fields = {"of": each.kind, "api": each.api, "error": each.error, "message": each.message}
    return Fact("unknown", f"{each.kind} {each.resource}".strip(), fields)
