"""The audits of an account: which are due, side by side, within the time there is; what was found, as
events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime

from shared.audits.collector import Account, Collector, Inquiry
from shared.audits.unit import Past, Run, Unit, run
from shared.state.store import StateStore, Write

SIDE_BY_SIDE = 8
"""Units that ask at the same time."""


@dataclass(frozen=True)
class Auditor:
    """Runs collectors. `clock` is the present in UTC; `is_time_up` says when to stop asking; `lists` are the
    team's. One auditor at a time works on a store."""

    account: Account
    store: StateStore
    account_id: str
    clock: Callable[[], datetime]
    is_time_up: Callable[[], bool] = lambda: False
    lists: Mapping[str, Iterable[str]] = field(default_factory=dict)

    def run_due(self, units: Iterable[Unit], tell: Callable[[Run], None]) -> list[Run]:
        """Run what is due, the longest overdue first. `tell` gets each run before it is remembered: what
        crashes in between is looked at again. Raises StoreUnavailable, and whatever `tell` raises."""
        units = list(units)
        pasts = self._pasts(units)
        due = [unit for unit in units if unit.is_due(pasts[unit.key], self.clock())]
        return self._run(sorted(due, key=lambda unit: pasts[unit.key].finished), pasts, tell)

    def run_all(self, units: Iterable[Unit], tell: Callable[[Run], None]) -> list[Run]:
        """Run every unit now. Raises as `run_due`."""
        units = list(units)
        return self._run(units, self._pasts(units), tell)

    def _run(
        self, units: Sequence[Unit], pasts: Mapping[str, Past], tell: Callable[[Run], None]
    ) -> list[Run]:
        runs: list[Run] = []
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for future in as_completed([pool.submit(self._ask, unit, pasts[unit.key]) for unit in units]):
                found = future.result()
                tell(found)
                self._remember(found)
                runs.append(found)
        return runs

    def _ask(self, unit: Unit, past: Past) -> Run:
        inquiry = Inquiry(
            apis=unit.collector.apis,
            region=unit.region,
            now=self.clock(),
            account_id=self.account_id,
            account=self.account,
            is_time_up=self.is_time_up,
            lists=self.lists,
            done=past.done,
        )
        return run(unit, past, inquiry)

    def _pasts(self, units: Sequence[Unit]) -> dict[str, Past]:
        stored = self.store.load([unit.key for unit in units])
        return {key: Past.of(each.value) for key, each in stored.items()}

    def _remember(self, found: Run) -> None:
        key = found.unit.key
        version = self.store.load([key])[key].version
        self.store.save([Write(key, found.remembered().encoded(), version)])


def units_of(collectors: Iterable[Collector], regions: Sequence[str]) -> Iterator[Unit]:
    """Each collector once for the account, or once for each region, which may be named twice."""
    for collector in collectors:
        for region in dict.fromkeys(regions) if collector.scope == "regional" else ("",):
            yield Unit(collector, region)
