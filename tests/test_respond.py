"""Links in messages, followed: by people, by programs that look ahead, and by those who were not meant to.

The unpatched handler, with the events of an HTTP trigger, on a local Tablestore; and a real browser.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from functions import respond
from shared import wiring
from shared.alerting.alert import Alert
from shared.alerting.answers import answer_links, longest
from shared.alerting.channels.channel import Outcome
from shared.alerting.incident import ID_DIGITS, Incident
from shared.alerting.notice import Notice, notice_of
from shared.alerting.notify import Notifier
from shared.alerting.receivers import Target, Targets
from shared.alerting.tokens import Action, Grant, Keys
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.function_context import FunctionContext
from tests.cloud.http_gateway import Gateway, http_event
from tests.cloud.sls import LocalSls
from tests.cloud.tablestore import INSTANCE, Fault, TablestoreServer

SECRET = "a key that is long enough for a test"
CHROMIUM = "/usr/bin/chromium"
ROUTES = """
global: {language: LANGUAGE}
route: {receiver: on-call, group_by: [rule, actor]}
receivers: [{name: on-call}]
"""
HOSTILE = (
    '"><script>alert(1)</script>',
    "</title></style><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)",
    "javascript:alert(1)",
    "https://evil.example/ \u202egnp.exe",
    "{person} {0} %s",
    "\ud800\x00\x1b[31m",
    'quo"te\\',
)


class Phone:
    """The channel of the person on call: it notes what it is told."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def send(self, notice: Notice, deadline: float) -> Outcome:
        self.notices.append(notice)
        return Outcome.sent()


@dataclass
class Office:
    """A team with one channel, its store, and the function that answers links."""

    server: TablestoreServer
    folder: Path
    phone: Phone = field(default_factory=Phone)

    @property
    def notifier(self) -> Notifier:
        targets = Targets({"on-call": [Target("on-call/phone", self.phone)]})
        store = connect(self.server.endpoint, INSTANCE, "trailguard", lambda: LocalSls.credentials)
        return Notifier(wiring.routing(), targets, store)

    def tell(self, number: int = 1, **changes: Any) -> Incident:
        """An alert comes and is told; the incident that it is in."""
        alert = self.alert(number, **changes)
        return next(i for i in self.notifier.desk.incidents() if alert.id[-ID_DIGITS:] in i.known)

    def alert(self, number: int = 1, **changes: Any) -> Alert:
        """An alert comes."""
        now = datetime.now(timezone.utc)
        plain: dict[str, Any] = {
            "id": f"{number:032x}",
            "rule": "access-key-created",
            "title": "An access key was made",
            "level": "high",
            "source": "actiontrail",
            "account_id": "1234567890123456",
            "time": now,
            "summary": "mallory made an access key for bob",
            "event_ids": (f"event-{number}",),
            "actor": "mallory",
            "resource": "acs:ram::1234567890123456:user/bob",
        }
        alert = Alert(**{**plain, **changes})
        self.notifier.tell([alert], now.timestamp() + 60)
        return alert

    def incident(self) -> Incident:
        (only,) = self.notifier.desk.incidents()
        return only

    def flush(self) -> list[str]:
        """The timer's minute: the notes that went out."""
        before = len(self.phone.notices)
        self.notifier.flush(datetime.now(timezone.utc).timestamp() + 60)
        return [notice.note for notice in self.phone.notices[before:]]

    def remembered(self) -> list[Any]:
        """Every row of the store."""
        store = connect(self.server.endpoint, INSTANCE, "trailguard", lambda: LocalSls.credentials)
        return list(store.scan("", 10_000))


def call(method: str, token: str = "", form: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    event = http_event(
        method, {"t": token} if token else {}, urlencode(form or {}, errors="surrogatepass"), **changes
    )
    return respond.handler(event, FunctionContext())


def token_for(incident: Incident, action: Action = "ack", hours: float = 1, key: str = SECRET) -> str:
    ends = datetime.now(timezone.utc) + timedelta(hours=hours)
    return Keys.of(key).sign(Grant(incident.id, action, ends))


@pytest.fixture
def open_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Office]]:
    with TablestoreServer(LocalSls.credentials) as server:
        create_table(open_client(server.endpoint, INSTANCE, lambda: LocalSls.credentials), "trailguard")

        def begin(language: str = "en", routes: str = ROUTES) -> Office:
            alerts = tmp_path / "alerts"
            (alerts / "rules").mkdir(parents=True)
            (alerts / "routes.yml").write_text(routes.replace("LANGUAGE", language))
            settings = {
                "ALERTS_DIR": str(alerts),
                "TABLESTORE_ENDPOINT": server.endpoint,
                "TABLESTORE_INSTANCE": INSTANCE,
                "LINK_KEYS": SECRET,
            }
            for name, value in settings.items():
                monkeypatch.setenv(f"TRAILGUARD_{name}", value)
            wiring.load.cache_clear()
            return Office(server, tmp_path)

        yield begin
    wiring.load.cache_clear()


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office()


