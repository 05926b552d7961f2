from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.alerting.neutralise import capped, html, plain, unmarked, unmentioned

NASTY = [
    *["[phish](https://evil.example)", "![](http://tracker.example/p.png)", "<img src=x onerror=alert(1)>"],
    *[
        "# resolved",
        "\n## all clear\n",
        "> quote",
        "**bold**",
        "`code`",
        "~~gone~~",
        "a | b",
        "\\",
        "&lt;b&gt;",
    ],
    *[
        "@13800000000",
        "@所有人",
        "@all",
        "<https://evil.example>",
        "https://evil.example",
        "WWW.evil.example",
    ],
    *["www\u200b.evil.example", "https:\u200b//evil.example", "dingtalk://dingtalkclient/page/link?url=x"],
    *[
        "\r\nBcc: x@example.com",
        "\x1b[2J\x1b]8;;https://evil.example\x07here",
        "\u202etxt.exe",
        "\u2066a\u2069",
    ],
    *[
        "\ud800",
        "\x00",
        "\u2028",
        "\u2029",
        "\u3164",
        "\ufeff",
        "\U000e0041",
        "://",
        "wwwwww..",
        '" onclick="x',
    ],
    *["Ｗ", "[:]//", "www[.]", "hTTps://", "::////", "---", "1. ", "- "],
]
text = st.lists(st.sampled_from(NASTY) | st.text(), max_size=6).map("".join)


@given(text)
def test_plain_is_one_visible_line(given_text):
    line = plain(given_text)
    assert line.isprintable()
    assert line == line.strip()
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(text)
def test_plain_leaves_nothing_to_click(given_text):
    line = plain(given_text).lower()
    assert "://" not in line
    assert "www." not in line


@given(text)
def test_plain_twice_is_plain_once(given_text):
    assert plain(plain(given_text)) == plain(given_text)


@given(text)
def test_unmarked_text_holds_no_active_character(given_text):
    assert not set(unmarked(given_text)) & set("[]()<>`*_#!~|\\@&\r\n")


@given(text)
def test_unmentioned_text_holds_nothing_that_a_mention_needs(given_text):
    assert not set(unmentioned(given_text)) & set("<>&@\r\n")


@given(text, text)
def test_a_markdown_parser_finds_only_our_own_constructs(name, value):
    """markdown-it stands in for the chats' own parsers, which are not published."""
    tokens = (
        MarkdownIt("commonmark")
        .enable("strikethrough")
        .parse(f"### {unmarked(name)}\n\n**Who**: {unmarked(value)}")
    )
    found = {token.type for block in tokens for token in [block, *(block.children or [])]}
    ours = {"heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text"}
    assert found <= ours | {"strong_open", "strong_close"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list]] = []
        self.data: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))

    def handle_data(self, data):
        self.data.append(data)


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    return tags


@given(text)
def test_html_text_holds_no_tag_and_reads_as_plain(given_text):
    seen = parsed(html(given_text))
    assert seen.tags == []
    assert "".join(seen.data) == plain(given_text)


@given(text)
def test_html_text_stays_inside_a_quoted_attribute(given_text):
    seen = parsed(f'<p title="{html(given_text)}"></p>')
    assert seen.tags == [("p", [("title", plain(given_text))])]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("bob\r\nBcc: eve", "bob Bcc: eve"),
        ("a\u202eb\u200bc", "abc"),
        ("张三 😀 résumé", "张三 😀 résumé"),
        ("https://evil.example/x", "https[:]//evil.example/x"),
        ("www.evil.example", "www[.]evil.example"),
        ("acs:ram::123:user/bob", "acs:ram::123:user/bob"),
        ("203.0.113.9", "203.0.113.9"),
        ("\x1b[31mred", "[31mred"),
    ],
)
def test_plain_by_example(raw, shown):
    assert plain(raw) == shown


def test_unmarked_by_example():
    assert unmarked("[open](https://x) @138 <b> a_b") == "［open］（https［:］//x） ＠138 ＜b＞ a＿b"


def test_a_capped_text_ends_with_an_ellipsis_only_when_cut():
    assert capped("abcd", 4) == "abcd"
    assert capped("abcde", 4) == "abc…"
