"""A check: one link of the chain, a question to whoever knows, and a pure judgement of the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from shared.cloud.sls import SlsError
from shared.state.store import StoreUnavailable

Fact = TypeVar("Fact")
Status = Literal["ok", "broken", "unknown"]

_DENIED = re.compile(r"Unauthorized|NoPermission|Forbidden|AccessDenied|NotAuthorized")
_MISSING = re.compile(r"NotExist|NotFound")


class UnseenError(Exception):
    """The question got no answer. `permission` is the RAM action that was missing, if that was it; `mend` is
    set where what was to be looked at does not exist, which is an answer, too: the link is broken."""

    def __init__(self, text: str, permission: str = "", mend: str = "") -> None:
        super().__init__(text)
        self.permission, self.mend = permission, mend


@dataclass(frozen=True)
class Verdict:
    """What is so, in one sentence, and how to mend it where something is wrong."""

    status: Status
    what: str = ""
    mend: str = ""


def ok(what: str = "") -> Verdict:
    """The link holds."""
    return Verdict("ok", what)


def broken(what: str, mend: str) -> Verdict:
    """The link is broken."""
    return Verdict("broken", what, mend)


def unknown(what: str, mend: str = "") -> Verdict:
    """Nobody can say."""
    return Verdict("unknown", what, mend)


@dataclass(frozen=True)
class Check(Generic[Fact]):
    """`ask` raises UnseenError; `judge` is pure. `needs` are links without which there is nothing to ask."""

    link: str
    ask: Callable[[], Fact]
    judge: Callable[[Fact], Verdict]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What came of one check. `waits_for` is the link that has to be mended first; the check was not made."""

    link: str
    status: Status
    what: str = ""
    mend: str = ""
    permission: str = ""
    waits_for: str = ""

    @property
    def is_blind(self) -> bool:
        """Whether this link itself is broken, or can't be looked at."""
        return self.status != "ok" and not self.waits_for


def run(checks: Iterable[Check[Any]]) -> Iterator[Finding]:
    """A finding for each check, in order. One whose link needs another that is not whole is not made."""
    whole: dict[str, bool] = {}
    for check in checks:
        missing = next((link for link in check.needs if not whole.get(link, True)), "")
        finding = _waiting(check, missing) if missing else _made(check)
        whole[check.link] = finding.status == "ok"
        yield finding


@contextmanager
def asking(permission: str) -> Iterator[None]:
    """What goes wrong inside the block, as UnseenError; with the permission where that is what is missing."""
    try:
        yield
    except SlsError as error:
        mend = "`trailguard bootstrap` makes it again" if _MISSING.search(error.code) else ""
        raise UnseenError(str(error), permission if is_denied(error.code) else "", mend) from None
    except StoreUnavailable as error:
        raise UnseenError(str(error), permission if is_denied(str(error)) else "") from None


def is_denied(text: str) -> bool:
    """Whether an error is one of permissions, by its code."""
    return bool(_DENIED.search(text))


def _waiting(check: Check[Any], link: str) -> Finding:
    return Finding(check.link, "unknown", f"not looked at: {link} comes first", waits_for=link)


def _made(check: Check[Any]) -> Finding:
    try:
        verdict = check.judge(check.ask())
    except UnseenError as error:
        mend = f"allow {error.permission} to whoever asks" if error.permission else error.mend
        return Finding(check.link, "broken" if error.mend else "unknown", str(error), mend, error.permission)
    return Finding(check.link, verdict.status, verdict.what, verdict.mend)
