from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.alerting.alert import Alert
from shared.alerting.links import Link, chained, console_links, no_links, runbook_links
from shared.alerting.notice import notice_of

ALERT = Alert(
    id="1",
    rule="key-made",
    title="Key made",
    level="high",
    source="actiontrail",
    account_id="1234567890123456",
    time=datetime(2026, 11, 2, 18, 30, tzinfo=timezone.utc),
    summary="",
    event_ids=("A5A4BB74-EFBC",),
    actor="bob",
    region="cn-hangzhou",
    runbook="runbooks/key.md",
    origin="my-trail/actiontrail_main/0@MTc=",
)


def links(domain: str = "aliyun.com", **changes) -> dict[str, str]:
    return {link.key: link.url for link in console_links(domain)(notice_of(replace(ALERT, **changes)))}


def query(url: str) -> str:
    return base64.b64decode(parse_qs(urlsplit(url).query)["queryString"][0]).decode()


def test_the_log_is_searched_for_the_event_and_its_actor_an_hour_around_it():
    url = urlsplit(links()["query"])
    assert (url.netloc, url.path) == (
        "sls.console.aliyun.com",
        "/lognext/project/my-trail/logsearch/actiontrail_main",
    )
    told = parse_qs(url.query)
    assert int(told["endTime"][0]) - int(told["startTime"][0]) == 7200
    assert (told["queryTimeType"], told["encode"]) == (["99"], ["base64"])
    assert query(links()["query"]) == '"A5A4BB74-EFBC" or "bob"'


def test_the_event_page_is_the_one_of_its_region():
    expected = "https://actiontrail.console.alibabacloud.com/cn-hangzhou/event-list?eventId=A5A4BB74-EFBC"
    assert links("alibabacloud.com")["event"] == expected


@pytest.mark.parametrize("actor", ['bob" or *', "bob|select 1", "bob\\", "bob\nx", 'b"ob'])
def test_a_name_that_could_change_the_query_is_left_out_of_it(actor):
    assert query(links(actor=actor)["query"]) == '"A5A4BB74-EFBC"'


@pytest.mark.parametrize("origin", ["", "events.json:3", "../../x/0@1", "p/l/0", "UP/low/0@1", "a b/c/0@1"])
def test_what_was_read_elsewhere_has_no_log_to_search(origin):
    assert "query" not in links(origin=origin)


@pytest.mark.parametrize(
    "changes", [{"region": ""}, {"region": "../evil"}, {"source": "sshd"}, {"event_ids": ()}]
)
def test_what_is_no_event_of_a_region_has_no_page(changes):
    assert "event" not in links(**changes)


def test_no_console_no_links():
    assert links("") == {}


def test_whatever_the_event_says_its_links_are_safe_to_emit():
    hostile = {"event_ids": ("x)](https://evil <b>|",), "actor": "a\ud800b", "region": "cn-x"}
    found = console_links("aliyun.com")(notice_of(replace(ALERT, **hostile)))
    assert len(found) == 2
    assert all(link.is_safe for link in found)


def test_a_digest_leads_to_no_single_event():
    digest = replace(notice_of(ALERT), kind="digest")
    assert chained(console_links("aliyun.com"), runbook_links("https://git.example.com"))(digest) == ()


def test_links_come_in_the_order_of_their_makers():
    def mine(notice):
        return (Link("ack", "https://x/ack"),)

    found = chained(runbook_links("https://git.example.com/"), mine, no_links)(notice_of(ALERT))
    assert [link.url for link in found] == ["https://git.example.com/runbooks/key.md", "https://x/ack"]
