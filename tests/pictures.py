"""Pictures for docs/: `python -m tests.pictures`, with chromium on the PATH. Not in CI.

Of messages, and of the page that `trailguard audit --html` writes, of an account in the local cloud. The mail
is the real HTML. DingTalk and Feishu publish no renderer, so a page of our own shows the real
payload in their manner, and says that it does.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt

from shared.alerting.alert import Alert
from shared.alerting.channels.dingtalk import DingTalk
from shared.alerting.channels.feishu import Feishu
from shared.alerting.channels.mail_body import html_body
from shared.alerting.links import Link, chained, console_links, runbook_links
from shared.alerting.message import compose
from shared.alerting.notice import Entry, Notice, notice_of
from tests.cloud.openapi import Account, LocalOpenApi
from tests.cloud.openapi.oss import Buckets
from tests.cloud.openapi.products.ecs import Ecs
from tests.cloud.openapi.products.ram import Ram
from tests.cloud.openapi.products.slb import Slb

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "messages"
MAX_BYTES = 150_000

ALERT = Alert(
    id="9f3c2a41d07be1c09d214be1c09d21ac",
    rule="actiontrail-stopped-or-deleted",
    title="ActionTrail was switched off",
    level="critical",
    source="actiontrail",
    account_id="1234567890123456",
    time=datetime(2026, 11, 22, 19, 4, 5, tzinfo=timezone.utc),
    summary="mallory (ram-user) called StopLogging on trail main from 203.0.113.9",
    event_ids=("A5A4BB74-EFBC-5D8B-BD8A-1B9131429438",),
    actor="mallory (ram-user)",
    action="Actiontrail:StopLogging",
    address="203.0.113.9",
    region="cn-hangzhou",
    resource="acs:actiontrail:cn-hangzhou:1234567890123456:trail/main",
    reasons=("eventName is StopLogging", "serviceName is Actiontrail"),
    runbook="runbooks/actiontrail-switched-off.md",
    origin="trailguard/actiontrail_main/0@MTc2Mzg2NDY0NQ==",
    title_zh="操作审计被关闭",
    summary_zh="mallory (ram-user) 从 203.0.113.9 对跟踪 main 调用 StopLogging（success）",
)
FIRST = notice_of(ALERT)
LATER = Alert.from_dict({**ALERT.to_dict(), "id": "b" * 32, "title": "Access key made", "level": "high",
                         "title_zh": "创建了访问密钥",
                         "resource": "acs:ram::1234567890123456:user/backup"})  # fmt: skip
UPDATE = Notice("4be1c09d21-2", "update", "4be1c09d21", (ALERT, LATER, LATER), 12, 5, ALERT.time,
                ALERT.time + timedelta(minutes=9))  # fmt: skip
DIGEST = Notice(
    "digest-1", "digest", "", (ALERT,), 57, 57, ALERT.time, ALERT.time + timedelta(minutes=1),
    entries=(
        Entry("1", "critical", "ActionTrail was switched off", "mallory (ram-user)", "trail/main", 1,
              "操作审计被关闭"),
        Entry("2", "high", "Security group opened to the world", "deploy (role)", "sg-bp1fg655nh68xyz9", 14,
              "安全组向公网开放"),
        Entry("3", "high", "Access key made", "mallory (ram-user)", "user/backup", 2, "创建了访问密钥"),
        Entry("4", "medium", "Bucket made public", "alice (ram-user)", "oss-web-assets", 40,
              "存储空间被公开"),
    ),
)  # fmt: skip


def answers(notice: Notice) -> tuple[Link, ...]:
    address = "https://respond.example.com/?t=1.9f3c2a41"
    return () if notice.kind == "digest" else (Link("ack", address), Link("silence", address))


LINKS = chained(runbook_links("https://git.example.com/alerts"), answers, console_links("aliyun.com"))
ENGLISH = partial(compose, language="en", timezone=ZoneInfo("Asia/Shanghai"), links=LINKS)
CHINESE = partial(compose, language="zh", timezone=ZoneInfo("Asia/Shanghai"), links=LINKS)

PAGE = """<!doctype html><meta charset="utf-8"><style>
* { box-sizing: border-box } body { margin: 0; padding: 14px; width: 390px; background: #ebedf0;
font: 14px/1.5 -apple-system, 'Noto Sans CJK SC', 'Noto Sans', sans-serif; color: #171a1d }
.says { color: #8a8f99; font-size: 11px; margin: 0 0 10px } .card { background: #fff; border-radius: 8px;
overflow: hidden; margin-bottom: 14px } .in { padding: 12px 14px; overflow-wrap: anywhere }
h3 { font-size: 16px; margin: 0 0 8px } p { margin: 0 0 6px } a { color: #1677ff; text-decoration: none }
.b { display: block; text-align: center; padding: 10px; border-top: 1px solid #eceff3 }
.head { padding: 10px 14px; font-weight: 700; color: #fff } .red { background: #f54a45 }
.orange { background: #ed6d0c } .yellow { background: #dc9b04 } .grey { background: #8f959e }
.btn { display: inline-block; padding: 4px 12px; border: 1px solid #d0d3d6; border-radius: 6px;
margin-right: 8px; color: #1f2329 } .primary { border-color: #3370ff; color: #3370ff }
</style><p class="says">"""


def main() -> int:
    """Makes every picture. 1 when one is larger than it may be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pages = {
        "email-phone": (html_body(ENGLISH(FIRST)), 390, 1170),
        "email-update-phone": (html_body(CHINESE(UPDATE)), 390, 1430),
        "dingtalk": (page("DingTalk", dingtalk(FIRST)), 390, 770),
        "dingtalk-update-and-digest": (page("DingTalk", dingtalk(UPDATE), dingtalk(DIGEST)), 390, 1370),
        "feishu": (page("Feishu", feishu(FIRST), feishu(DIGEST)), 390, 1030),
    }
    made = [picture(FOLDER / f"{name}.png", *how) for name, how in pages.items()]
    made.append(picture(FOLDER.parent / "audit.png", audit(), 860, 1000))
    print("\n".join(f"{path.name}: {path.stat().st_size} bytes" for path in made))
    return int(any(path.stat().st_size > MAX_BYTES for path in made))


def page(service: str, *cards: str) -> str:
    told = f"Not a screenshot: the real payload, drawn by Trailguard in the manner of {service}."
    return f"{PAGE}{told}</p>{''.join(cards)}"


def dingtalk(notice: Notice) -> str:
    robot = DingTalk("token", "", CHINESE)
    payload = json.loads(robot._rich(CHINESE(notice)))
    content: dict[str, Any] = payload[payload["msgtype"]]
    pressed = content.get("btns", [])
    if "singleTitle" in content:
        pressed = [{"title": content["singleTitle"], "actionURL": content["singleURL"]}]
    buttons = "".join(f'<a class="b">{html.escape(button["title"])}</a>' for button in pressed)
    text = MarkdownIt("commonmark").render(content["text"])
    return f'<div class="card"><div class="in">{text}</div>{buttons}</div>'


def feishu(notice: Notice) -> str:
    card = json.loads(Feishu("https://open.feishu.cn/x", "", CHINESE)._card(CHINESE(notice)))["card"]
    header = card["header"]
    title = html.escape(header["title"]["content"])
    body = "".join(map(_element, card["elements"]))
    head = f'<div class="head {header["template"]}">{title}</div>'
    return f'<div class="card">{head}<div class="in">{body}</div></div>'


def _element(element: dict[str, Any]) -> str:
    if element["tag"] == "action":
        return "".join(
            f'<span class="btn {button["type"]}">{html.escape(button["text"]["content"])}</span>'
            for button in element["actions"]
        )
    text = MarkdownIt("commonmark", {"breaks": True}).render(element["text"]["content"])
    return re.sub(r"<(/?)ul>|<(/?)li>", "", text)


def audit() -> str:
    """The page of an account with a flaw here and there."""
    with LocalOpenApi() as openapi, tempfile.TemporaryDirectory() as folder:
        flawed(openapi.account)
        keys = openapi.credentials
        environment = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": keys.security_token,
            "XDG_STATE_HOME": folder,
            **openapi.environment(),
        }
        written = Path(folder) / "audit.html"
        command = [sys.executable, "-m", "shared.cli.main", "audit", "--html", str(written)]
        subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)
        return written.read_text(encoding="utf-8")


def flawed(account: Account) -> None:
    ram = account[Ram]
    ram.user("alice", console=True, mfa=True)
    ram.user("bob", console=True)
    ram.user("deployer").key("LTAI5tExample1")
    ram.group("admins", "bob", policies=("AdministratorAccess",))
    account[Buckets].add("www", acl="public-read")
    account[Ecs].group("sg-web").lets("22/22")
    account[Slb].balancer("lb-1")
    account[Slb].https("lb-1", "tls_cipher_policy_1_0")


def picture(path: Path, content: str, width: int, height: int) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(content, encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--window-size={width},{height}", f"--screenshot={path}", source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return path


if __name__ == "__main__":
    sys.exit(main())
