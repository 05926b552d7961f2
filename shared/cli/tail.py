"""Following files as they grow, through rotation, and standard input as it comes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from shared.cli.gather import Gatherer, Line

PAUSE = 0.5
"""Seconds between looks at files that have nothing new."""


class Follower:
    """One file. Its name may come to stand for another file (rotated), or it may start over (truncated).

    What was written before is read to its end first. A line stands at its offset in bytes, which is the same
    whether the file was followed or is read from its start again.
    """

    def __init__(self, path: Path, from_start: bool) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._offset = 0
        self._gatherer = Gatherer()
        self._open(from_start)

    def lines(self) -> Iterator[Line]:
        """The lines that were completed since the last call; a value that is spread over lines as one."""
        for line in self._whole_lines():
            yield from self._gatherer.take(line)

    def rest(self) -> Iterator[Line]:
        """What stands at the end of the file and was not completed."""
        rest, self._rest = self._rest, b""
        if rest:
            yield from self._gatherer.take(self._line(rest))
        yield from self._gatherer.rest()

    def _whole_lines(self) -> Iterator[Line]:
        yield from self._read()
        if self._replaced():
            yield from self._read()  # what came between the last read and the rotation
            if self._rest:
                yield self._line(self._rest)
            self._reopen()
            yield from self._read()

    def _reopen(self) -> None:
        """Open what the name stands for now. It may not be ours to read yet: syslog daemons make a file and
        give it to its readers then. It is tried again with every look, and said once."""
        away = self._file is None
        try:
            self._open(from_start=True)
        except PermissionError as error:
            if not away:
                print(f"{self._path}: {error.strerror}; it is tried again", file=sys.stderr, flush=True)

    def _open(self, from_start: bool) -> None:
        if self._file:
            self._file.close()
        self._file, self._rest, self._offset = None, b"", 0
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return  # rotated away and not there again yet
        if not from_start:
            self._offset = self._file.seek(0, os.SEEK_END)

    def _read(self) -> Iterator[Line]:
        if self._file is None:
            return
        *complete, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in complete:
            yield self._line(line)

    def _line(self, line: bytes) -> Line:
        origin = f"{self._path}+{self._offset}"
        self._offset += len(line) + 1
        return _text(line), origin

    def _replaced(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        opened = os.fstat(self._file.fileno())
        return (now.st_dev, now.st_ino) != (opened.st_dev, opened.st_ino) or now.st_size < self._file.tell()


def follow(
    paths: list[Path], from_start: bool, once: bool = False, sleep: Callable[[float], None] = time.sleep
) -> Iterator[list[Line]]:
    """Batches of new lines of all the files, for ever; an empty batch whenever there is nothing new.

    `once` ends with what stands at the end of the files, completed or not.
    The files are open once this returns: what is written from then on is new.
    """
    return _batches([Follower(path, from_start) for path in paths], once, sleep)


def _batches(followers: list[Follower], once: bool, sleep: Callable[[float], None]) -> Iterator[list[Line]]:
    while True:
        batch = [line for follower in followers for line in follower.lines()]
        yield batch
        if not batch and once:
            yield [line for follower in followers for line in follower.rest()]
            return
        if not batch:
            sleep(PAUSE)


def standard_input() -> Iterator[list[Line]]:
    """Each line of standard input, or value spread over lines, as a batch of its own, until it ends."""
    gatherer = Gatherer()
    for number, line in enumerate(sys.stdin.buffer, 1):
        if batch := gatherer.take((_text(line), f"stdin:{number}")):
            yield batch
    if batch := gatherer.rest():
        yield batch


def _text(line: bytes) -> str:
    """A line without its end, and without the byte order mark of the file that it begins."""
    return line.decode("utf-8", "backslashreplace").rstrip("\r\n").removeprefix("\ufeff")
