"""Every chat that a notice can be told in: its receiver, and a channel to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.alerting.channels.dingtalk import DingTalk
from shared.alerting.channels.feishu import Feishu
from shared.alerting.channels.pagerduty import PagerDuty
from shared.alerting.channels.slack import Slack
from shared.alerting.channels.wecom import WeCom
from tests.receivers.dingtalk import DingTalkRobot
from tests.receivers.feishu import HOOK, FeishuRobot
from tests.receivers.pagerduty import PagerDutyEvents
from tests.receivers.slack import SlackWebhook
from tests.receivers.wecom import WeComRobot


@dataclass(frozen=True)
class Chat:
    """`secrets` are what must show nowhere."""

    name: str
    receiver: Callable[[], Any]
    channel: Callable[..., Any]
    secrets: Callable[[Any], tuple[str, ...]]

    def __repr__(self) -> str:
        return self.name


CHATS = (
    Chat(
        "dingtalk",
        DingTalkRobot,
        lambda r, compose, **more: DingTalk(r.token, r.secret, compose, base_url=r.url, **more),
        lambda r: (r.token, r.secret),
    ),
    Chat(
        "feishu",
        FeishuRobot,
        lambda r, compose, **more: Feishu(r.hook, r.secret, compose, **more),
        lambda r: (r.secret, HOOK),
    ),
    Chat(
        "wecom",
        WeComRobot,
        lambda r, compose, **more: WeCom(r.key, compose, base_url=r.url, **more),
        lambda r: (r.key,),
    ),
    Chat(
        "slack",
        SlackWebhook,
        lambda r, compose, **more: Slack(r.hook, compose, **more),
        lambda r: ("slack-secret-77", "T0123/B0123"),
    ),
    Chat(
        "pagerduty",
        PagerDutyEvents,
        lambda r, compose, **more: PagerDuty(r.routing_key, compose, url=r.address, **more),
        lambda r: (r.routing_key,),
    ),
)
