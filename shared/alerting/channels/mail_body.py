"""A Message as the two bodies of an email: plain text, and HTML that reads well on a phone."""

from __future__ import annotations

from shared.alerting.message import Fact, Message
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
{button}
</div>
</body>
</html>
"""
_FACT = """\
<div style="margin:0 0 12px"><div style="color:#6b7280;font-size:13px">{label}</div>
<div style="overflow-wrap:anywhere">{lines}</div></div>"""
_BUTTON = """\
<a href="{link}" style="display:block;margin-top:20px;padding:12px;background:{colour};color:#ffffff;\
border-radius:6px;text-align:center;text-decoration:none;font-weight:700">{label}</a>"""


def text_body(message: Message) -> str:
    """The plain text part; the runbook's address is its only link."""
    facts = [f"{fact.label}:{_indented(answer(fact, message.link))}" for fact in message.facts]
    return "\n".join([plain(message.title), "", *facts, ""])


def answer(fact: Fact, link: str) -> list[str]:
    """The lines that answer `fact` in plain text: for what to do, the runbook's `link` if there is one."""
    return [link] if fact.key == "do" and link else [plain(line) for line in fact.lines]


def html_body(message: Message) -> str:
    """The HTML part; the runbook's address is its only link, a button instead of a fact."""
    facts = [fact for fact in message.facts if fact.key != "do" or not message.link]
    colour = COLOURS.get(message.level, COLOURS["informational"])
    return _PAGE.format(
        colour=colour,
        badge=html(message.badge),
        name=html(message.name),
        facts="\n".join(map(_fact, facts)),
        button=_button(message, colour),
    )


def _indented(lines: list[str]) -> str:
    return f" {lines[0]}" if len(lines) == 1 else "".join(f"\n  - {line}" for line in lines)


def _fact(fact: Fact) -> str:
    lines = "<br>".join(html(line) for line in fact.lines)
    return _FACT.format(label=html(fact.label), lines=lines)


def _button(message: Message, colour: str) -> str:
    if not message.link:
        return ""
    link = message.link.replace("&", "&amp;").replace('"', "&quot;")
    return _BUTTON.format(link=link, colour=colour, label=html(message.label("do")))
