"""The channels, as the deployed notifier would build them. With --send-test each is sent one message."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from deploy.doctor.account import KEYS
from deploy.doctor.deployment import NOTIFIER, Deployment
from deploy.doctor.function import function_link
from shared.alerting.alert import Alert
from shared.alerting.channels.channel import Outcome
from shared.alerting.notice import Notice, notice_of
from shared.alerting.receivers import Targets, build_targets
from shared.alerting.routes import Routing
from shared.alerting.sender import guarded
from shared.cloud.secrets import GET_SECRET_VALUE, SecretsError, secrets
from shared.config import load_telling
from shared.health.check import Check, UnseenError, Verdict, broken, is_denied, ok

LINK = "channels"
DEADLINE = 60.0  # seconds for all test messages


@dataclass(frozen=True)
class Told:
    """What stands behind each receiver. `heard` are the outcomes of test messages, by channel."""

    routing: Routing
    targets: Targets
    heard: Mapping[str, Outcome] = field(default_factory=dict)


def channels(deployment: Deployment, send_test: bool) -> Check[Told]:
    """Built from this checkout's routes.yml and the environment of the deployed notifier."""

    def ask() -> Told:
        told = _built(deployment)
        return Told(told.routing, told.targets, _sent(deployment, told.targets)) if send_test else told

    return Check(LINK, ask, judge, (KEYS, function_link(NOTIFIER)))


def judge(told: Told) -> Verdict:
    """Broken where a receiver has nobody behind it, a channel is half set up, or a test was not taken."""
    wrong = [*_silent(told), *_half(told.targets), *_refused(told)]
    if wrong:
        return broken("; ".join(wrong), "set what is named in .env or the secret, and `s deploy`")
    names = [target.name for target in told.targets.every()]
    heard = " took the test" if told.heard else " can be built; --send-test tries them"
    return ok(", ".join(names) + heard)


def _silent(told: Told) -> Iterator[str]:
    for receiver in told.routing.receivers:
        if receiver.has_channels and not told.targets.by_receiver.get(receiver.name):
            yield f"{receiver.name} has no channel: {_unset(receiver.name, told.targets)}"


def _half(targets: Targets) -> Iterator[str]:
    """Channels that somebody means to use, and that can't be built."""
    yield from (f"{name}: {text}" for name, text in targets.wrong.items())
    yield from (f"{name} lacks {', '.join(targets.unset[name])}" for name in sorted(targets.half))


def _refused(told: Told) -> Iterator[str]:
    for name, outcome in told.heard.items():
        if outcome.kind != "sent":
            yield f"{name} did not take the test: {outcome.reason}"


def _unset(receiver: str, targets: Targets) -> str:
    missing = [", ".join(v) for name, v in targets.unset.items() if name.startswith(f"{receiver}/")]
    return f"set {' or '.join(missing)}" if missing else "none of its channels can be built"


def _built(deployment: Deployment) -> Told:
    routing = load_telling(deployment.alerts).routing
    if routing is None:
        raise UnseenError("routes.yml is missing or broken: `trailguard check` tells")
    return Told(routing, build_targets(routing, _environment(deployment)))


def _environment(deployment: Deployment) -> Mapping[str, str]:
    """The deployed notifier's, and what the secret adds to it."""
    given: dict[str, str] = (deployment.function(NOTIFIER) or {}).get("environmentVariables") or {}
    secret = given.get("TRAILGUARD_SECRET", "")
    if not secret:
        return given
    try:
        return {**given, **secrets(secret, deployment.names.region, deployment.cloud.open_api)}
    except SecretsError as error:
        denied = is_denied(str(error))
        raise UnseenError(str(error), GET_SECRET_VALUE.permission if denied else "") from None


def _sent(deployment: Deployment, targets: Targets) -> dict[str, Outcome]:
    notice, deadline = _test_notice(deployment), time.time() + DEADLINE
    return {target.name: guarded(target, notice, deadline) for target in targets.every()}


def _test_notice(deployment: Deployment) -> Notice:
    """A message that is marked as a drill, and that nobody has to do anything about."""
    return notice_of(
        Alert(
            id=uuid.uuid4().hex,
            rule="doctor-test",
            title="Test of this channel",
            level="informational",
            source="trailguard",
            account_id=deployment.names.account,
            time=deployment.now(),
            summary="`trailguard doctor --send-test` has sent this. There is nothing to do.",
            event_ids=(),
            item="trailguard",
            mode="drill",
        )
    )
