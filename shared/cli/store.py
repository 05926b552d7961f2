"""Where a command finds what is remembered: `watch`'s file on this machine, or the deployed Tablestore."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from shared import wiring
from shared.state.sqlite import SqliteStore
from shared.state.store import StateStore, StoreUnavailable


def add_state(parser: argparse.ArgumentParser) -> None:
    """The option `--state`."""
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="what `watch` keeps; without it the deployed state where TRAILGUARD_TABLESTORE_ENDPOINT is set, "
        f"else {default_state()}",
    )


def open_store(state: Path | None, make: bool = False) -> StateStore:
    """The store that `--state` chooses. Raises SettingsError, and StoreUnavailable where there is none to be
    had or made."""
    if state is None and wiring.settings().tablestore_endpoint:
        return wiring.store(None)
    memory = memory_beside(state or default_state())
    if make:
        memory.parent.mkdir(parents=True, exist_ok=True)
    elif not memory.is_file():
        raise StoreUnavailable(f"{memory}: no such file; has `trailguard watch` run here?")
    return SqliteStore(memory)


def default_state() -> Path:
    """`$XDG_STATE_HOME/trailguard/watch.sqlite`, where the XDG base directory specification puts it."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "trailguard" / "watch.sqlite"


def memory_beside(state: Path) -> Path:
    """The file of the state store that belongs to the outbox `state`."""
    return state.with_name(state.stem + "-memory.sqlite")
