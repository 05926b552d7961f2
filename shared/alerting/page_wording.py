"""What the page behind a link says, in the languages of the teams that read it; our own words alone."""

from __future__ import annotations

from shared.alerting.wording import Language, Words

SENTENCES: dict[str, Words] = {
    "acknowledge": {"en": "Acknowledge: I am on it", "zh": "确认：由我处理"},
    "silence-1h": {"en": "Silence for 1 hour", "zh": "静默 1 小时"},
    "silence-4h": {"en": "Silence for 4 hours", "zh": "静默 4 小时"},
    "silence-24h": {"en": "Silence for 24 hours", "zh": "静默 24 小时"},
    "who are you": {
        "en": "Who are you? (optional, told in the channel)",
        "zh": "您是谁？（可选，将在群内告知）",
    },
    "named": {"en": "{name} (by link, from {address})", "zh": "{name}（通过链接，来自 {address}）"},
    "nameless": {"en": "someone with the link, from {address}", "zh": "持有链接者（来自 {address}）"},
    "times": {"en": "{count} so far, the last at {last}", "zh": "累计 {count} 条，最近 {last}"},
    "acknowledged": {
        "en": "Acknowledged. The channel hears of it within a minute.",
        "zh": "已确认，一分钟内会在群内告知。",
    },
    "already": {"en": "Acknowledged already, by {person}.", "zh": "{person} 此前已确认。"},
    "silenced": {
        "en": "Silenced until {until} by {person}: {what}. Nobody is told of such alerts meanwhile.",
        "zh": "{person} 已静默至 {until}：{what}。期间此类告警不再通知。",
    },
    "silence over": {
        "en": "This silence ended at {until}. A later message, or `trailguard silence`, makes another.",
        "zh": "该静默已于 {until} 结束。请使用新消息中的链接，或 `trailguard silence`。",
    },
    "refused": {"en": "This link does not work (any more)", "zh": "链接无效或已过期"},
    "refused: why": {
        "en": "Links work for 24 hours. Use a newer message, or `trailguard ack` on the command line.",
        "zh": "链接 24 小时内有效。请使用新消息中的链接，或命令行 `trailguard ack`。",
    },
    "gone": {"en": "This incident is over", "zh": "该事件已结束"},
    "gone: why": {"en": "There is nothing left to answer here.", "zh": "无需再处理。"},
    "wrong method": {"en": "Not that way", "zh": "请求方式不支持"},
    "wrong method: why": {"en": "GET shows, POST acts.", "zh": "GET 查看，POST 操作。"},
    "malformed": {"en": "This could not be read", "zh": "无法解析请求"},
    "malformed: why": {"en": "Open the link in the message again.", "zh": "请重新打开消息中的链接。"},
    "away": {"en": "This can't be answered right now", "zh": "暂时无法处理"},
    "away: why": {
        "en": "Nothing was changed for certain. Try again in a minute, or on the command line.",
        "zh": "操作未必生效。请一分钟后重试，或使用命令行。",
    },
}


def said(word: str, language: Language, /, **values: object) -> str:
    """One of SENTENCES, filled in."""
    return SENTENCES[word][language].format(**values)
