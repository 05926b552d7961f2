"""Is what is deployed what this checkout would deploy? By what functions state of themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from deploy.doctor.account import KEYS
from deploy.doctor.deployment import Deployment, moment
from deploy.doctor.function import function_link
from shared.health.beats import Beat
from shared.health.check import Check, Verdict, broken, ok, unknown
from shared.health.store import LINK as STORE
from shared.version import NOBODY_KNOWS, Version

LINK = "versions"


@dataclass(frozen=True)
class Running:
    """The last beat of each function since it was deployed; None where it has not been called since."""

    beats: Mapping[str, Beat | None]


def versions(deployment: Deployment) -> Check[Running]:
    """Every function that is deployed."""
    functions = (function_link(wanted["functionName"]) for wanted in deployment.wanted)
    checkout = deployment.checkout
    return Check(
        LINK, lambda: _running(deployment), lambda found: judge(found, checkout), (KEYS, STORE, *functions)
    )


def judge(found: Running, checkout: Version) -> Verdict:
    """Broken where a function runs other code or other files of alerts/."""
    other: dict[str, list[str]] = defaultdict(list)
    for function, beat in found.beats.items():
        if beat and beat.version != NOBODY_KNOWS:
            for what in _differing(beat.version, checkout):
                other[what].append(function)
    if other:
        told = "; ".join(f"{', '.join(names)}: {what} than this checkout" for what, names in other.items())
        return broken(told, "`s deploy`, or check out what is deployed")
    stated = [beat for beat in found.beats.values() if beat]
    if any(beat.version == NOBODY_KNOWS for beat in stated):
        return unknown("deployed without a version: not by `s deploy`", "`s deploy`, which packages first")
    return ok("this checkout's") if stated else unknown("no function has been called since it was deployed")


def _differing(version: Version, checkout: Version) -> Iterable[str]:
    if version.code != checkout.code:
        yield "other code"
    if version.alerts != checkout.alerts:
        yield "other files of alerts/"


def _running(deployment: Deployment) -> Running:
    last: dict[str, Beat] = {}
    for beat in deployment.beats().values():
        last[beat.function] = max(last.get(beat.function, beat), beat, key=lambda each: each.at)
    names = [wanted["functionName"] for wanted in deployment.wanted]
    return Running({name: _since(last.get(name), _deployed(deployment, name)) for name in names})


def _since(beat: Beat | None, deployed: datetime | None) -> Beat | None:
    return beat if beat and (deployed is None or beat.at >= deployed) else None


def _deployed(deployment: Deployment, name: str) -> datetime | None:
    return moment((deployment.function(name) or {}).get("lastModifiedTime"))
