"""The report of an audit as one self-contained page, which a manager would read. Nothing in it is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from string import Template

from shared.alerting.neutralise import plain
from shared.cli.auditing.assessment import Assessed, Chapter, Finding, total
from shared.cli.auditing.last_time import Compared
from shared.cli.auditing.table import WORDS

MOST_NAMED = 50
"""Resources that one finding names."""


def page(chapters: list[Chapter], compared: Compared, account_id: str, now: datetime) -> str:
    """The page as HTML. Everything that comes from the account is escaped."""
    whole = total(chapters)
    return _PAGE.substitute(
        account=_text(account_id),
        time=f"{now:%Y-%m-%d %H:%M} UTC",
        score="–" if whole.score is None else whole.score,
        fail=whole.count("fail"),
        unknown=whole.count("unknown"),
        passed=whole.count("pass"),
        since=_since(compared),
        overview="".join(map(_row, chapters)),
        chapters="".join(_chapter(chapter, compared) for chapter in chapters),
    )


def _since(compared: Compared) -> str:
    if compared.is_first:
        return "This is the first audit; the next one is compared with it."
    return f"Since the last audit: {len(compared.new)} new findings, {len(compared.gone)} gone."


def _row(chapter: Chapter) -> str:
    score = chapter.score
    bar = "" if score is None else f'<span class="bar"><i style="width:{score}%"></i></span>'
    told = "–" if score is None else f"{score} %"
    counts = "".join(f"<td>{chapter.count(status)}</td>" for status in ("fail", "unknown", "pass"))
    link = f'<a href="#{_anchor(chapter)}">{_text(chapter.title)}</a>'
    return f"<tr><td>{link}</td><td>{bar} {told}</td>{counts}</tr>"


def _chapter(chapter: Chapter, compared: Compared) -> str:
    rules = "".join("".join(_rule(assessed, compared)) for assessed in chapter.rules)
    return f'<section id="{_anchor(chapter)}"><h2>{_text(chapter.title)}</h2>{rules}</section>'


def _rule(assessed: Assessed, compared: Compared) -> Iterator[str]:
    rule, status = assessed.rule, assessed.status
    lead = "No finding: " if status == "pass" else ""
    yield f'<article class="{status}"><h3><b>{WORDS[status]}</b> {lead}{_text(rule.title)}'
    yield f" <small>{rule.level} · {_text(rule.name)}</small></h3>"
    if status in ("fail", "unknown"):
        yield f"<p>{_text(rule.description)}</p>"
        yield _list(assessed.failed, rule.name, compared)
        yield _list(assessed.unknown, rule.name, compared, "Not seen: ")
        if rule.fix and assessed.failed:
            yield f"<p><b>What to do:</b> {_text(rule.fix)}</p>"
    elif status == "pass":
        yield f"<p>{assessed.passed} looked at.</p>"
    yield "</article>"


def _list(findings: Iterable[Finding], rule: str, compared: Compared, lead: str = "") -> str:
    found = list(findings)
    lines = [_item(finding, rule, compared, lead) for finding in found[:MOST_NAMED]]
    more = [f"<li>and {len(found) - MOST_NAMED} more</li>"] if len(found) > MOST_NAMED else []
    return f"<ul>{''.join([*lines, *more])}</ul>" if lines else ""


def _item(finding: Finding, rule: str, compared: Compared, lead: str) -> str:
    mark = " <em>new</em>" if f"{rule}: {finding.name}" in compared.new else ""
    why = f" – {_text(finding.why)}" if finding.why else ""
    return f"<li>{lead}<code>{_text(finding.name)}</code>{why}{mark}</li>"


def _anchor(chapter: Chapter) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in chapter.title.lower())


def _text(text: str) -> str:
    return escape(plain(text))


_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Trailguard audit of $account</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;color:#1c2430;background:#f4f6f8;margin:0}
main{max-width:56rem;margin:0 auto;padding:1.5rem}
header,section,table{background:#fff;border-radius:10px;padding:1.25rem 1.5rem;margin:0 0 1rem;
box-shadow:0 1px 3px #0001}
h1{margin:0 0 .25rem;font-size:1.5rem}h2{margin:0 0 .75rem;font-size:1.15rem}h3{margin:0;font-size:1rem}
.score{font-size:3rem;font-weight:700;line-height:1.1}.counts span{margin-right:1.5rem}
table{width:100%;border-collapse:collapse}
td,th{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #e6eaee}
td:nth-child(n+3),th:nth-child(n+3){text-align:right}
.bar{display:inline-block;width:7rem;height:.6rem;background:#e6eaee;border-radius:.3rem;vertical-align:middle}
.bar i{display:block;height:100%;background:#2e7d4f;border-radius:.3rem}
article{border-left:4px solid #cfd6dd;padding:.4rem 0 .4rem .9rem;margin:.6rem 0}
article p,article ul{margin:.3rem 0}small{color:#5b6673;font-weight:400}
.fail{border-color:#c0362c}.fail h3 b{color:#c0362c}.unknown{border-color:#b7791f}.unknown h3 b{color:#b7791f}
.pass{border-color:#2e7d4f}.pass h3 b{color:#2e7d4f}.none{opacity:.55}
code{background:#eef1f4;padding:.05rem .3rem;border-radius:4px;overflow-wrap:anywhere}
em{background:#c0362c;color:#fff;font-style:normal;font-size:.75rem;padding:.05rem .4rem;border-radius:4px}
@media print{body{background:#fff}header,section,table{box-shadow:none}}
</style></head><body><main>
<header><h1>Security audit of the account $account</h1><p>$time. $since</p>
<div class="score">$score<small> / 100</small></div>
<p class="counts"><span><b>$fail</b> failed</span><span><b>$unknown</b> unknown</span>
<span><b>$passed</b> passed</span></p>
<p>The score is the share of rules that pass, of those that had something to look at. What could not be seen
does not pass.</p></header>
<table><tr><th>Area</th><th>Score</th><th>Failed</th><th>Unknown</th><th>Passed</th></tr>$overview</table>
$chapters
</main></body></html>
""")
