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


def text_body(message: Message) -> str:
    """The plain text part; its only links are the buttons'."""
    facts = [f"{fact.label}:{_indented([plain(line) for line in fact.lines])}" for fact in message.facts]
    links = [f"{button.label}: {button.url}" for button in message.buttons]
    told = [message.body] if message.body else facts
    return "\n".join([plain(message.title), "", *told, *links, ""])


def html_body(message: Message) -> str:
    """The HTML part; its only links are the buttons."""
    colour = COLOURS.get(message.level, COLOURS["informational"])
    return _PAGE.format(
        colour=colour,
        badge=html(message.badge),
        name=html(message.heading),
        facts="\n".join(map(_fact, message.facts)),
        buttons="\n".join(
            _button(button, colour, is_first=button is message.buttons[0]) for button in message.buttons
        ),
    )


def _indented(lines: list[str]) -> str:
    return f" {lines[0]}" if len(lines) == 1 else "".join(f"\n  - {line}" for line in lines)


def _fact(fact: Fact) -> str:
    lines = "<br>".join(html(line) for line in fact.lines)
    return _FACT.format(label=html(fact.label), lines=lines)


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
