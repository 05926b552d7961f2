"""Each function: is it there, is it set as s.yaml has it, do its triggers call it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from deploy.bootstrap.compare import lacking
from deploy.doctor.account import KEYS
from deploy.doctor.deployment import Deployment, Json, seen, short
from shared.health.check import Check, Verdict, broken, ok, unknown

SETTINGS = ("handler", "runtime", "memorySize", "cpu", "diskSize", "timeout", "logConfig")
OF_TRIGGER = ("triggerType", "qualifier", "sourceArn", "triggerConfig")

MEND = "`s deploy`"


def function_link(name: str) -> str:
    """What the check of one function is called."""
    return f"function {short(name)}"


def trigger_link(function: str, trigger: str) -> str:
    """What the check of one trigger is called."""
    return f"trigger {short(function)}/{trigger}"


def checks(deployment: Deployment, wanted: Json) -> Iterator[Check[Any]]:
    """The function, its settings, its triggers."""
    name = wanted["functionName"]
    here = (KEYS, function_link(name))
    yield Check(function_link(name), partial(deployment.function, name), judge_function, (KEYS,))
    yield Check(
        f"settings {short(name)}", partial(_settings, deployment, name), partial(judge_settings, wanted), here
    )
    for trigger in wanted["triggers"]:
        ask = partial(deployment.trigger, name, trigger["triggerName"])
        link = trigger_link(name, trigger["triggerName"])
        yield Check(link, ask, partial(judge_trigger, trigger), here)


def judge_function(found: Mapping[str, Any] | None) -> Verdict:
    """Broken where it is missing, switched off, or could not be made."""
    if found is None:
        return broken("is not deployed", MEND)
    if (found.get("invocationRestriction") or {}).get("disable"):
        return broken("is switched off: nobody may call it", "switch it on (EnableFunctionInvocation)")
    if "Failed" in (found.get("state"), found.get("lastUpdateStatus")):
        reason = found.get("stateReason") or found.get("lastUpdateStatusReason") or "no reason is told"
        return broken(f"could not be made ready: {reason}", MEND)
    if found.get("state") == "Pending":
        return unknown("is being made", "wait a minute")
    return ok(f"deployed {found.get('lastModifiedTime', '')}".strip())


def judge_settings(wanted: Json, found: Json) -> Verdict:
    """Broken where something differs. Variables are told by name only: they hold tokens."""
    settings = {name: wanted[name] for name in SETTINGS}
    settings |= {name: wanted[name] for name in ("asyncInvokeConfig", "concurrencyConfig") if name in wanted}
    wrong = [*lacking(settings, found), *_role(wanted, found)]
    set_here, set_there = wanted["environmentVariables"], found.get("environmentVariables") or {}
    differing = sorted(
        name for name, value in set_here.items() if value and set_there.get(name, "") != str(value)
    )
    if differing:
        wrong.append(f"other or not set there: {', '.join(differing)}")
    if wrong:
        return broken("; ".join(wrong), f"{MEND}, or change s.yaml if this is meant")
    alone = sorted(name for name, value in set_there.items() if value and not set_here.get(name))
    return ok(f"not compared, as not set here: {', '.join(alone)}" if alone else "as in s.yaml")


def judge_trigger(wanted: Json, found: Json | None) -> Verdict:
    """Broken where it is missing, switched off, or reads something else."""
    if found is None:
        return broken("there is no such trigger", MEND)
    if found["triggerConfig"].get("enable", True) is False:
        return broken("is switched off", f"{MEND}; if you did not do it yourself, treat it as an intrusion")
    compared = {name: wanted[name] for name in OF_TRIGGER if name in wanted}
    wrong = list(lacking(compared, found))
    role, wanted_role = found.get("invocationRole") or "", wanted.get("invocationRole", "")
    if role.lower() != wanted_role.lower():
        wrong.append(f"invocationRole: {role or 'nothing'} → {wanted_role}")
    return broken("; ".join(wrong), MEND) if wrong else ok("is on")


def _role(wanted: Json, found: Json) -> Iterator[str]:
    """The component lower-cases a role's name."""
    if str(found.get("role")).lower() != wanted["role"].lower():
        yield f"role: {found.get('role')} → {wanted['role']}"


def _settings(deployment: Deployment, name: str) -> Json:
    shown = deployment.function(name) or {}
    asked = deployment.functions
    return {
        **shown,
        "asyncInvokeConfig": seen(lambda: asked.asynchronous(name)),
        "concurrencyConfig": seen(lambda: asked.concurrency(name)),
    }
