"""Event text is hostile: each function makes it safe to show in one place, as one line.

Nothing that comes out can be clicked, fetched, mentioned or obeyed; only our own code emits links.
"""

from __future__ import annotations

import html as markup
import re

# Default_Ignorable_Code_Point (Unicode DerivedCoreProperties) less what `isprintable` already refuses,
# and the blank Braille cell: characters that show nothing and so can hide or split a word.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_WEB_NAME = re.compile(r"(?i)(www)\.")

# What the markdown of a chat, an HTML entity or a mention (`@all`, `<@all>`, `<!channel>`, `<at id=all>`) can
# begin with, as its full-width look-alike. Backslash escapes are documented for none of DingTalk ("Custom
# robot access", open.dingtalk.com), Feishu and WeCom.
_ACTIVE = "[]()<>`*_#!~|\\@&"
_LOOK_ALIKES = {ord(active): chr(ord(active) + 0xFEE0) for active in _ACTIVE}
_ANGLES = {ord(active): chr(ord(active) + 0xFEE0) for active in "<>&@"}


def plain(text: str) -> str:
    """One line without control, bidi or zero-width characters or lone surrogates, and no bare URL.

    A URL is written `https[:]//…`, as incident reports do, since terminals and mail clients turn bare
    ones into links.
    """
    shown = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)
    line = " ".join(_INVISIBLE.sub("", shown).split())
    return _WEB_NAME.sub(r"\1[.]", line.replace("://", "[:]//"))


def unmarked(text: str) -> str:
    """`plain`, with every character that a chat's markdown knows replaced by its full-width look-alike."""
    return plain(text).translate(_LOOK_ALIKES)


def unmentioned(text: str) -> str:
    """`plain`, without what a mention or an entity needs: for places that read no markdown."""
    return plain(text).translate(_ANGLES)


def html(text: str) -> str:
    """`plain`, escaped for HTML text and for quoted attributes."""
    return markup.escape(plain(text), quote=True)


def capped(text: str, limit: int) -> str:
    """`text`, or its first characters and an ellipsis: `limit` characters at most."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
