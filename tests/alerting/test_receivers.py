"""From routes.yml and the environment to channels."""

from __future__ import annotations

import pytest

from shared.alerting.alert import Alert
from shared.alerting.channels.dingtalk import DingTalk
from shared.alerting.links import Link
from shared.alerting.notice import notice_of
from shared.alerting.receiver_config import Receiver
from shared.alerting.receivers import KINDS, build_targets
from tests.alerting.conftest import routing_of

ROUTES = """
    route: {receiver: on-call}
    receivers:
      - name: on-call
        dingtalk_configs:
          - {access_token: '${TOKEN}', secret: '${SECRET}'}
        email_configs:
          - {to: '${MAIL_TO}', from: trailguard@example.com, smarthost: smtp.example.com}
        webhook_configs:
          - {url: 'https://hooks.example.com/x', secrets: ['${HOOK}']}
"""
HOOK = "whsec_dHJhaWxndWFyZCB0ZXN0IHNlY3JldCAwMDAx"


def test_a_channel_is_built_once_its_variables_are_set() -> None:
    targets = build_targets(routing_of(ROUTES), {"TOKEN": "t", "SECRET": "SECs"})
    (target,) = targets.by_receiver["on-call"]
    assert target.name == "on-call/dingtalk/1"
    assert isinstance(target.channel, DingTalk)


def test_a_channel_whose_variables_are_missing_is_left_out_and_named() -> None:
    targets = build_targets(routing_of(ROUTES), {"TOKEN": "t", "SECRET": ""})
    assert targets.by_receiver["on-call"] == []
    assert targets.unset["on-call/dingtalk/1"] == ["SECRET"]
    assert targets.unset["on-call/email/1"] == ["MAIL_TO"]


def test_a_setting_that_the_channel_refuses_is_told_without_its_value() -> None:
    targets = build_targets(routing_of(ROUTES), {"HOOK": "my-secret-of-the-wrong-form"})
    assert "whsec_" in targets.wrong["on-call/webhook/1"]
    assert "my-secret" not in str(targets)


def test_a_variable_may_hold_several_mailboxes() -> None:
    targets = build_targets(routing_of(ROUTES), {"MAIL_TO": "a@example.com, b@example.com", "HOOK": HOOK})
    assert [target.name for target in targets.by_receiver["on-call"]] == [
        "on-call/email/1",
        "on-call/webhook/1",
    ]


@pytest.mark.parametrize(
    ("smarthost", "built"),
    [
        ("smtp.example.com", ("smtp.example.com", "465", "tls")),
        ("smtp.example.com:465", ("smtp.example.com", "465", "tls")),
        ("smtp.example.com:587", ("smtp.example.com", "587", "starttls")),
        ("${SMTP}", ("smtp.example.com", "80", "starttls")),
    ],
)
def test_a_smarthost_may_hold_its_port_as_in_alertmanager(
    smarthost: str, built: tuple[str, int, str]
) -> None:
    routes = ROUTES.replace("smarthost: smtp.example.com", f"smarthost: '{smarthost}'")
    environment = {"MAIL_TO": "a@example.com", "SMTP": "smtp.example.com:80"}
    (target,) = build_targets(routing_of(routes), environment).by_receiver["on-call"]
    mail = vars(target.channel)
    assert (mail["_host"], str(mail["_port"]), "starttls" if mail["_starttls"] else "tls") == built


@pytest.mark.parametrize("smarthost", ["smtp.example.com:x", "a:1:2", "smtp.example.com:"])
def test_a_smarthost_that_is_wrong_once_it_is_filled_in_costs_its_channel_alone(smarthost: str) -> None:
    routes = ROUTES.replace("smarthost: smtp.example.com", "smarthost: '${SMTP}'")
    environment = {"MAIL_TO": "a@example.com", "SMTP": smarthost, "HOOK": HOOK}
    targets = build_targets(routing_of(routes), environment)
    assert [target.name for target in targets.by_receiver["on-call"]] == ["on-call/webhook/1"]
    assert targets.wrong["on-call/email/1"].startswith("a smarthost is a host, and at most one port")


