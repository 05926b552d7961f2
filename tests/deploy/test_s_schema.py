"""What s.yaml renders to is what Function Compute takes, by our strict schema and by the API's own models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from pydantic import ValidationError

from tests.deploy.s_schema import Function
from tests.deploy.serverless_devs import S_YAML, ServerlessDevs, render

Props = dict[str, Any]

RENDERED: dict[str, Props] = {name: resource["props"] for name, resource in render({})["resources"].items()}
every_function = pytest.mark.parametrize("props", RENDERED.values(), ids=RENDERED)

APART = {"region", "code", "triggers", "asyncInvokeConfig", "concurrencyConfig"}
"""What the component sends by other calls than CreateFunction, or, the region, by choosing the host."""
TRIGGER_CONFIGS = {
    "log": models.SLSTriggerConfig,
    "timer": models.TimerTriggerConfig,
    "eventbridge": models.EventBridgeTriggerConfig,
    "http": models.HTTPTriggerConfig,
}


def lost(props: Props) -> set[str]:
    """The keys of a function, as dotted paths, that the API's own models do not know or read otherwise."""
    function = {key: value for key, value in props.items() if key not in APART}
    missing = lost_in(models.CreateFunctionInput, function)
    missing |= lost_in(models.PutAsyncInvokeConfigInput, props.get("asyncInvokeConfig", {}))
    missing |= lost_in(models.PutConcurrencyInput, props.get("concurrencyConfig", {}))
    for trigger in props["triggers"]:
        plain = {key: value for key, value in trigger.items() if key != "triggerConfig"}
        missing |= lost_in(models.CreateTriggerInput, plain)
        missing |= lost_in(TRIGGER_CONFIGS[trigger["triggerType"]], trigger["triggerConfig"])
    return missing


def lost_in(model: Any, given: Props) -> set[str]:
    understood = list(leaves(model().from_map(given).to_map()))
    return {path for path, value in leaves(given) if (path, value) not in understood}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    else:
        yield path, value


def with_eventbridge() -> str:
    """s.yaml as it is when a user takes the comment signs of the optional trigger away."""
    lines = S_YAML.read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if "# - triggerName: eventbridge" in line)
    end = next(number for number in range(begin, len(lines)) if not lines[number].strip())
    uncommented = (line.replace("# ", "", 1) for line in lines[begin:end])
    return "\n".join([*lines[:begin], *uncommented, *lines[end:]])


@pytest.fixture
def eventbridge(tmp_path: Path) -> Props:
    """The function that has the optional trigger."""
    (tmp_path / "s.yaml").write_text(with_eventbridge())
    props: Props = render({}, tmp_path / "s.yaml")["resources"]["actiontrail"]["props"]
    return props


@every_function
def test_a_function_satisfies_the_strict_schema(props: Props) -> None:
    Function.model_validate(props)


@every_function
def test_the_api_knows_every_key(props: Props) -> None:
    assert lost(props) == set()


def test_the_optional_eventbridge_trigger_is_last_and_one_that_the_api_knows(eventbridge: Props) -> None:
    Function.model_validate(eventbridge)
    assert lost(eventbridge) == set()
    trigger = eventbridge["triggers"][-1]
    assert trigger["triggerType"] == "eventbridge"
    pattern = json.loads(trigger["triggerConfig"]["eventRuleFilterPattern"])
    assert [each["suffix"] for each in pattern["type"]] == [
        ":ActionTrail:ApiCall",
        ":ActionTrail:ConsoleOperation",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{}, {"TRAILGUARD_PROJECT": "own", "DINGTALK_TOKEN": "t0ken"}])
@pytest.mark.parametrize("optional", [False, True], ids=["as it is", "with eventbridge"])
def test_what_the_real_command_line_renders_is_what_function_compute_takes(
    serverless_devs: ServerlessDevs, environment: dict[str, str], optional: bool
) -> None:
    text = with_eventbridge() if optional else S_YAML.read_text()
    rendered = serverless_devs.preview(text, **environment)["resources"]
    assert set(rendered) == set(RENDERED)
    for resource in rendered.values():
        Function.model_validate(resource["props"])
        assert lost(resource["props"]) == set()


def first(props: Props, kind: str) -> Props:
    """The first trigger of that type."""
    return next(trigger for trigger in props["triggers"] if trigger["triggerType"] == kind)


def log_job(props: Props) -> Props:
    job: Props = first(props, "log")["triggerConfig"]["jobConfig"]
    return job


