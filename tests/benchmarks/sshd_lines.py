"""A busy host's auth.log, made up of what sshd really wrote: always the same for the same seed.

The sessions are those of tests/fixtures/host (OpenSSH 8.9 on Ubuntu 22.04, which fail2ban 1.0 reads as well):
each is retold with another peer, port, process, user and time. Guessers come one after another, a few at a
time; each tries for a while and goes. Between them people and jobs log in, and scanners knock.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "host" / "ubuntu2204-openssh8.9.log"
START = datetime(2026, 11, 20)
PAUSE = 3.0
"""Seconds from one session to the next: 100,000 lines are about a day."""

AT_ONCE = 6
"""Guessers that are busy at the same time."""

MIX = {"guess root": 55, "guess a name": 26, "guess a person": 10, "log in": 2, "knock": 7}
"""The kinds of sessions, in hundredths: what a host on the Internet sees is guessing, mostly."""

GOODBYE = 0.7
"""The share of guessers whose client says good-bye instead of hanging up."""

NAMES = "admin test oracle ubuntu postgres git user guest ftpuser hadoop nagios pi deploy jenkins www".split()
PEOPLE = ("alice", "bob", "carol", "dave")

_LINE = re.compile(r"\w+ +\d+ [\d:]+ \S+ sshd\[(\d+)\]: (.*)")
_PEER = re.compile(r"(?<![\w:.])(?:203\.0\.113\.7|198\.51\.100\.23|192\.0\.2\.50|2001:db8::7)(?![\w.])")
_PORT = re.compile(r"(?<= port )\d+")
_USER = re.compile(
    r"(?<=user )(?:two words|test|oracle|nobodyhere|git|admin|alice|bob|root)\b"
    r"|(?<= for )(?:alice|bob|root)\b"
)
_HUNG_UP = re.compile(r"Connection closed by (.* )?(\S+ port \d+) \[preauth\]")

Session = Sequence[str]
"""What one sshd process says, from the connection to its end."""


@dataclass
class Guesser:
    """Who guesses: from where, how many sessions are left, and whether its client says good-bye."""

    address: str
    left: int
    is_polite: bool


def sshd_lines(count: int, seed: int = 7) -> list[str]:
    """`count` lines, in the order of their times."""
    source = random.Random(seed)
    stamped: list[tuple[datetime, str]] = []
    for number, session in enumerate(_sessions(source)):
        start = START + timedelta(seconds=number * PAUSE)
        for later, message in enumerate(session):
            time = start + timedelta(seconds=later)
            stamped.append((time, f"{time:%b %e %H:%M:%S} web-01 sshd[{1000 + number}]: {message}"))
        if len(stamped) >= count:
            break
    return [line for _, line in sorted(stamped, key=lambda pair: pair[0])[:count]]


@lru_cache(maxsize=1)
def fixture_sessions() -> dict[str, list[Session]]:
    """The sessions of the fixture by their kind in MIX."""
    matches = filter(None, map(_LINE.fullmatch, FIXTURE.read_text(encoding="utf-8").splitlines()))
    told = sorted(((int(match[1]), match[2]) for match in matches), key=lambda pair: pair[0])
    found: dict[str, list[Session]] = {kind: [] for kind in MIX}
    for _, lines in groupby(told, key=lambda pair: pair[0]):
        session = [message for _, message in lines]
        if kind := _kind_of("\n".join(session)):
            found[kind].append(session)
    return found


def _kind_of(text: str) -> str:
    """The kind of a session; empty for the server's own messages."""
    signs = {
        "Server listening": "",
        "Accepted ": "log in",
        "Invalid user ": "guess a name",
        "Failed password for root": "guess root",
        "for bob": "guess a person",
        "user bob": "guess a person",
    }
    return next((kind for sign, kind in signs.items() if sign in text), "knock")


def _sessions(source: random.Random) -> Iterator[Session]:
    guessers = [_guesser(source) for _ in range(AT_ONCE)]
    while True:
        (kind,) = source.choices(list(MIX), list(MIX.values()))
        session = source.choice(fixture_sessions()[kind])
        if kind == "log in":
            yield _retold(session, f"192.0.2.{source.randrange(40, 60)}", source.choice(PEOPLE), source)
            continue
        turn = source.randrange(AT_ONCE)
        guesser = guessers[turn]
        guesser.left -= 1
        if not guesser.left:
            guessers[turn] = _guesser(source)
        user = source.choice(NAMES) if kind == "guess a name" else ""
        told = _retold(session, guesser.address, user, source)
        yield list(_politely(told)) if guesser.is_polite else told


def _guesser(source: random.Random) -> Guesser:
    """Most try a few dozen times, some for hours. The addresses are set aside for benchmarks by RFC 2544."""
    address = f"198.{source.choice((18, 19))}.{source.randrange(256)}.{source.randrange(1, 255)}"
    return Guesser(address, int(source.paretovariate(1.1) * 8) + 1, source.random() < GOODBYE)


def _retold(session: Session, peer: str, user: str, source: random.Random) -> Session:
    """The session of another peer, and of another user if one is given."""
    port = str(source.randrange(32768, 60999))
    told = [_PORT.sub(port, _PEER.sub(peer, message)) for message in session]
    return [_USER.sub(user, message) for message in told] if user else told


def _politely(session: Session) -> Iterator[str]:
    """The session as it ends when the client says good-bye, which sshd tells on two lines."""
    for message in session:
        match = _HUNG_UP.fullmatch(message)
        if match:
            yield f"Received disconnect from {match[2]}:11: Bye Bye [preauth]"
            yield f"Disconnected from {match[1] or ''}{match[2]} [preauth]"
        else:
            yield message
