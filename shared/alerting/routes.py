"""`alerts/routes.yml`: which receivers hear of an alert. Alertmanager's words, and its way of walking.

https://prometheus.io/docs/alerting/latest/configuration/#route
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, field_validator

from shared.alerting.alert import Alert
from shared.alerting.matchers import Labels, Matcher, labels_of, parse_matcher
from shared.located import ConfigError, Document, Path, Problem
from shared.spelling import nearest
from shared.validate import Strict, validate


class _Part(Strict):
    model_config = ConfigDict(populate_by_name=True, arbitrary_types_allowed=True)


class Route(_Part):
    """A node of the tree. An alert goes to the first child that matches, and on while `continue` says so;
    where no child matches, the node itself takes it. `receiver` is inherited."""

    receiver: str = ""
    matchers: list[Matcher] = Field(default_factory=list)
    continue_: bool = Field(default=False, alias="continue")
    routes: list[Route] = Field(default_factory=list)

    @field_validator("matchers", mode="before")
    @classmethod
    def _parsed(cls, texts: Any) -> Any:
        return [parse_matcher(text) if isinstance(text, str) else text for text in texts]

    def takers(self, labels: Labels, inherited: str = "") -> Iterator[str]:
        """The receivers for these labels, in the order of the tree."""
        if not all(matcher.matches(labels) for matcher in self.matchers):
            return
        receiver, taken = self.receiver or inherited, False
        for child in self.routes:
            found = list(child.takers(labels, receiver))
            yield from found
            taken = taken or bool(found)
            if found and not child.continue_:
                return
        if not taken:
            yield receiver


class DingTalkConfig(_Part):
    """A robot of a DingTalk group. `secret` is its SEC… string, where it is secured by signature."""

    access_token: str
    secret: str = ""
    at_mobiles: list[str] = Field(default_factory=list)
    at_all: bool = False
    base_url: str = "https://oapi.dingtalk.com"


class EmailConfig(_Part):
    """Mailboxes, through an SMTP server. Port 465 speaks TLS at once; 80 and 587 take starttls."""

    to: list[str]
    from_: str = Field(alias="from")
    smarthost: str
    port: int = 465
    encryption: Literal["tls", "starttls"] = "tls"
    auth_username: str = ""
    auth_password: str = ""
    ca_file: str | None = None

    @field_validator("to", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class WebhookConfig(_Part):
    """An HTTPS endpoint that gets signed JSON (standardwebhooks.com). `secrets` are whsec_… strings."""

    url: str
    secrets: list[str]
    allow_private: list[str] = Field(default_factory=list)
    allow_http: bool = False
    ca_file: str | None = None


class Receiver(_Part):
    """A name, and the channels that stand behind it. One without channels only keeps the record."""

    name: str
    dingtalk_configs: list[DingTalkConfig] = Field(default_factory=list)
    email_configs: list[EmailConfig] = Field(default_factory=list)
    webhook_configs: list[WebhookConfig] = Field(default_factory=list)


class Global(_Part):
    """How messages are written: language, the reader's time zone, and where runbooks can be read."""

    language: Literal["en", "zh"] = "en"
    timezone: str = "Asia/Shanghai"
    runbook_base_url: str = ""

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{name}' is not a time zone like Asia/Shanghai") from None
        return name


class Routing(_Part):
    """The whole file."""

    global_: Global = Field(default_factory=Global, alias="global")
    route: Route
    receivers: list[Receiver]

    def receivers_of(self, alert: Alert) -> list[str]:
        """The names of the receivers that hear of the alert, each once."""
        return list(dict.fromkeys(self.route.takers(labels_of(alert))))


def load_routing(document: Document) -> Routing:
    """The routing that the file describes. Raises ConfigError with every mistake located."""
    routing = validate(document, Routing)
    problems = [*_check_root(document, routing), *_check_receivers(document, routing)]
    if problems:
        raise ConfigError(problems)
    return routing


def _check_root(document: Document, routing: Routing) -> Iterator[Problem]:
    if not routing.route.receiver:
        yield document.problem(("route",), "the root route needs a receiver")
    if routing.route.matchers:
        yield document.problem(("route", "matchers"), "the root route takes every alert: no matchers here")


def _check_receivers(document: Document, routing: Routing) -> Iterator[Problem]:
    names = [receiver.name for receiver in routing.receivers]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield document.problem(("receivers", number), f"receiver '{name}' is given twice")
    for path, route in _walk(routing.route, ("route",)):
        if route.receiver and route.receiver not in names:
            text = f"no receiver '{route.receiver}'{nearest(route.receiver, names)}"
            yield document.problem((*path, "receiver"), text)


def _walk(route: Route, path: Path) -> Iterator[tuple[Path, Route]]:
    yield path, route
    for number, child in enumerate(route.routes):
        yield from _walk(child, (*path, "routes", number))
