"""The page behind a link in a message: small, readable on a phone, without a script or anything fetched.

All that is shown is escaped here, in one place; only our own words and forms are markup.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from shared.alerting.neutralise import capped, html
from shared.alerting.wording import Language

MAX_TEXT = 300
MAX_NAME = 40

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1c1e21;--soft:#667;--line:#d8dbe0;--act:#1558d6}
@media(prefers-color-scheme:dark){:root{--paper:#17191c;--ink:#eceef1;--soft:#9aa3ad;--line:#383d44;--act:#3b7cf0}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 20px;max-width:32rem;background:var(--paper);color:var(--ink);
font:17px/1.5 system-ui,-apple-system,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
header{color:var(--soft);font-size:14px}
h1{font-size:22px;line-height:1.3;margin:6px 0 16px;overflow-wrap:anywhere}
p{margin:0 0 16px;overflow-wrap:anywhere}
dl{margin:0 0 20px;border-top:1px solid var(--line)}
dl div{padding:8px 0;border-bottom:1px solid var(--line)}
dt{color:var(--soft);font-size:14px}
dd{margin:0;overflow-wrap:anywhere}
label{display:block;color:var(--soft);font-size:14px;margin-bottom:16px}
input{display:block;width:100%;margin-top:4px;padding:12px;font:inherit;font-size:17px;color:var(--ink);background:0;
border:1px solid var(--line);border-radius:8px}
button{display:block;width:100%;min-height:52px;margin-bottom:12px;padding:12px;font:inherit;font-weight:600;
color:#fff;background:var(--act);border:0;border-radius:8px}
""".strip()

HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; "
    f"style-src 'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
"""Nothing is kept, indexed, framed, fetched or run, and no address that holds a token is passed on."""


@dataclass(frozen=True)
class Page:
    """What is shown: `facts` are labelled answers; `buttons`, each a value with its label, make a form that
    posts the value as `do`, and asks for a name by the label `ask`."""

    title: str
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()
    ask: str = ""


def render(page: Page, language: Language) -> str:
    """The page as HTML."""
    title = _shown(page.title)
    parts = [
        f"<header>Trailguard</header><h1>{title}</h1>",
        f"<p>{_shown(page.text)}</p>" if page.text else "",
        _facts(page.facts),
        _form(page) if page.buttons else "",
    ]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _facts(facts: tuple[tuple[str, str], ...]) -> str:
    told = [f"<div><dt>{_shown(label)}</dt><dd>{_shown(text)}</dd></div>" for label, text in facts if text]
    return f"<dl>{''.join(told)}</dl>" if told else ""


def _form(page: Page) -> str:
    buttons = [
        f'<button name="do" value="{html(value)}">{_shown(label)}</button>' for value, label in page.buttons
    ]
    name = f'<input name="name" maxlength="{MAX_NAME}" autocomplete="name">'
    return f'<form method="post"><label>{_shown(page.ask)}{name}</label>{"".join(buttons)}</form>'


def _shown(text: str) -> str:
    return html(capped(text, MAX_TEXT))
