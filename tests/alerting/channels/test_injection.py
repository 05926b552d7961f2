"""Event text is hostile. In no channel does it ping anybody, make a link, hide text or break the JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.alerting.alert import Alert
from shared.alerting.channels.dingtalk import DingTalk
from shared.alerting.channels.email import Email
from shared.alerting.channels.feishu import Feishu
from shared.alerting.channels.pagerduty import event
from shared.alerting.channels.slack import _blocks
from shared.alerting.channels.webhook_payload import alertmanager
from shared.alerting.channels.wecom import WeCom
from shared.alerting.links import no_links
from shared.alerting.message import compose
from shared.alerting.notice import Entry, Notice, notice_of
from tests.receivers.chats import CHATS
from tests.receivers.smtp import MailServer, cafile

USER_NAMES = [
    "@all", "@所有人", "@13800000000", "<!channel>", "<!here>", "<!everyone>", "<@U0123>", "<!subteam^S1>",
    "<@all>", "<@bob>", '<at user_id="all">x</at>', "<at id=all></at>", "<at email=a@b.c></at>",
    "bob\r\nBcc: eve@evil.example", "root\u202etoor", "a\u200bd\u2060min", "张三", "\ud800bob", "b\x00b",
    "{{7*7}}", "${HOOK}", "%n%s", '"},"isAtAll":true,"x":{"y":"', "'; DROP TABLE alerts; --",
]  # fmt: skip
USER_AGENTS = [
    "[all clear](https://evil.example)", "![](https://evil.example/p.png)", "<https://evil.example|details>",
    "<img src=x onerror=alert(1)>", "https://evil.example/", "http://evil.example", "www.evil.example",
    "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fevil.example", "HTTPS://EVIL.EXAMPLE",
    '<a href="https://evil.example">x</a>', "</font><font color=\"info\">resolved</font>", "&lt;!channel&gt;",
    "javascript:alert(1)", "[x]: https://evil.example", "\x1b]8;;https://evil.example\x07here",
]  # fmt: skip
OBJECT_KEYS = [
    "# Resolved", "\n\n### [INFO] all clear\n\n", "> quote", "- item", "1. item", "**bold**", "_i_",
    "~~gone~~", "~gone~", "`code`", "```\nfence", "***", "---", "| a | b |", "<!-- ", "<details>",
    "<font color=white>", ":white_check_mark:", "\\", "a\\", "]", ")", "\u2028# x", "x" * 3000,
    "\u3164", "key\t\ttab",
]  # fmt: skip
HOSTILE = USER_NAMES + USER_AGENTS + OBJECT_KEYS
anything = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=4).map("".join)

in_english = partial(compose, language="en", timezone=ZoneInfo("Asia/Shanghai"))


def told_by(alert: Alert, text: str) -> list[Notice]:
    """Every kind of notice, with `text` wherever an attacker can put some."""
    names = ("title", "summary", "actor", "action", "address", "resource", "region", "origin", "account_id")
    attacked = replace(alert, **dict.fromkeys(names, text), reasons=(f"userAgent is {text}", text))
    update = replace(notice_of(attacked), kind="update", alerts=(attacked, attacked), count=3, note=text)
    entries = (Entry("1", "high", text, text, text, 2), Entry("2", "low", "Key made", "bob", "", 1))
    return [
        notice_of(attacked),
        update,
        replace(update, kind="note"),
        replace(update, kind="digest", entries=entries),
    ]


def texts_in(payload: Any) -> Iterator[str]:
    """Every text of a JSON value, keys left out."""
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, (list, dict)):
        for part in payload.values() if isinstance(payload, dict) else payload:
            yield from texts_in(part)


def keys_in(payload: Any) -> Any:
    """The shape of a JSON value, without its texts."""
    if isinstance(payload, dict):
        return {key: keys_in(value) for key, value in payload.items()}
    return [keys_in(value) for value in payload] if isinstance(payload, list) else type(payload).__name__


def payloads(notice: Notice) -> dict[str, Any]:
    """What each JSON channel would post."""
    message = in_english(notice)
    return {
        "dingtalk": json.loads(DingTalk("t", "s", in_english)._rich(message)),
        "feishu": json.loads(Feishu("https://x/h", "s", in_english)._card(message)),
        "wecom": {"content": WeCom("k", in_english)._markdown(message).decode()},
        "slack": json.loads(_blocks(message)),
        "pagerduty": event(notice, message),
        "alertmanager": alertmanager("on-call", no_links)(notice),
    }


def markdown_of(notice: Notice) -> list[str]:
    """The markdown that DingTalk, Feishu and WeCom would read, without our own constructs."""
    found = payloads(notice)
    cards = [part["text"]["content"] for part in found["feishu"]["card"]["elements"] if part["tag"] == "div"]
    wecom = re.sub(r'<font color="\w+">(.*)</font>', r"\1", found["wecom"]["content"], count=1)
    return [found["dingtalk"]["markdown"]["text"], *cards, wecom]


OURS = {"heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "softbreak"}
OURS |= {"strong_open", "strong_close", "blockquote_open", "blockquote_close"}


def constructs(markdown: str) -> set[str]:
    """What an independent parser finds in it."""
    tokens = MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(markdown)
    return {token.type for block in tokens for token in [block, *(block.children or [])]}


FORBIDDEN = ("://", "www.", "<!", "<@", "<at ", "@all", "@所有人", "\r", "\x1b", "\u202e", "\u200b")
PROGRAMS = ("pagerduty", "alertmanager")  # they read no markup; at most, bare URLs become links
bare = re.compile(r"://|www\.|\x1b|\u202e|\r", re.IGNORECASE)
never = re.compile("|".join(map(re.escape, FORBIDDEN)), re.IGNORECASE)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_payload_has_a_mention_a_link_or_an_invisible_character(alert, text):
    for notice in told_by(alert, text):
        for name, payload in payloads(notice).items():
            if name in PROGRAMS:
                assert not [shown for shown in texts_in(payload) if bare.search(shown)]
            else:
                assert not [shown for shown in texts_in(payload) if never.search(shown)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=anything)
def test_no_text_at_all_makes_markup(alert, text):
    for notice in told_by(alert, text):
        assert set().union(*map(constructs, markdown_of(notice))) <= OURS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=anything)
def test_no_text_changes_the_shape_of_the_json(alert, text):
    """The same fields are there as for a harmless word, but for those that show nothing at all."""
    visible = f"x{text}"
    harmless = told_by(alert, "x")
    for notice, plain in zip(told_by(alert, visible), harmless, strict=True):
        told, expected = payloads(notice), payloads(plain)
        assert told["dingtalk"]["at"] == {"atMobiles": [], "isAtAll": False}
        for name in ("dingtalk", "feishu", "wecom", "slack", "pagerduty"):
            assert keys_in(told[name]) == keys_in(expected[name])


@pytest.mark.parametrize("chat", CHATS, ids=repr)
@pytest.mark.parametrize("text", HOSTILE[::3])
def test_hostile_text_arrives_and_is_shown(chat, alert, soon, text):
    """Neither refused nor hidden: a marker behind it is still there."""
    with chat.receiver() as receiver:
        for notice in told_by(alert, f"{text} MARKER"):
            assert chat.channel(receiver, in_english).send(notice, soon).kind == "sent"
        assert len(receiver.requests) == 4
        assert all("\\u" not in r.body.decode() for r in receiver.requests)
        if len(text) < 200:
            assert all("MARKER" in r.body.decode() for r in receiver.requests)


class Page(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, Any]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, attrs))


@pytest.mark.parametrize("text", HOSTILE[::4])
def test_a_mail_has_the_same_tags_and_headers_whatever_the_text(alert, text, tmp_path, soon):
    authority = trustme.CA()
    with MailServer(authority) as server:
        user, password = server.login
        mail = Email(
            server.host, "t@example.com", ["ann@example.com"], in_english,
            port=server.port, username=user, password=password, cafile=cafile(authority, tmp_path),
        )  # fmt: skip
        for shown in ("x", f"x{text}"):
            assert mail.send(told_by(alert, shown)[1], soon).kind == "sent"
        harmless, attacked = server.messages
        assert list(harmless.keys()) == list(attacked.keys())
        assert server.recipients == [["ann@example.com"]] * 2
        pages = [Page(sent.get_body(("html",)).get_content()) for sent in server.messages]
        assert pages[0].tags == pages[1].tags
        assert "href" not in str(pages[1].tags)
        told = attacked.get_body(("plain",)).get_content()
        assert not re.search(r"://|www\.|\x1b|\u202e", told, re.IGNORECASE)


def test_slack_reads_the_title_as_markup_and_nothing_else(alert):
    text = "*bold* ~gone~ `code` <!channel> :smile:"
    message = json.loads(_blocks(in_english(told_by(alert, text)[0])))
    assert not set(message["text"].partition("] ")[2]) & set("*~`<>_&")
    types = {block["type"] for block in message["blocks"]}
    assert types == {"header", "rich_text"}


def test_a_program_that_reads_pagerduty_sees_no_url(alert):
    notice = told_by(alert, "https://evil.example")[0]
    assert "://" not in json.dumps(event(notice, in_english(notice)))
