from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from shared.alerting.alert import Alert
from shared.alerting.digest import digest_of
from shared.alerting.message import compose
from shared.alerting.neutralise import unmarked
from shared.alerting.notice import notice_of
from shared.alerting.templates import (
    MAX_RESULT,
    MAX_SOURCE,
    TemplateError,
    problems_of,
    renderer,
    templated,
)

pytest.importorskip("jinja2", reason="the extra `templates` is not installed")

NOW = datetime(2026, 11, 2, 18, 30, tzinfo=timezone.utc)


def notice(actor: str = "bob", **changes):
    usual = {
        "id": "1",
        "rule": "key-made",
        "title": "Key made",
        "level": "high",
        "source": "actiontrail",
        "account_id": "1234567890123456",
        "time": NOW,
        "summary": "",
        "event_ids": (),
        "reasons": ("a", "b"),
    }
    return notice_of(Alert(**{**usual, "actor": actor, **changes}))


def plain_compose(told):
    return compose(told, "en", timezone.utc)


def rendered(source: str, told=None) -> str:
    told = told or notice()
    return renderer(source, unmarked)(told, plain_compose(told))


def test_a_template_says_it_in_the_teams_own_way():
    source = "**{{ message.title }}** by {{ alert.actor }}{% for r in alert.reasons %}\n- {{ r }}{% endfor %}"
    assert rendered(source) == "**［HIGH］ Key made** by bob\n- a\n- b"


@pytest.mark.parametrize("actor", ["[x](https://evil)", "<@all>", "**b**", "{{ 7*7 }}", "@所有人"])
def test_every_value_is_safe_in_the_channels_markup(actor):
    told = rendered("{{ alert.actor }}", notice(actor))
    assert not set(told) & set("[]()<>@*")
    assert "49" not in told


@pytest.mark.parametrize(
    "source",
    [
        "{{ alert.__class__ }}",
        "{{ alert.actor.__class__.__mro__ }}",
        "{{ nothing }}",
        "{{ alert.nothing }}",
        "{{ ''.join(['a']) }}",
        "{{ alert.update({}) }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 'a' ~ 'b' }}",
        "{% set a = 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{{ alert.actor|safe }}",
        "{{ alert|pprint }}",
        "{% for a in alert.reasons %}{% for b in alert.reasons %}{% for c in alert.reasons %}x"
        "{% endfor %}{% endfor %}{% endfor %}",
        "{{ unclosed",
        "x" * (MAX_SOURCE + 1),
    ],
)
def test_what_reaches_out_or_grows_without_end_is_refused(source):
    with pytest.raises(TemplateError):
        rendered(source)


def test_a_text_that_grows_too_long_is_refused():
    source = (
        "{% for a in alert.reasons %}{% for b in alert.reasons %}" + "x" * 90 + "{% endfor %}{% endfor %}"
    )
    long = notice(reasons=("r",) * 9)
    assert len(rendered(source, long)) <= MAX_RESULT
    with pytest.raises(TemplateError, match="grows"):
        rendered(source, notice(reasons=("r",) * 200))


@pytest.mark.parametrize("source", ["{{ broken", "{{ alert.nothing }}"])
def test_a_template_that_fails_holds_nothing_back_and_is_logged(source, caplog):
    caplog.set_level(logging.ERROR)
    message = templated(plain_compose, source, unmarked, "dingtalk")(notice())
    assert message == plain_compose(notice())
    assert "templates/dingtalk.j2" in caplog.text


def test_a_template_becomes_the_body_of_the_message():
    message = templated(plain_compose, "by {{ alert.actor }}", unmarked, "dingtalk")(notice())
    assert (message.body, message.facts) == ("by bob", plain_compose(notice()).facts)


def test_what_is_wrong_is_found_before_it_is_needed():
    given = {"dingtalk": "{{ alert.actor }}", "wecom": "\n{{ 'a' * 9 }}", "dingtak": "x"}
    assert problems_of(given, ["dingtalk", "wecom"]) == [
        "templates/wecom.j2: line 2: Mul is not allowed here",
        "templates/dingtak.j2: no channel 'dingtak'; did you mean 'dingtalk'?",
    ]


def test_digests_acknowledgements_and_drills_keep_our_own_words():
    """A template knows one alert: it would hide the others, and tell an acknowledged one anew."""
    write = templated(plain_compose, "{{ alert.actor }} did it", unmarked, "dingtalk")
    assert write(notice()).body == "bob did it"
    digest = digest_of([notice(), notice("eve", id="2")])
    answer = replace(notice(), kind="note", note="Acknowledged by wang")
    for told in (digest, answer, notice(mode="drill")):
        assert (write(told).body, write(told).facts) == ("", plain_compose(told).facts)
