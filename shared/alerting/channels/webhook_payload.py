"""The JSON of a webhook: our own, whole; or Alertmanager's, for receivers that know that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from shared.alerting.alert import Alert
from shared.alerting.links import Links
from shared.alerting.matchers import labels_of
from shared.alerting.message import MAX_LINE
from shared.alerting.neutralise import capped, plain
from shared.alerting.notice import Notice

Payload = Callable[[Notice], dict[str, Any]]

NEVER = "0001-01-01T00:00:00Z"  # what Alertmanager writes for an alert that has not ended


def standard(notice: Notice) -> dict[str, Any]:
    """The whole notice as it is: a program reads it, so nothing is cut or neutralised."""
    return {"type": f"trailguard.{notice.kind}", "timestamp": _rfc3339(notice.last), "data": notice.to_dict()}


def alertmanager(receiver: str, links: Links) -> Payload:
    """Version 4 of Alertmanager's webhook (prometheus.io/docs/alerting/latest/configuration/#webhook_config):
    one group is one incident. Its receivers put texts into their own markup as they are, so each is one line
    without control characters and bare URLs."""
    return partial(_version_4, receiver, links)


def _version_4(receiver: str, links: Links, notice: Notice) -> dict[str, Any]:
    alerts = [_alert(alert, notice, links) for alert in notice.alerts]
    return {
        "version": "4",
        "groupKey": notice.incident or notice.id,
        "truncatedAlerts": max(notice.count - len(alerts), 0),
        "status": _status(notice),
        "receiver": receiver,
        "groupLabels": {},
        "commonLabels": _common([alert["labels"] for alert in alerts]),
        "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
        "externalURL": "",
        "alerts": alerts,
    }


def _alert(alert: Alert, notice: Notice, links: Links) -> dict[str, Any]:
    status = "resolved" if alert.status == "resolved" else _status(notice)
    ended = alert.time if alert.status == "resolved" else notice.last
    found = {link.key: link.url for link in links(notice) if link.is_safe} if alert is notice.alert else {}
    is_drill = alert.mode == "drill"
    labels = {
        "alertname": alert.rule,
        "severity": "informational" if is_drill else alert.level,
        "drill": "true" if is_drill else "",
        **labels_of(alert),
    }
    annotations = {
        "summary": f"DRILL: {alert.summary}" if is_drill else alert.summary,
        "reasons": "; ".join(alert.reasons),
        "confirmation": alert.confirmation,
        "note": notice.note,
    }
    return {
        "status": status,
        "labels": _cleaned(labels),
        "annotations": {**_cleaned(annotations), **({"runbook_url": found["do"]} if "do" in found else {})},
        "startsAt": _rfc3339(alert.time),
        "endsAt": _rfc3339(ended) if status == "resolved" else NEVER,
        "generatorURL": found.get("query", ""),
        "fingerprint": alert.finding or alert.id,
    }


def _status(notice: Notice) -> str:
    return "resolved" if notice.state == "closed" else "firing"


def _common(each: list[dict[str, str]]) -> dict[str, str]:
    return {key: value for key, value in each[0].items() if all(one.get(key) == value for one in each)}


def _cleaned(texts: dict[str, str]) -> dict[str, str]:
    return {key: capped(plain(text), MAX_LINE) for key, text in texts.items() if text}


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
