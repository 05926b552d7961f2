"""Whose keys these are, and whether this machine's clock is right."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import requests

from deploy.doctor.deployment import Deployment, seen
from shared.alerting.channels.faults import describe
from shared.cloud.openapi import WHO_AM_I
from shared.health.check import Check, UnseenError, Verdict, broken, ok

KEYS, CLOCKS = "keys", "clocks"

MOST = 60.0
"""Seconds that clocks may differ. Signatures are refused from 15 minutes on; windows are wrong before."""

TIMEOUT = 10.0  # seconds
ASKED = {"Log Service": "Sls", "Function Compute": "FC"}


def keys(deployment: Deployment) -> Check[str]:
    """The account of the keys, against the one that s.yaml names."""

    def ask() -> str:
        return str(seen(lambda: deployment.cloud.call(WHO_AM_I))["AccountId"])

    return Check(KEYS, ask, lambda account: judge_account(account, deployment.names.account))


def judge_account(account: str, named: str) -> Verdict:
    """Broken for keys of another account."""
    if account == named:
        return ok(f"of account {account}")
    return broken(
        f"of account {account}, but s.yaml names {named}",
        f"export TRAILGUARD_ACCOUNT={account}, or other keys",
    )


def clocks(deployment: Deployment) -> Check[Mapping[str, float]]:
    """How far the cloud's clocks are ahead of ours, in seconds. Needs no keys: by a wrong one they fail."""
    return Check(CLOCKS, lambda: _ahead(deployment), judge_clocks)


def judge_clocks(ahead: Mapping[str, float]) -> Verdict:
    """Broken beyond MOST."""
    wrong = {name: seconds for name, seconds in ahead.items() if abs(seconds) > MOST}
    if not wrong:
        return ok("this machine's agrees with the cloud's")
    side = {True: "behind", False: "ahead of"}
    told = ", ".join(f"{abs(seconds):.0f} s {side[seconds > 0]} {name}" for name, seconds in wrong.items())
    return broken(f"this machine is {told}", "set its clock by NTP: calls are refused beyond 15 minutes")


def _ahead(deployment: Deployment) -> dict[str, float]:
    """By the Date of an answer; a refusal has one, too, so nothing is signed."""
    found = {}
    for name, product in ASKED.items():
        endpoint = deployment.endpoints.of(product, deployment.names.region)
        proxies = {"http": endpoint.proxy} if endpoint.proxy and product != "Sls" else None
        url = f"{endpoint.scheme}://{endpoint.host}/"
        try:
            began = time.time()
            answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False, proxies=proxies)
            theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
            found[name] = theirs - (began + time.time()) / 2
        except (requests.RequestException, KeyError, ValueError) as error:
            raise UnseenError(f"{name} tells no time: {describe(error)}") from None
    return found
