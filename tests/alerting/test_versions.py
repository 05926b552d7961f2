"""What a newer version has written is read by an older one: a roll-back loses no incident."""

from __future__ import annotations

import json

from shared.alerting.alert import Alert
from shared.alerting.incident import announce, decoded, encoded, fold, opened
from shared.alerting.notice import Entry, Notice, notice_of
from tests.alerting.conftest import START


def test_an_incident_with_keys_of_a_newer_version_is_read(make_alert) -> None:
    incident = announce(fold(opened("k", "on-call", {"rule": "r"}, START), [make_alert(1)]), "first", START)
    newer = {**json.loads(encoded(incident)), "mood": "calm"}
    newer["outgoing"][0]["mood"] = "calm"
    newer["alerts"][0]["mood"] = "calm"
    assert decoded(json.dumps(newer).encode()) == incident


def test_a_digest_with_keys_of_a_newer_version_is_read(make_alert) -> None:
    entry = Entry("i", "high", "t", "a", "r", 2)
    data = notice_of(make_alert(1)).to_dict() | {"entries": [{**vars(entry), "mood": "calm"}]}
    assert Notice.from_dict(data).entries == (entry,)


def test_an_alert_of_an_older_version_is_read(make_alert) -> None:
    older = make_alert(1).to_dict()
    for name in ("status", "finding", "confirmation", "title_zh", "summary_zh"):
        del older[name]
    assert Alert.from_dict(older) == make_alert(1)