def test_looking_shows_the_incident_and_changes_nothing(office: Office) -> None:
    incident = office.tell()
    before = office.remembered()
    for method in ("GET", "HEAD", "GET"):  # a chat's preview, a mail gateway's scanner, a person
        for action in ("ack", "silence-24h"):
            shown = call(method, token_for(incident, action))
            assert shown["statusCode"] == 200
            assert "An access key was made" in shown["body"]
            assert 'method="post"' in shown["body"]
    assert office.remembered() == before
    assert office.flush() == []


def test_posting_acknowledges_and_the_channel_hears_of_it(office: Office) -> None:
    incident = office.tell()
    done = call("POST", token_for(incident), {"do": "ack", "name": "Li Wei"})
    assert (done["statusCode"], "Acknowledged." in done["body"]) == (200, True)
    assert office.incident().acknowledged_by == "Li Wei (by link, from 203.0.113.7)"
    assert office.flush() == ["Acknowledged by Li Wei (by link, from 203.0.113.7)"]


def test_who_gives_no_name_is_someone_with_the_link(office: Office) -> None:
    call("POST", token_for(office.tell()), {"do": "ack"})
    assert office.incident().acknowledged_by == "someone with the link, from 203.0.113.7"


def test_acknowledging_twice_says_who_was_first_and_is_told_once(office: Office) -> None:
    token = token_for(office.tell())
    call("POST", token, {"do": "ack", "name": "Li Wei"})
    for again in (call("POST", token, {"do": "ack", "name": "Ann"}), call("GET", token)):
        assert again["statusCode"] == 200
        assert "Acknowledged already, by Li Wei" in again["body"]
    assert "<form" not in call("GET", token)["body"]
    assert len(office.flush()) == 1
    assert office.flush() == []


def test_a_silence_by_link_covers_the_incidents_group_and_is_told(office: Office) -> None:
    incident = office.tell()
    done = call("POST", token_for(incident, "silence-24h"), {"do": "silence-4h", "name": "Ann"})
    assert (done["statusCode"], "Silenced until" in done["body"]) == (200, True)
    (silence,) = office.notifier.silences.all()
    assert list(map(str, silence.matchers)) == ['rule="access-key-created"', 'actor="mallory"']
    assert silence.ends - silence.starts == timedelta(hours=4)
    assert (silence.reason, silence.author) == ("from the message", "Ann (by link, from 203.0.113.7)")
    (note,) = office.flush()
    assert note.startswith("Silenced by Ann (by link, from 203.0.113.7) until ")
    before = len(office.phone.notices)
    office.alert(2)
    assert len(office.phone.notices) == before
    office.tell(3, actor="someone else")
    assert len(office.phone.notices) == before + 1


def test_a_replayed_silence_makes_no_second_one_and_does_not_bring_an_ended_one_back(office: Office) -> None:
    token, form = token_for(office.tell(), "silence-4h"), {"do": "silence-4h"}
    for _ in range(3):
        assert "Silenced until" in call("POST", token, form)["body"]
    (silence,) = office.notifier.silences.all()
    assert len(office.flush()) == 1
    office.notifier.silences.end(silence.id, datetime.now(timezone.utc))
    assert "This silence ended" in call("POST", token, form)["body"]
    (ended,) = office.notifier.silences.all()
    assert ended.ends <= datetime.now(timezone.utc)


@pytest.mark.parametrize("level", ["critical", "an unknown level"])
def test_what_is_critical_is_silenced_by_a_link_for_an_hour_at_most(office: Office, level: str) -> None:
    incident = office.tell(level=level)
    token = token_for(incident, "silence-24h")  # made while the incident was not critical yet
    assert re.findall(r'value="(silence-\w+)"', call("GET", token)["body"]) == ["silence-1h"]
    assert call("POST", token, {"do": "silence-24h"})["statusCode"] == 403
    assert office.notifier.silences.all() == []
    assert call("POST", token, {"do": "silence-1h"})["statusCode"] == 200
    assert longest(level) == "silence-1h"


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ("ack", "silence-1h"),
        ("silence-1h", "ack"),
        ("silence-1h", "silence-4h"),
        ("ack", ""),
        ("ack", "ack2"),
    ],
)
def test_a_link_does_nothing_but_what_it_is_for(office: Office, granted: Action, wanted: str) -> None:
    token = token_for(office.tell(), granted)
    before = office.remembered()
    assert call("POST", token, {"do": wanted})["statusCode"] == 403
    assert office.remembered() == before


