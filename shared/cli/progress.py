"""A progress bar for long work, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from shared.cli.inputs import Input

EVERY = 500


def shown(inputs: Iterable[Input], label: str, quiet: bool) -> Iterator[Input]:
    """The inputs as they are; meanwhile a bar on standard error, where a person can see one."""
    if quiet or not sys.stderr.isatty():
        yield from inputs
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=1.0)
        for number, piece in enumerate(inputs):
            if number % EVERY == 0:
                progress.update(task, completed=piece.done)
            yield piece