MISTAKES: dict[str, tuple[Callable[[Props], Any], str]] = {
    "a misspelt key": (lambda p: p.update(timout=p.pop("timeout")), "timout"),
    "a misspelt key, deeper": (
        lambda p: p["logConfig"].update(enableRequestMetric=True),
        "enableRequestMetric",
    ),
    "a string for a number": (lambda p: p.update(timeout="60"), "timeout"),
    "a number for a string": (
        lambda p: p["environmentVariables"].update(PORT=465),
        "environmentVariables.PORT",
    ),
    "role: auto": (lambda p: p.update(role="auto"), "role"),
    "role: auto, completed": (lambda p: p.update(role="acs:ram::1234567890123456:role/auto"), "auto"),
    "a short role name": (lambda p: p.update(role="trailguard-detector"), "role"),
    "a role in upper case": (lambda p: p.update(role="acs:ram::1234567890123456:role/Detector"), "role"),
    "no role": (lambda p: p.pop("role"), "role"),
    "another runtime": (lambda p: p.update(runtime="python3.12"), "runtime"),
    "memory 500": (lambda p: p.update(memorySize=500), "multiple of 64"),
    "memory without cpu": (lambda p: p.update(memorySize=3072), "1 to 4 GB"),
    "cpu between steps": (lambda p: p.update(cpu=0.33), "multiple of 0.05"),
    "a disk of 1 GB": (lambda p: p.update(diskSize=1024), "diskSize"),
    "nine retries": (
        lambda p: p["asyncInvokeConfig"].update(maxAsyncRetryAttempts=9),
        "maxAsyncRetryAttempts",
    ),
    "events older than a week": (
        lambda p: p["asyncInvokeConfig"].update(maxAsyncEventAgeInSeconds=700_000),
        "maxAsyncEventAgeInSeconds",
    ),
    "an interval of a second": (lambda p: log_job(p).update(triggerInterval=1), "triggerInterval"),
    "an interval as text": (lambda p: log_job(p).update(triggerInterval="3"), "triggerInterval"),
    "an interval longer than a call": (
        lambda p: log_job(p).update(triggerInterval=600),
        "longer than timeout",
    ),
    "101 retries": (lambda p: log_job(p).update(maxRetryTime=101), "maxRetryTime"),
    "a trigger that is off": (lambda p: first(p, "log")["triggerConfig"].update(enable=False), "enable"),
    "a trigger without role": (lambda p: first(p, "log").pop("invocationRole"), "invocationRole"),
    "a project as the source": (lambda p: first(p, "log").update(sourceArn="trailguard"), "sourceArn"),
    "logs of another region": (
        lambda p: first(p, "log").update(
            sourceArn="acs:log:eu-central-1:1234567890123456:project/trailguard"
        ),
        "own region",
    ),
    "cron with five fields": (
        lambda p: first(p, "timer")["triggerConfig"].update(cronExpression="*/5 * * * *"),
        "cronExpression",
    ),
    "an interval in words": (
        lambda p: first(p, "timer")["triggerConfig"].update(cronExpression="@every 5 minutes"),
        "cronExpression",
    ),
    "an unknown trigger": (lambda p: p["triggers"][0].update(triggerType="sls"), "triggerType"),
    "two triggers of one name": (lambda p: p["triggers"].append(deepcopy(p["triggers"][0])), "one name"),
    "eventbridge not last": (lambda p: p["triggers"].insert(0, p["triggers"].pop()), "must be the last"),
    "eventbridge with a role": (lambda p: p["triggers"][-1].pop("invocationRole"), "invocationRole"),
    "a variable that is reserved": (lambda p: p["environmentVariables"].update(FC_REGION="x"), "FC_REGION"),
    "an environment too large": (lambda p: p["environmentVariables"].update(BIG="x" * 4096), "4096"),
}


@pytest.mark.parametrize(("make", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_by_name(eventbridge: Props, make: Callable[[Props], Any], told: str) -> None:
    make(eventbridge)
    with pytest.raises(ValidationError, match=told):
        Function.model_validate(eventbridge)


def test_a_key_that_the_api_does_not_know_is_seen(eventbridge: Props) -> None:
    eventbridge["timout"] = 3
    eventbridge["logConfig"]["enableRequestMetric"] = True
    first(eventbridge, "log")["triggerConfig"]["jobConfig"]["retries"] = 3
    eventbridge["asyncInvokeConfig"]["maxRetries"] = 3
    assert lost(eventbridge) == {"timout", "logConfig.enableRequestMetric", "jobConfig.retries", "maxRetries"}