def test_forged_expired_foreign_and_missing_tokens_are_answered_alike_and_do_nothing(office: Office) -> None:
    incident = office.tell()
    before = office.remembered()
    bad = [
        token_for(incident, hours=-1),
        token_for(incident, key="another key that is long enough as well"),
        token_for(incident)[:-1],
        token_for(incident).replace(incident.id, "0123456789"),
        "",
        "x" * 100_000,
        "１",
    ]
    answers = [call(method, token, {"do": "ack"}) for token in bad for method in ("GET", "POST", "HEAD")]
    assert {answer["statusCode"] for answer in answers} == {403}
    assert len({answer["body"] for answer in answers}) == 1
    assert office.remembered() == before


def test_a_bad_token_never_reaches_the_store(office: Office) -> None:
    requests = len(office.server.requests)
    assert call("GET", "1.00000000.0123456789.ack.ffffffff." + "A" * 22)["statusCode"] == 403
    assert len(office.server.requests) == requests


def test_a_link_to_an_incident_that_is_over_says_so(office: Office) -> None:
    incident = office.tell()
    office.notifier.desk.close(incident.id, "Ann", datetime.now(timezone.utc))
    for method in ("GET", "POST"):
        assert call(method, token_for(incident), {"do": "ack"})["statusCode"] == 410


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post "])
def test_other_methods_are_refused(office: Office, method: str) -> None:
    token = token_for(office.tell())
    assert call(method, token, {"do": "ack"})["statusCode"] == 405
    assert office.incident().acknowledged_by == ""


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b"{}",
        b'{"requestContext": {"http": {}}}',
        b'{"requestContext": {"http": {"method": "GET"}}, "queryParameters": [1]}',
        b"\xff\xfe",
        http_event("POST", body="a" * 5000),
        http_event("POST", body="&".join(f"{n}=1" for n in range(100))),
        http_event("POST", body="not base64!", isBase64Encoded=True),
        b"[" * 100_000,
    ],
)
def test_what_is_no_request_is_answered_without_a_word_of_it(office: Office, event: bytes) -> None:
    answer = respond.handler(event, FunctionContext())
    assert answer["statusCode"] == 400
    assert "Open the link in the message again" in answer["body"]


def test_a_form_may_come_as_base64(office: Office) -> None:
    incident = office.tell()
    event = http_event("POST", {"t": token_for(incident)}, "ZG89YWNr", isBase64Encoded=True)
    assert respond.handler(event, FunctionContext())["statusCode"] == 200
    assert office.incident().acknowledged_by


@pytest.mark.parametrize("address", ["", "<b>", "1.2.3.4, 5.6.7.8", "999.1.1.1"])
def test_a_caller_without_a_real_address_is_told_as_such(office: Office, address: str) -> None:
    call("POST", token_for(office.tell()), {"do": "ack"}, source=address)
    assert office.incident().acknowledged_by == "someone with the link, from ?"