def test_no_secret_shows_in_what_is_built() -> None:
    targets = build_targets(routing_of(ROUTES), {"TOKEN": "token-77", "SECRET": "SEC-88", "HOOK": HOOK})
    assert not any(secret in repr(targets) for secret in ("token-77", "SEC-88", HOOK))


EVERY = """
    global: {language: zh, console: aliyun.com, runbook_base_url: 'https://git.example.com/a'}
    route: {receiver: all}
    receivers:
      - name: all
        dingtalk_configs: [{access_token: t-secret-1, secret: SECx}]
        feishu_configs: [{url: 'https://open.feishu.cn/open-apis/bot/v2/hook/t-secret-2', secret: t-secret-3}]
        wecom_configs: [{key: t-secret-4}]
        slack_configs: [{api_url: 'https://hooks.slack.com/services/T/B/t-secret-5'}]
        email_configs: [{to: a@example.com, from: t@example.com, smarthost: smtp.example.com}]
        webhook_configs:
          - {url: 'https://hooks.example.com/x', secrets: ['${HOOK}'], format: alertmanager}
        pagerduty_configs: [{routing_key: t-secret-6}]
"""


def test_every_kind_of_channel_can_be_built() -> None:
    targets = build_targets(routing_of(EVERY), {"HOOK": HOOK})
    kinds = ["dingtalk", "feishu", "wecom", "slack", "email", "webhook", "pagerduty"]
    assert [target.name for target in targets.by_receiver["all"]] == [f"all/{kind}/1" for kind in kinds]
    assert (targets.wrong, targets.unset) == ({}, {})
    assert "t-secret" not in repr(targets)


def test_robots_are_given_less_than_they_take() -> None:
    targets = build_targets(routing_of(EVERY), {"HOOK": HOOK})
    budgets = {target.name.split("/")[1]: target.per_minute for target in targets.by_receiver["all"]}
    assert budgets["dingtalk"] < 20
    assert budgets["wecom"] < 20
    assert budgets["feishu"] < 100
    assert budgets["email"] == 20


@pytest.mark.parametrize("key", [f"{kind.name}_configs" for kind in KINDS])
def test_every_kind_has_a_key_in_routes_yml(key) -> None:
    assert key in Receiver.model_fields


def test_an_address_that_would_give_its_secret_away_is_wrong_and_not_repeated() -> None:
    routes = """
    route: {receiver: x}
    receivers: [{name: x, slack_configs: [{api_url: 'http://hooks.slack.com/services/s3cret'}]}]
    """
    targets = build_targets(routing_of(routes), {})
    assert "https" in targets.wrong["x/slack/1"]
    assert "s3cret" not in str(targets)


def test_a_teams_template_is_used_for_its_kind_alone() -> None:
    pytest.importorskip("jinja2")
    targets = build_targets(routing_of(EVERY), {"HOOK": HOOK}, templates={"wecom": "by {{ alert.actor }}"})
    composers = {t.name.split("/")[1]: t.channel._compose for t in targets.by_receiver["all"][:4]}
    alert = Alert.from_dict(
        {"id": "1", "rule": "r", "title": "t", "level": "low", "source": "s", "account_id": "", "summary": "",
         "time": "2026-11-20T00:00:00Z", "event_ids": [], "actor": "<@all>"}
    )  # fmt: skip
    assert composers["wecom"](notice_of(alert)).body == "by ＜＠all＞"
    assert composers["dingtalk"](notice_of(alert)).body == ""


def test_the_teams_links_come_between_the_runbook_and_the_console() -> None:
    def mine(notice):
        return (Link("ack", "https://x.example.com/ack"),)

    targets = build_targets(routing_of(EVERY), {"HOOK": HOOK}, links=mine)
    compose = targets.by_receiver["all"][0].channel._compose
    alert = Alert.from_dict(
        {"id": "1", "rule": "r", "title": "t", "level": "low", "source": "s", "account_id": "", "summary": "",
         "time": "2026-11-20T00:00:00Z", "event_ids": ["e"], "runbook": "r.md", "origin": "abc/def/0@1"}
    )  # fmt: skip
    assert [b.label for b in compose(notice_of(alert)).buttons] == ["处置手册", "确认", "查询日志"]
