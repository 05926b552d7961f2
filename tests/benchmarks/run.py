"""`python -m tests.benchmarks.run [--quick]`: Trailguard beside decoders and peers, in one run.

Rounds are interleaved, so that whatever else the machine does hurts all alike, and of each batch the best
round counts. Ratios are what is judged: rates depend on the machine. The bars are for decode + judge, which
is what the peers do; the row with alerts built is the whole `Detector.feed`, as functions run it. Exits
with 1 when a bar is missed or two engines disagree.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import orjson

from tests.benchmarks import host_lines, rulesets, startup, stateful
from tests.benchmarks.contestants import RECEIVED, Bare, Contestant, Match, MatchesOnly, Round, Trailguard
from tests.benchmarks.events import raw_events
from tests.benchmarks.panther_peer import Panther, UnavailableError, panther, source_of
from tests.benchmarks.peers import SigmaRuleMatcher, SigmaSqlite
from tests.benchmarks.report import Bar, rate, table

NEUTRAL_SIZES = (26, 100)
SHIPPED_SIZES = (100, 1_000)
OURS = "Trailguard, decode + judge"


@dataclass
class Entry:
    """A contestant in its group (`neutral 26`), with the events it gets; then its rounds."""

    group: str
    contestant: Contestant
    events: Sequence[bytes]
    rounds: list[Round] = field(default_factory=list)

    def run(self) -> None:
        """One more round."""
        self.rounds.append(self.contestant.round(self.events))

    @property
    def rate(self) -> float:
        """Events per second, each batch in its best round."""
        return len(self.events) / sum(map(min, zip(*(r.seconds for r in self.rounds), strict=True)))

    @property
    def matches(self) -> set[Match]:
        """What matched, the same in each round."""
        return self.rounds[-1].matches


@dataclass(frozen=True)
class PantherEntry:
    """Panther as a contestant: the other process keeps the time."""

    name: str
    process: Panther
    rule_set: str
    way: str

    def round(self, events: Sequence[bytes]) -> Round:
        """The first events of those that the process has already."""
        return Round(*self.process.ask(self.rule_set, self.way, len(events)))


def main() -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure Trailguard beside decoders and peers.")
    parser.add_argument("--quick", action="store_true", help="fewer events and rounds")
    quick = parser.parse_args().quick
    events = raw_events(5_000 if quick else 20_000)
    with contextlib.ExitStack() as stack:
        entries = list(_own(events))
        entries += _libraries(events)
        entries += _panther(stack, events)
        gc.freeze()
        for _ in range(3 if quick else 7):
            for entry in entries:
                entry.run()
    bars = _bars(entries)
    _print(events, entries, bars)
    _print_startup(events, 3 if quick else 7)
    bars += stateful.main(quick)
    bars += host_lines.main(quick)
    agreed = all(_agree(entries))
    return 0 if agreed and all(bar.is_cleared for bar in bars) else 1


def _own(events: Sequence[bytes]) -> Iterator[Entry]:
    """The decoders and Trailguard, each on all the events."""
    yield Entry("decode only", Bare("json.loads", json.loads), events)
    yield Entry("decode only", Bare("msgspec", msgspec.json.Decoder().decode), events)
    yield Entry("decode only", Bare("orjson.loads", orjson.loads), events)
    sets = {f"neutral {n}": rulesets.load(rulesets.neutral(n)) for n in NEUTRAL_SIZES}
    sets |= {f"shipped {n}": rulesets.shipped(n) for n in SHIPPED_SIZES}
    for group, rules in sets.items():
        yield Entry(group, Trailguard(rules), events)
        yield Entry(group, MatchesOnly(rules), events)
        yield Entry(group, Trailguard(rules, prefilter=False), events)


def _libraries(events: Sequence[bytes]) -> Iterator[Entry]:
    """The peers that are slower, on fewer events."""
    for n in NEUTRAL_SIZES:
        detections = rulesets.neutral(n)
        yield Entry(f"neutral {n}", SigmaSqlite(detections), events[:4_000])
        yield Entry(f"neutral {n}", SigmaRuleMatcher(detections), events[:500])


def _panther(stack: contextlib.ExitStack, events: Sequence[bytes]) -> Iterator[Entry]:
    sets = {f"neutral {n}": rulesets.neutral(n) for n in NEUTRAL_SIZES}
    sources = {group: {name: source_of(d) for name, d in ds.items()} for group, ds in sets.items()}
    try:
        process = stack.enter_context(panther(sources, events[:2_000]))
    except UnavailableError as error:
        print(f"Panther skipped: {error}")
        return
    for group in sets:
        yield Entry(group, PantherEntry("Panther, bare rule()", process, group, "rule"), events[:2_000])
        yield Entry(group, PantherEntry("Panther, Rule.run", process, group, "run"), events[:500])


def _bars(entries: Sequence[Entry]) -> list[Bar]:
    """What DESIGN asks for, as ratios within this run."""
    orjson_rate = _rate(entries, "decode only", "orjson.loads")
    peers = [
        e for e in entries if e.group == "neutral 100" and not e.contestant.name.startswith("Trailguard")
    ]
    fastest = max(peers, key=lambda entry: entry.rate)
    growth = _rate(entries, "shipped 100", OURS) / _rate(entries, "shipped 1000", OURS)
    return [
        Bar("100 shipped rules ÷ bare orjson.loads", _rate(entries, "shipped 100", OURS) / orjson_rate, 0.7),
        Bar("100 neutral rules ÷ bare orjson.loads", _rate(entries, "neutral 100", OURS) / orjson_rate, 0.7),
        Bar(
            f"100 neutral rules ÷ fastest peer ({fastest.contestant.name})",
            _rate(entries, "neutral 100", OURS) / fastest.rate,
            6,
        ),
        Bar("time of 1,000 rules ÷ time of 100", growth, 1.25, at_least=False),
    ]


def _agree(entries: Sequence[Entry]) -> Iterator[bool]:
    """Whether each engine finds what Trailguard finds in the same events; told on the way."""
    for entry in entries:
        if entry.group != "decode only":
            ours = _find(entries, entry.group, OURS).matches
            expected = {match for match in ours if match[0] < len(entry.events)}
            differing = sorted(expected ^ entry.matches)
            if entry.contestant.name != OURS:
                what = f"disagrees on {differing[:3]}" if differing else f"agrees on {len(expected)} matches"
                print(f"  {entry.group}: {entry.contestant.name} {what} in {len(entry.events):,} events")
            yield not differing


def _find(entries: Sequence[Entry], group: str, name: str) -> Entry:
    return next(e for e in entries if e.group == group and e.contestant.name == name)


def _rate(entries: Sequence[Entry], group: str, name: str) -> float:
    return _find(entries, group, name).rate


def _print(events: Sequence[bytes], entries: Sequence[Entry], bars: Sequence[Bar]) -> None:
    size = statistics.mean(map(len, events))
    base = _rate(entries, "decode only", "orjson.loads")
    rows = [
        (e.group, e.contestant.name, rate(e.rate), f"{e.rate / base:.3f}", f"{len(e.events):,}")
        for e in entries
    ]
    print(f"\nDecode and judge, one process: {len(events):,} events of {size:,.0f} bytes on average\n")
    print(table(("rules", "engine", "events/s", "÷ orjson", "events"), sorted(rows, key=lambda row: row[0])))
    print("\n" + table(("bar", "", "measured", "asked"), (bar.row() for bar in bars)) + "\n")


def _print_startup(events: Sequence[bytes], rounds: int) -> None:
    half, most = _latency(events)
    seconds, count = startup.load_seconds(3)
    whole, rest = startup.import_seconds(rounds)
    rows = [
        ("one event, 100 shipped rules, p50 / p99", f"{half:.1f} / {most:.1f} µs"),
        (f"reading alerts/ ({count} rules)", f"{seconds * 1000:.0f} ms"),
        ("import functions.actiontrail (the package is asked for ≤ 250 ms)", f"{whole * 1000:.0f} ms"),
        ("  of it without the Log Service SDK", f"{rest * 1000:.0f} ms"),
    ]
    print(table(("start and latency", ""), rows) + "\n")


def _latency(events: Sequence[bytes]) -> tuple[float, float]:
    """Microseconds for one event alone: median, and the 99th of a hundred."""
    detector = Trailguard(rulesets.shipped(100)).detector()
    times = []
    for raw in events:
        started = time.perf_counter_ns()
        detector.feed(raw, "benchmark", RECEIVED)
        times.append((time.perf_counter_ns() - started) / 1000)
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]


if __name__ == "__main__":
    sys.exit(main())
