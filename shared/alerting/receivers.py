"""From the receivers of routes.yml to channels, secrets filled in from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from shared.alerting import receiver_config as config
from shared.alerting.channels.apprise import Apprise
from shared.alerting.channels.channel import Channel, Compose
from shared.alerting.channels.dingtalk import DingTalk
from shared.alerting.channels.email import Email
from shared.alerting.channels.feishu import Feishu
from shared.alerting.channels.pagerduty import PagerDuty
from shared.alerting.channels.slack import Slack
from shared.alerting.channels.webhook import Webhook
from shared.alerting.channels.webhook_payload import alertmanager, standard
from shared.alerting.channels.wecom import WeCom
from shared.alerting.links import Links, chained, console_links, no_links, runbook_links
from shared.alerting.message import compose
from shared.alerting.neutralise import plain, unmarked, unmentioned
from shared.alerting.routes import Routing
from shared.alerting.templates import templated

_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")


@dataclass(frozen=True)
class Target:
    """One channel of one receiver. `name` (`oncall/dingtalk/1`) is what its deliveries are kept under.

    `per_minute` is how many messages it takes; 0 where it sets no limit that a team comes near. `hears_ends`
    where a program keeps the incident open until it is told that nothing has come for long.
    """

    name: str
    channel: Channel
    per_minute: int = 0
    hears_ends: bool = False


@dataclass
class Targets:
    """The channels of every receiver. `unset` names, by channel, the variables that it lacks; `half` are the
    channels that have some of theirs, so that somebody means to use them."""

    by_receiver: dict[str, list[Target]] = field(default_factory=dict)
    unset: dict[str, list[str]] = field(default_factory=dict)
    half: set[str] = field(default_factory=set)
    wrong: dict[str, str] = field(default_factory=dict)

    def every(self) -> list[Target]:
        """All the channels there are."""
        return [target for targets in self.by_receiver.values() for target in targets]

    def of(self, receivers: list[str]) -> list[Target]:
        """The channels behind some receivers."""
        return [target for name in receivers for target in self.by_receiver.get(name, [])]


@dataclass(frozen=True)
class Setting:
    """What a channel is built from: its settings, filled in, the team's composer and links, the receiver."""

    config: Any
    compose: Compose
    links: Links
    receiver: str


def build_targets(
    routing: Routing,
    environment: Mapping[str, str],
    links: Links = no_links,
    templates: Mapping[str, str] | None = None,
) -> Targets:
    """Every channel that can be built. `${NAME}` in a setting is the environment's; one that is not set
    leaves its channel out, under `unset`; a setting that its channel refuses stands under `wrong`.

    `links` are the buttons that a message has besides the runbook and the console's pages; `templates` are
    the team's own texts, by kind of channel.
    """
    targets = Targets()
    every_link = links_of(routing, links)
    for receiver in routing.receivers:
        built = targets.by_receiver.setdefault(receiver.name, [])
        for kind, name, settings in _configs(receiver):
            variables = sorted(_variables(settings.model_dump()))
            if missing := [v for v in variables if not environment.get(v)]:
                targets.unset[name] = missing
                targets.half |= {name} if missing != variables else set()
                continue
            composer = composer_of(routing, every_link)
            if source := (templates or {}).get(kind.name):
                composer = templated(composer, source, kind.neutralise, kind.name)
            try:
                setting = Setting(_filled(settings, environment), composer, every_link, receiver.name)
                built.append(Target(name, kind.build(setting), kind.per_minute, kind.hears_ends))
            except ValueError as error:
                targets.wrong[name] = _reason(error)
    return targets


def composer_of(routing: Routing, links: Links) -> Compose:
    """How notices become messages for this team."""
    settings = routing.global_
    return partial(compose, language=settings.language, timezone=ZoneInfo(settings.timezone), links=links)


