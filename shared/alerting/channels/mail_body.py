"""A Message as the two bodies of an email: plain text, and HTML that reads well on a phone."""

from __future__ import annotations

from shared.alerting.message import Button, Fact, Message
from shared.alerting.neutralise import html, plain

COLOURS = {
    "critical": "#b3261e",
    "high": "#c2410c",
    "medium": "#a16207",
    "low": "#1d4ed8",
    "informational": "#4b5563",
}

# Mail clients ignore style sheets, so every style is inline.
_PAGE = """\
<!doctype html>
<html lang="und">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin:0;padding:16px;background:#f3f4f6;\
font:16px/1.45 -apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif;color:#111827">
<div style="max-width:600px;margin:0 auto;background:#ffffff;border-radius:8px;\
border-top:6px solid {colour};padding:20px">
<span style="display:inline-block;background:{colour};color:#ffffff;border-radius:4px;\
padding:2px 8px;font-size:13px;font-weight:700">{badge}</span>
<h1 style="margin:10px 0 16px;font-size:21px;line-height:1.3">{name}</h1>
{facts}
{buttons}
{links}
{small_print}
</div>
</body>
</html>
"""
_FACT = """\
<div style="margin:0 0 12px"><div style="color:#6b7280;font-size:13px">{label}</div>
<div style="overflow-wrap:anywhere">{lines}</div></div>"""
_BUTTON = """\
<a href="{url}" style="display:block;margin-top:{gap}px;padding:11px;background:{background};color:{text};\
border:1px solid {colour};border-radius:6px;text-align:center;text-decoration:none;\
font-weight:700">{label}</a>"""

_LINKS = """\
<div style="margin:14px 0 20px;text-align:center">{links}</div>"""
_LINK = """\
<a href="{url}" style="color:#1d4ed8;white-space:nowrap">{label}</a>"""

_PRESSED = ("do", "ack")  # what a thumb should find; the other links stand below
_SMALL_PRINT = ("account", "rule", "incident", "id", "source")  # below what one presses


def text_body(message: Message) -> str:
    """The plain text part; its only links are the buttons'."""
    facts = [f"{fact.label}:{_indented([plain(line) for line in fact.lines])}" for fact in message.facts]
    links = [f"{button.label}: {button.url}" for button in message.buttons]
    told = [message.body] if message.body else facts
    return "\n".join([plain(message.title), "", *told, *links, ""])


def html_body(message: Message) -> str:
    """The HTML part; its only links are the buttons."""
    colour = COLOURS.get(message.level, COLOURS["informational"])
    pressed = [button for button in message.buttons if button.key in _PRESSED]
    others = [button for button in message.buttons if button.key not in _PRESSED]
    return _PAGE.format(
        colour=colour,
        badge=html(message.badge),
        name=html(message.heading),
        facts="\n".join(_fact(fact) for fact in message.facts if fact.key not in _SMALL_PRINT),
        buttons="\n".join(_button(b, colour, is_first=b is pressed[0]) for b in pressed),
        links=_LINKS.format(links=" · ".join(map(_link, others))) if others else "",
        small_print="\n".join(_fact(fact) for fact in message.facts if fact.key in _SMALL_PRINT),
    )


def _indented(lines: list[str]) -> str:
    return f" {lines[0]}" if len(lines) == 1 else "".join(f"\n  - {line}" for line in lines)


def _fact(fact: Fact) -> str:
    lines = "<br>".join(html(line) for line in fact.lines)
    return _FACT.format(label=html(fact.label), lines=lines)


def _link(button: Button) -> str:
    return _LINK.format(url=button.url.replace("&", "&amp;"), label=html(button.label))


def _button(button: Button, colour: str, is_first: bool) -> str:
    """The first one is filled, the others are outlined."""
    return _BUTTON.format(
        url=button.url.replace("&", "&amp;"),
        colour=colour,
        background=colour if is_first else "#ffffff",
        text="#ffffff" if is_first else colour,
        gap=20 if is_first else 8,
        label=html(button.label),
    )
