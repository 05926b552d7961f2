"""From routes.yml and the environment to channels."""

from __future__ import annotations

from shared.alerting.channels.dingtalk import DingTalk
from shared.alerting.receivers import build_targets
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


def test_no_secret_shows_in_what_is_built() -> None:
    targets = build_targets(routing_of(ROUTES), {"TOKEN": "token-77", "SECRET": "SEC-88", "HOOK": HOOK})
    assert not any(secret in repr(targets) for secret in ("token-77", "SEC-88", HOOK))
