"""What a function in s.yaml may say once it is rendered: every key, its type and its limits, and no more.

Stricter than the component's own schema, which lets unknown keys pass, takes any object for a trigger's
configuration, and is not enforced by `s deploy`. Limits are those of CreateFunction, CreateTrigger,
PutAsyncInvokeConfig and PutConcurrencyConfig (2023-03-30), as the official SDK's models document them, unless
a source is named. What is not used here (VPC, NAS, GPU, containers, other triggers) is not in it: add it
when it is.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel


class Strict(BaseModel):
    """No unknown key, and a number is a number: the component sends on what is written."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


def _in_steps_of(step: float) -> AfterValidator:
    def check(value: float) -> float:
        if abs(value / step - round(value / step)) > 1e-9:
            raise ValueError(f"must be a multiple of {step}")
        return value

    return AfterValidator(check)


def _no_auto(value: str) -> str:
    if value.endswith("role/auto"):
        raise ValueError("the component makes no role for `auto`: it takes it for a name")
    return value


def Text(pattern: str) -> Any:  # noqa: N802 - makes a type
    """A string that is all of this pattern."""
    return Annotated[str, StringConstraints(pattern=f"^(?:{pattern})$")]


# The component lower-cases roles and completes short names: only a full one in lower case is what it says.
RoleArn = Annotated[Text(r"acs:ram::\d{16}:role/[a-z0-9][a-z0-9.-]{0,63}"), AfterValidator(_no_auto)]
Region = Text(r"[a-z]{2}-[a-z]+(-\d)?(-finance-1)?")
Project = Text(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")  # "CreateProject", Log Service
Logstore = Text(r"[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]")  # "CreateLogStore", Log Service
FunctionName = Text(r"[A-Za-z_][\w-]{0,63}")
TriggerName = Text(r"[A-Za-z_][\w-]{0,127}")
Qualifier = Text(r"LATEST|[A-Za-z_][\w-]{0,127}")  # or an alias: docs/deploying.md, Upgrade and roll back
# "Time triggers": an interval, or six fields, in UTC unless CRON_TZ says otherwise.
Cron = Text(r"@every [1-9]\d*[mh]|(CRON_TZ=\S+ )?[\d*/,?-]+( [\w*/,?#-]+){5}")
VariableName = Text(r"[A-Za-z]\w*")  # "Environment variables"
ENVIRONMENT_BYTES = 4096  # "Limits on usage"


class LogConfig(Strict):
    project: Project
    logstore: Logstore
    enable_request_metrics: bool
    enable_instance_metrics: bool
    log_begin_rule: Literal["DefaultRegex", "None"]


class AsyncInvokeConfig(Strict):
    max_async_retry_attempts: Annotated[int, Field(ge=0, le=8)]
    max_async_event_age_in_seconds: Annotated[int, Field(ge=1, le=604_800)]


class ConcurrencyConfig(Strict):
    reserved_concurrency: Annotated[int, Field(ge=1)]


class SourceConfig(Strict):
    logstore: Logstore


class JobConfig(Strict):
    """The interval: "SLS triggers", fc/user-guide; from 3 to 600 seconds."""

    max_retry_time: Annotated[int, Field(ge=0, le=100)]
    trigger_interval: Annotated[int, Field(ge=3, le=600)]


class TriggerLogConfig(Strict):
    project: Project
    logstore: Logstore


class LogTriggerConfig(Strict):
    source_config: SourceConfig
    job_config: JobConfig
    log_config: TriggerLogConfig
    function_parameter: dict[str, str]
    enable: Literal[True]


class TimerTriggerConfig(Strict):
    cron_expression: Cron
    payload: str
    enable: Literal[True]


class HttpTriggerConfig(Strict):
    auth_type: Literal["anonymous", "function"]
    methods: Annotated[
        list[Literal["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]], Field(min_length=1)
    ]
    disable_url_internet: Annotated[bool, Field(alias="disableURLInternet")]


class EventSourceConfig(Strict):
    """Default: the bus that Alibaba Cloud's own services write to."""

    event_source_type: Literal["Default"]
    event_source_parameters: Annotated[dict[str, Any], Field(max_length=0)]


class DeliveryOption(Strict):
    event_schema: Literal["CloudEvents"]


class EventSinkConfig(Strict):
    delivery_option: DeliveryOption


class RunOptions(Strict):
    mode: Literal["event-driven"]


def _json_object(value: str) -> str:
    if not isinstance(json.loads(value), dict):
        raise ValueError("must be a JSON object")
    return value


class EventBridgeTriggerConfig(Strict):
    """asyncInvocationType: its pages contradict each other on what true means; false is the default."""

    trigger_enable: Literal[True]
    async_invocation_type: Literal[False]
    event_rule_filter_pattern: Annotated[str, AfterValidator(_json_object)]
    event_source_config: EventSourceConfig
    event_sink_config: EventSinkConfig
    run_options: RunOptions


class Trigger(Strict):
    trigger_name: TriggerName
    description: Annotated[str, Field(max_length=256)]
    qualifier: Qualifier


class LogTrigger(Trigger):
    trigger_type: Literal["log"]
    invocation_role: RoleArn  # without one the component makes AliyunLogETLRole, for everything
    source_arn: Text(r"acs:log:[a-z0-9-]+:\d{16}:project/[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
    trigger_config: LogTriggerConfig


class TimerTrigger(Trigger):
    trigger_type: Literal["timer"]
    trigger_config: TimerTriggerConfig


class HttpTrigger(Trigger):
    trigger_type: Literal["http"]
    trigger_config: HttpTriggerConfig


class EventBridgeTrigger(Trigger):
    trigger_type: Literal["eventbridge"]
    invocation_role: Literal[""]  # else the component looks for service-linked roles, and stops at the first
    trigger_config: EventBridgeTriggerConfig


AnyTrigger = Annotated[
    LogTrigger | TimerTrigger | HttpTrigger | EventBridgeTrigger, Field(discriminator="trigger_type")
]


class Function(Strict):
    """The props of one resource."""

    region: Region
    function_name: FunctionName
    description: Annotated[str, Field(max_length=256)]
    runtime: Literal["python3.10"]
    code: Literal["./build/package"]
    handler: Text(r"[a-z_]+\.handler")
    memory_size: Annotated[int, Field(ge=128, le=32_768), _in_steps_of(64)]
    cpu: Annotated[float, Field(ge=0.05, le=16), _in_steps_of(0.05)]
    disk_size: Literal[512, 10_240]
    timeout: Annotated[int, Field(ge=1, le=86_400)]
    role: RoleArn
    environment_variables: dict[VariableName, str]
    log_config: LogConfig
    async_invoke_config: AsyncInvokeConfig
    concurrency_config: ConcurrencyConfig | None = None
    triggers: Annotated[list[AnyTrigger], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _cpu_suits_memory(self) -> Function:
        if not 1 <= self.memory_size / 1024 / self.cpu <= 4:
            raise ValueError("memorySize must be 1 to 4 GB for each vCPU")
        return self

    @model_validator(mode="after")
    def _environment_fits(self) -> Function:
        reserved = [name for name in self.environment_variables if name.startswith("FC_")]
        if reserved:
            raise ValueError(f"{reserved[0]}: names that begin with FC_ are Function Compute's own")
        size = sum(len(name) + len(value.encode()) for name, value in self.environment_variables.items())
        if size > ENVIRONMENT_BYTES:
            raise ValueError(f"environmentVariables must not exceed {ENVIRONMENT_BYTES} bytes")
        return self

    @model_validator(mode="after")
    def _triggers_are_told_apart(self) -> Function:
        names = [trigger.trigger_name for trigger in self.triggers]
        if len(set(names)) < len(names):
            raise ValueError(f"two triggers have one name: {names}")
        return self

    @model_validator(mode="after")
    def _eventbridge_is_last(self) -> Function:
        """On a second deploy the component leaves off at one that is unchanged, and skips all others."""
        if any(trigger.trigger_type == "eventbridge" for trigger in self.triggers[:-1]):
            raise ValueError("an eventbridge trigger must be the last")
        return self

    @model_validator(mode="after")
    def _a_call_outlasts_its_interval(self) -> Function:
        """Each range comes with the interval's data: a function that is cut off sooner can't keep up."""
        for trigger in self._log_triggers():
            if trigger.trigger_config.job_config.trigger_interval > self.timeout:
                raise ValueError(f"{trigger.trigger_name}: triggerInterval is longer than timeout")
        return self

    @model_validator(mode="after")
    def _logs_are_of_its_region(self) -> Function:
        """Log Service's triggers, limits: function and project are in one region."""
        for trigger in self._log_triggers():
            if f":log:{self.region}:" not in trigger.source_arn:
                raise ValueError(f"{trigger.trigger_name}: a function reads logs of its own region only")
        return self

    def _log_triggers(self) -> list[LogTrigger]:
        return [trigger for trigger in self.triggers if isinstance(trigger, LogTrigger)]