def links_of(routing: Routing, more: Links = no_links) -> Links:
    """Where this team's messages lead to: runbook, the given ones, the console."""
    settings = routing.global_
    return chained(runbook_links(settings.runbook_base_url), more, console_links(settings.console))


def _configs(receiver: config.Receiver) -> Iterator[tuple[Kind, str, BaseModel]]:
    """Each channel setting of a receiver with its name, counted from 1 within its kind."""
    for kind in KINDS:
        for number, settings in enumerate(getattr(receiver, f"{kind.name}_configs"), 1):
            yield kind, f"{receiver.name}/{kind.name}/{number}", settings


def _dingtalk(setting: Setting) -> Channel:
    c: config.DingTalkConfig = setting.config
    return DingTalk(
        c.access_token,
        c.secret,
        setting.compose,
        mobiles=c.at_mobiles,
        everyone=c.at_all,
        base_url=c.base_url,
    )


def _feishu(setting: Setting) -> Channel:
    c: config.FeishuConfig = setting.config
    return Feishu(c.url, c.secret, setting.compose, user_ids=c.at_user_ids, everyone=c.at_all)


def _wecom(setting: Setting) -> Channel:
    c: config.WeComConfig = setting.config
    return WeCom(c.key, setting.compose, user_ids=c.at_user_ids, base_url=c.base_url)


def _slack(setting: Setting) -> Channel:
    return Slack(setting.config.api_url, setting.compose)


def _pagerduty(setting: Setting) -> Channel:
    return PagerDuty(setting.config.routing_key, setting.compose, url=setting.config.url)


def _apprise(setting: Setting) -> Channel:
    return Apprise(setting.config.url, setting.compose)


def _email(setting: Setting) -> Channel:
    c: config.EmailConfig = setting.config
    return Email(
        c.smarthost,
        c.from_,
        c.to,
        setting.compose,
        port=c.port,
        encryption=c.encryption,
        username=c.auth_username,
        password=c.auth_password,
        cafile=c.ca_file,
    )


def _webhook(setting: Setting) -> Channel:
    c: config.WebhookConfig = setting.config
    return Webhook(
        c.url,
        c.secrets,
        payload=alertmanager(setting.receiver, setting.links) if c.format == "alertmanager" else standard,
        allow_private=c.allow_private,
        allow_http=c.allow_http,
        cafile=c.ca_file,
    )


@dataclass(frozen=True)
class Kind:
    """A kind of channel: its name in routes.yml (`<name>_configs`), how it is built, what makes a value safe
    in its markup, how many messages a minute it is given (a little below what it takes, 0 for any number),
    and whether a program is behind it that has to hear of ends.
    """

    name: str
    build: Callable[[Setting], Channel]
    neutralise: Callable[[str], str] = plain
    per_minute: int = 0
    hears_ends: bool = False


KINDS = (
    Kind("dingtalk", _dingtalk, unmarked, per_minute=18),
    Kind("feishu", _feishu, unmarked, per_minute=90),
    Kind("wecom", _wecom, unmarked, per_minute=18),
    Kind("slack", _slack, unmentioned, per_minute=50),
    Kind("email", _email, per_minute=20),  # nobody reads more, and DirectMail takes 200 a day free
    Kind("webhook", _webhook, hears_ends=True),
    Kind("pagerduty", _pagerduty, per_minute=100, hears_ends=True),
    Kind("apprise", _apprise),
)
"""Every kind, in the order in which a receiver's channels are told."""


def _filled(config: BaseModel, environment: Mapping[str, str]) -> BaseModel:
    """Raises ValueError for what can't be so, now that it is filled in."""
    said = config.model_dump(by_alias=True, exclude_unset=True)
    return type(config).model_validate(_replace(said, environment))


def _reason(error: ValueError) -> str:
    """What is wrong; of pydantic's errors without the values, which are secrets."""
    if isinstance(error, ValidationError):
        return "; ".join(detail["msg"].removeprefix("Value error, ") for detail in error.errors())
    return str(error)


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
