"""The receivers of routes.yml: a model for each kind of channel, in Alertmanager's words where it has any.

https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from shared.validate import Strict


class Part(Strict):
    """A part of routes.yml."""

    model_config = ConfigDict(populate_by_name=True, arbitrary_types_allowed=True)


class DingTalkConfig(Part):
    """A robot of a DingTalk group. `secret` is its SEC… string, where it is secured by signature."""

    access_token: str
    secret: str = ""
    at_mobiles: list[str] = Field(default_factory=list)
    at_all: bool = False
    base_url: str = "https://oapi.dingtalk.com"


class EmailConfig(Part):
    """Mailboxes, through an SMTP server. Port 465 speaks TLS at once; 80 and 587 take starttls.

    As in Alertmanager, `smarthost` may hold the port (`mail.example.com:587`); any but 465 takes starttls.
    """

    to: list[str]
    from_: str = Field(alias="from")
    smarthost: str
    port: int = 465
    encryption: Literal["tls", "starttls"] = "tls"
    auth_username: str = ""
    auth_password: str = ""
    ca_file: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_port(cls, given: Any) -> Any:
        """Raises ValueError for a port that is none, or given twice."""
        host, colon, port = (
            str(given.get("smarthost", "")).partition(":") if isinstance(given, dict) else ("",) * 3
        )
        if not colon:
            return given
        if not port.isdecimal() or "port" in given:
            raise ValueError("a smarthost is a host, and at most one port, which then stands nowhere else")
        secure = {} if "encryption" in given or port == "465" else {"encryption": "starttls"}
        return {**given, **secure, "smarthost": host, "port": int(port)}

    @field_validator("to", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class WebhookConfig(Part):
    """An HTTPS endpoint that gets signed JSON (standardwebhooks.com). `secrets` are whsec_… strings.

    `format: alertmanager` sends the JSON of Alertmanager's own webhook instead of ours."""

    url: str
    secrets: list[str]
    format: Literal["standard", "alertmanager"] = "standard"
    allow_private: list[str] = Field(default_factory=list)
    allow_http: bool = False
    ca_file: str | None = None


class FeishuConfig(Part):
    """A custom robot of a Feishu or Lark group. `secret` is empty where it is not secured by signature."""

    url: str
    secret: str = ""
    at_user_ids: list[str] = Field(default_factory=list)
    at_all: bool = False


class WeComConfig(Part):
    """A robot of a WeCom group; `key` is the last part of its address."""

    key: str
    at_user_ids: list[str] = Field(default_factory=list)
    base_url: str = "https://qyapi.weixin.qq.com"


class SlackConfig(Part):
    """An incoming webhook of Slack."""

    api_url: str


class PagerDutyConfig(Part):
    """An Events API v2 integration of PagerDuty."""

    routing_key: str
    url: str = "https://events.pagerduty.com/v2/enqueue"


class AppriseConfig(Part):
    """Any service that Apprise knows, best effort; needs the extra `apprise`."""

    url: str


class Receiver(Part):
    """A name, and the channels that stand behind it. One without channels only keeps the record.

    `fallback` is another receiver, told too when a channel of this one is down, parked or rejecting.
    """

    name: str
    fallback: str = ""
    dingtalk_configs: list[DingTalkConfig] = Field(default_factory=list)
    feishu_configs: list[FeishuConfig] = Field(default_factory=list)
    wecom_configs: list[WeComConfig] = Field(default_factory=list)
    slack_configs: list[SlackConfig] = Field(default_factory=list)
    email_configs: list[EmailConfig] = Field(default_factory=list)
    webhook_configs: list[WebhookConfig] = Field(default_factory=list)
    pagerduty_configs: list[PagerDutyConfig] = Field(default_factory=list)
    apprise_configs: list[AppriseConfig] = Field(default_factory=list)

    @property
    def has_channels(self) -> bool:
        """Whether anybody stands behind the name, set up in this environment or not."""
        return any(getattr(self, name) for name in type(self).model_fields if name.endswith("_configs"))
