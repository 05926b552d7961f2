"""Lines of sshd, parsed and judged, beside fail2ban's own fail2ban-regex on the same files.

Each round has lines of its own, so that nothing is remembered of them. Time is the processor's: of this
process, and of fail2ban's without its start (what it takes for an empty file). Rounds are interleaved.

fail2ban-regex (`--usedns=no`, its filter `sshd`) tells which lines are failures; it counts nothing and bans
nobody. "Parse + judge" is the same: which of all the shipped rules hold for a line. "Remembered and told" is
the whole of it: batches of BATCH lines, each by a detector of its own, with a store and an outbox.
"""

from __future__ import annotations

import gc
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.detection.precedent import precedents_of
from shared.detection.rule import Rule
from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_reader import HostReader
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from tests.benchmarks.contestants import batches
from tests.benchmarks.report import Bar, rate, table
from tests.benchmarks.sshd_lines import sshd_lines
from tests.benchmarks.stateful import Nowhere

LINES = 100_000
"""Lines of a file. In fewer, too many are the first of their kind."""

BATCH = 10_000
"""Lines of a batch: what a page of Log Service holds of them, and less than a file that is read from its
start."""

RECEIVED = datetime(2026, 11, 22, tzinfo=timezone.utc)
PLACE = Place("web-01")

Lines = Sequence[tuple[str, str]]
"""Lines, each with the place where it stands."""


def main(quick: bool = False) -> list[Bar]:
    """Measure and print; the bars. A quick run has fewer files."""
    files = [sshd_lines(LINES, seed) for seed in range(2 if quick else 3)]
    seconds: dict[str, list[float]] = {}
    engine = Engine(load_alerts().rules, SOURCES.values())
    gc.freeze()
    for lines in files:
        placed = [(line, f"/var/log/auth.log+{number}") for number, line in enumerate(lines)]
        for name, run in _contestants(engine, placed).items():
            seconds.setdefault(name, []).append(run())
    if FAIL2BAN not in seconds:
        print("fail2ban skipped: no fail2ban-regex here (Debian: apt-get install fail2ban)")
    rates = {name: len(files[0]) / min(each) for name, each in seconds.items()}
    rows = [(name, rate(found), _times(found, rates)) for name, found in rates.items()]
    print(f"Lines of sshd, {len(files[0]):,} in a file, batches of {BATCH:,}\n")
    print(table(("", "lines/s", "÷ fail2ban"), rows) + "\n")
    bars = list(_bars(rates))
    print(table(("bar", "", "measured", "asked"), (bar.row() for bar in bars)) + "\n")
    return bars


PARSED, JUDGED = "Trailguard, parse", "Trailguard, parse + judge"
WHOLE, FAIL2BAN = "Trailguard, remembered and told", "fail2ban-regex"

Found = list[tuple[int, tuple[Rule, ...]]]
"""The numbers of lines, and the rules that hold for each."""


def _contestants(engine: Engine, lines: Lines) -> dict[str, Callable[[], float]]:
    """Who runs on these lines, and gives the seconds that it took."""
    ours = {
        PARSED: lambda: _timed(lambda: parse(lines)),
        JUDGED: lambda: _timed(lambda: judge(engine, lines)),
        WHOLE: lambda: _timed(lambda: remember(engine, lines)),
    }
    return {**ours, FAIL2BAN: lambda: fail2ban(lines)} if shutil.which("fail2ban-regex") else ours


def parse(lines: Lines) -> None:
    """Every line read, with all its fields."""
    reader = HostReader(PLACE)
    for line, origin in lines:
        for event in reader.read(line, origin, RECEIVED):
            assert event.fields


def judge(engine: Engine, lines: Lines) -> Found:
    """The rules that hold for each line, where there are any."""
    found: Found = []
    reader, precedents = HostReader(PLACE), precedents_of(engine)
    for number, (line, origin) in enumerate(lines):
        for event in reader.read(line, origin, RECEIVED):
            assert isinstance(event, Event)
            rules = precedents.rules_for(event)
            if rules:
                found.append((number, rules))
    return found


def remember(engine: Engine, lines: Lines) -> None:
    """Every line judged, remembered and told, as `trailguard watch` and functions/host_logs do it."""
    store, reader = InMemoryStore(), HostReader(PLACE)
    for batch in batches(lines, BATCH):
        detector = Detector(engine, store, reader)
        for line, origin in batch:
            detector.feed(line, origin, RECEIVED)
        detector.flush(Nowhere())


def fail2ban(lines: Lines) -> float:
    """The seconds that fail2ban-regex takes for the lines, without those for none."""
    return _fail2ban_on(lines) - _fail2ban_on(())


def _fail2ban_on(lines: Lines) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.writelines(f"{line}\n" for line, _ in lines)
        file.flush()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = ("fail2ban-regex", "--usedns=no", file.name, "sshd")
        subprocess.run(command, check=True, capture_output=True, cwd=Path(file.name).parent)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _timed(run: Callable[[], None]) -> float:
    gc.collect()
    started = time.process_time()
    run()
    return time.process_time() - started


def _times(found: float, rates: dict[str, float]) -> str:
    return f"{found / rates[FAIL2BAN]:.1f}" if FAIL2BAN in rates else "–"


def _bars(rates: dict[str, float]) -> list[Bar]:
    """What is asked: parsing is fast enough by itself, or beside fail2ban; judging beside it."""
    parsed = Bar("parse: thousand lines/s", rates[PARSED] / 1000, 400)
    if FAIL2BAN not in rates:
        return [parsed]
    beside = Bar("parse ÷ fail2ban-regex", rates[PARSED] / rates[FAIL2BAN], 15)
    judged = Bar("parse + judge ÷ fail2ban-regex", rates[JUDGED] / rates[FAIL2BAN], 10)
    whole = Bar("remembered and told ÷ fail2ban-regex", rates[WHOLE] / rates[FAIL2BAN], 1.5)
    return [parsed if parsed.is_cleared else beside, judged, whole]
