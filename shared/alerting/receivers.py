"""From the receivers of routes.yml to channels, secrets filled in from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from shared.alerting.channels.channel import Channel, Compose
from shared.alerting.channels.dingtalk import DingTalk
from shared.alerting.channels.email import Email
from shared.alerting.channels.webhook import Webhook
from shared.alerting.message import compose
from shared.alerting.routes import DingTalkConfig, EmailConfig, Receiver, Routing, WebhookConfig

_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")


@dataclass(frozen=True)
class Target:
    """One channel of one receiver. `name` (`oncall/dingtalk/1`) is what its deliveries are kept under."""

    name: str
    channel: Channel


@dataclass
class Targets:
    """The channels of every receiver. `unset` names, by channel, the variables that it lacks."""

    by_receiver: dict[str, list[Target]] = field(default_factory=dict)
    unset: dict[str, list[str]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def of(self, receivers: list[str]) -> list[Target]:
        """The channels behind some receivers."""
        return [target for name in receivers for target in self.by_receiver.get(name, [])]


def build_targets(routing: Routing, environment: Mapping[str, str]) -> Targets:
    """Every channel that can be built. `${NAME}` in a setting is the environment's; one that is not set
    leaves its channel out, under `unset`; a setting that its channel refuses stands under `wrong`."""
    targets = Targets()
    composer = composer_of(routing)
    for receiver in routing.receivers:
        built = targets.by_receiver.setdefault(receiver.name, [])
        for name, config in _configs(receiver):
            if missing := [v for v in sorted(_variables(config.model_dump())) if not environment.get(v)]:
                targets.unset[name] = missing
                continue
            try:
                built.append(Target(name, _channel(_filled(config, environment), composer)))
            except ValueError as error:
                targets.wrong[name] = str(error)
    return targets


def composer_of(routing: Routing) -> Compose:
    """How alerts become messages for this team."""
    settings = routing.global_
    return partial(
        compose,
        language=settings.language,
        timezone=ZoneInfo(settings.timezone),
        runbook_base_url=settings.runbook_base_url,
    )


def _configs(receiver: Receiver) -> Iterator[tuple[str, BaseModel]]:
    """Each channel setting of a receiver with its name, counted from 1 within its kind."""
    kinds: tuple[tuple[str, Any], ...] = (
        ("dingtalk", receiver.dingtalk_configs),
        ("email", receiver.email_configs),
        ("webhook", receiver.webhook_configs),
    )
    for kind, configs in kinds:
        for number, config in enumerate(configs, 1):
            yield f"{receiver.name}/{kind}/{number}", config


def _channel(config: BaseModel, composer: Compose) -> Channel:
    return _BUILDERS[type(config)](config, composer)


def _dingtalk(config: DingTalkConfig, composer: Compose) -> Channel:
    return DingTalk(
        config.access_token,
        config.secret,
        composer,
        mobiles=config.at_mobiles,
        everyone=config.at_all,
        base_url=config.base_url,
    )


def _email(config: EmailConfig, composer: Compose) -> Channel:
    return Email(
        config.smarthost,
        config.from_,
        config.to,
        composer,
        port=config.port,
        encryption=config.encryption,
        username=config.auth_username,
        password=config.auth_password,
        cafile=config.ca_file,
    )


def _webhook(config: WebhookConfig, composer: Compose) -> Channel:
    return Webhook(
        config.url,
        config.secrets,
        allow_private=config.allow_private,
        allow_http=config.allow_http,
        cafile=config.ca_file,
    )


_BUILDERS: dict[type, Callable[[Any, Compose], Channel]] = {
    DingTalkConfig: _dingtalk,
    EmailConfig: _email,
    WebhookConfig: _webhook,
}


def _filled(config: BaseModel, environment: Mapping[str, str]) -> BaseModel:
    return type(config).model_validate(_replace(config.model_dump(by_alias=True), environment))


def _replace(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: environment[match[1]], value)
    if isinstance(value, list):
        return [part for element in value for part in _spread(_replace(element, environment))]
    if isinstance(value, dict):
        return {key: _replace(inner, environment) for key, inner in value.items()}
    return value


def _spread(element: Any) -> list[Any]:
    """A variable may hold several values, separated by commas (`MAIL_TO=a@example.com,b@example.com`)."""
    return [part.strip() for part in element.split(",")] if isinstance(element, str) else [element]


def _variables(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_VARIABLE.findall(value))
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(_variables, children))