def test_every_answer_forbids_what_a_page_need_not_do(office: Office) -> None:
    token = token_for(office.tell())
    for answer in (call("GET", token), call("POST", token, {"do": "ack"}), call("GET"), call("PUT", token)):
        headers = answer["headers"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy.pop("style-src").startswith("'sha256-")
        assert policy == {
            "default-src": "'none'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert token not in answer["body"]


class Tags(HTMLParser):
    """The tags, attributes and texts that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(office: Office, text: str) -> None:
    usual = Tags(call("GET", token_for(office.tell(1, actor="bob")))["body"])
    incident = office.tell(2, title=text, summary=text, actor=text, resource=text, level=text)
    pages = [
        call("GET", token_for(incident))["body"],
        call("POST", token_for(incident), {"do": "ack", "name": text})["body"],
        call("GET", token_for(incident))["body"],
        call("POST", token_for(incident, "silence-1h"), {"do": "silence-1h", "name": text})["body"],
    ]
    for page in pages:
        assert Tags(page).tags <= usual.tags | {"p"}
        assert Tags(page).attributes <= usual.attributes
        assert not re.search("[\u202e\x00\x1b\ud800]", page)


def test_a_hostile_group_can_be_silenced_and_alerts_go_on(office: Office) -> None:
    for number, text in enumerate(HOSTILE, 1):
        incident = office.tell(number, actor=text)
        assert call("POST", token_for(incident, "silence-1h"), {"do": "silence-1h"})["statusCode"] == 200
    assert len(office.notifier.silences.all()) == len(HOSTILE)
    told = len(office.phone.notices)
    for number in range(1, len(HOSTILE) + 1):
        now = datetime.now(timezone.utc)
        alert = office.phone.notices[number - 1].alert
        office.notifier.tell([Alert(**{**vars(alert), "id": f"{200 + number:032x}"})], now.timestamp() + 60)
    assert len(office.phone.notices) == told


def test_without_its_store_it_says_so_and_to_try_again(office: Office) -> None:
    token = token_for(office.tell())
    office.server.fault = Fault(body=b"not what a store says")
    answer = call("POST", token, {"do": "ack"})
    assert (answer["statusCode"], "Try again in a minute" in answer["body"]) == (503, True)
    office.server.fault = Fault(times=0)
    assert call("POST", token, {"do": "ack"})["statusCode"] == 200


@pytest.mark.parametrize(
    ("name", "value"), [("LINK_KEYS", ""), ("LINK_KEYS", "short"), ("TABLESTORE_INSTANCE", "")]
)
def test_a_function_that_is_not_set_up_says_no_secret(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TRAILGUARD_{name}", value)
    assert call("GET", "x")["statusCode"] == 503
    assert f"TRAILGUARD_{name}" in caplog.text
    assert not value or value not in caplog.text


def test_no_token_and_no_key_reaches_a_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = token_for(office.tell())
    for method, form in (("GET", {}), ("POST", {"do": "ack"}), ("POST", {"do": "nothing"})):
        call(method, token, form)
    assert "acknowledged by" in caplog.text
    assert token not in caplog.text
    assert SECRET not in caplog.text


def test_a_chinese_team_reads_a_chinese_page(open_office: Callable[..., Office]) -> None:
    office = open_office("zh")
    token = token_for(office.tell())
    assert 'lang="zh"' in call("GET", token)["body"]
    assert "确认：由我处理" in call("GET", token)["body"]
    call("POST", token, {"do": "ack", "name": "李伟"})
    assert office.flush() == ["李伟（通过链接，来自 203.0.113.7） 已确认"]


def test_an_incident_of_every_alert_is_silenced_by_its_rules(open_office: Callable[..., Office]) -> None:
    office = open_office(routes=ROUTES.replace("[rule, actor]", "[]"))
    incident = office.tell()
    call("POST", token_for(incident, "silence-1h"), {"do": "silence-1h"})
    (silence,) = office.notifier.silences.all()
    assert silence.covers({"rule": "access-key-created"}, silence.starts)
    assert not silence.covers({"rule": "root-sign-in"}, silence.starts)


def links_of(notice: Notice) -> dict[str, str]:
    keys = Keys.of(SECRET)
    found = answer_links("https://oncall.example.com/", keys, lambda: datetime.now(timezone.utc))(notice)
    assert all(link.is_safe for link in found)
    return {link.key: link.url for link in found}


def test_the_links_of_a_message_work(office: Office) -> None:
    incident = office.tell()
    links = links_of(office.phone.notices[0])
    tokens = {name: parse_qs(urlsplit(url).query)["t"][0] for name, url in links.items()}
    assert call("POST", tokens["ack"], {"do": "ack"})["statusCode"] == 200
    assert call("POST", tokens["silence"], {"do": "silence-24h"})["statusCode"] == 200
    assert office.incident().id == incident.id
    assert max(map(len, links.values())) < 110


def test_a_message_that_nobody_can_answer_has_no_links(office: Office) -> None:
    office.tell()
    first = office.phone.notices[0]
    assert links_of(first)
    assert links_of(notice_of(first.alert)) == {}  # told without a store: no incident is kept under it
    call("POST", token_for(office.incident()), {"do": "ack"})
    office.flush()
    assert office.phone.notices[-1].kind == "note"
    assert links_of(office.phone.notices[-1]) == {}


@pytest.mark.skipif(not shutil.which(CHROMIUM), reason=f"no {CHROMIUM} on this machine")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_person_acknowledges_on_a_phone(open_office: Callable[..., Office], language: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    office = open_office(language)
    token = token_for(office.tell(actor="mallory<script>document.title='owned'</script>"))
    errors: list[str] = []
    with Gateway(respond.handler) as gateway, playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2)
        page.on("console", lambda message: errors.append(message.text))
        page.goto(f"{gateway.url}?t={token}")
        assert office.incident().acknowledged_by == ""
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator("button").bounding_box()["height"] >= 48  # a thumb's
        assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"  # its style is in force
        page.fill("input[name=name]", "Li Wei")
        page.screenshot(path=str(office.folder / f"{language}.png"), full_page=True)
        page.click("button")
        page.wait_for_selector("form", state="detached")
        assert "owned" not in page.title()
        assert errors == []
        browser.close()
    assert office.incident().acknowledged_by.startswith("Li Wei")
    assert json.loads(json.dumps(office.flush()))
