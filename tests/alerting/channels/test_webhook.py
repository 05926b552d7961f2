from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import trustme
from standardwebhooks import Webhook as Verifier

from shared.alerting.channels.verdict import MAX_RETRY_AFTER
from shared.alerting.channels.webhook import Webhook
from shared.alerting.channels.webhook_payload import alertmanager
from shared.alerting.links import Link
from shared.alerting.notice import Notice, notice_of
from tests.receivers.server import Answer, eventually
from tests.receivers.smtp import cafile
from tests.receivers.webhook import SECRET, WebhookEndpoint

LOCAL = ("127.0.0.0/8", "::1/128")
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of 32 bytes 00001").decode()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def endpoint():
    with WebhookEndpoint() as running:
        yield running


HOUR = timedelta(hours=1)


def local(url: str, secrets=(SECRET,), **settings) -> Webhook:
    return Webhook(url, secrets, **{"allow_private": LOCAL, "allow_http": True, **settings})


def test_an_alert_arrives_whole_and_verifies(endpoint, alert, soon):
    assert local(endpoint.url + "/hooks?team=a b").send(notice_of(alert), soon).kind == "sent"
    assert endpoint.alerts == [json.loads(json.dumps(alert.to_dict()))]
    sent = json.loads(endpoint.requests[0].body)
    assert (sent["type"], sent["timestamp"]) == ("trailguard.first", "2026-11-02T18:30:05Z")
    assert endpoint.requests[0].path == "/hooks?team=a%20b"


def test_hostile_text_arrives_as_data(endpoint, hostile, soon):
    assert local(endpoint.url).send(notice_of(hostile), soon).kind == "sent"
    assert endpoint.alerts[0]["resource"] == hostile.resource


def test_a_hostile_id_can_not_add_a_header(endpoint, alert, soon):
    smuggled = type(alert).from_dict({**alert.to_dict(), "id": "x\r\nX-Admin: yes"})
    assert local(endpoint.url).send(notice_of(smuggled), soon).kind == "sent"
    assert "X-Admin" not in endpoint.requests[0].headers


def test_a_retry_keeps_the_id_and_signs_a_new_timestamp(endpoint, alert):
    started = time.time()
    endpoint.answer_with(503)
    for now, kind in [(started - 100, "retry"), (started, "sent")]:
        assert local(endpoint.url, now=lambda now=now: now).send(notice_of(alert), now + 10).kind == kind
    first, second = (request.headers for request in endpoint.requests)
    assert first["webhook-id"] == second["webhook-id"] == alert.id
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 100
    assert first["webhook-signature"] != second["webhook-signature"]


@pytest.mark.parametrize("known", [SECRET, OTHER_SECRET])
def test_during_a_rotation_the_receiver_may_know_either_secret(alert, soon, known):
    with WebhookEndpoint(secret=known) as endpoint:
        assert local(endpoint.url, [SECRET, OTHER_SECRET]).send(notice_of(alert), soon).kind == "sent"
        headers = {name.lower(): value for name, value in endpoint.requests[0].headers.items()}
        assert len(headers["webhook-signature"].split()) == 2
        for secret in (SECRET, OTHER_SECRET):
            Verifier(secret).verify(endpoint.requests[0].body, headers)


def test_a_wrong_secret_is_rejected(endpoint, alert, soon):
    outcome = local(endpoint.url, [OTHER_SECRET]).send(notice_of(alert), soon)
    assert (outcome.kind, "HTTP 401" in outcome.reason, endpoint.alerts) == ("rejected", True, [])


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_dG9vIHNob3J0", "whsec_!!!", SECRET[6:], "whsec_秘密"]
)
def test_a_secret_of_another_form_is_refused_and_not_repeated(secret):
    with pytest.raises(ValueError, match="webhook secret must be whsec_") as error:
        Webhook("https://hooks.example.com", [secret])
    assert len(secret) < 10 or secret not in str(error.value)


def test_without_a_secret_there_is_no_webhook():
    with pytest.raises(ValueError, match="needs a signing secret"):
        Webhook("https://hooks.example.com", [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(200, "sent"), (202, "sent"), (299, "sent")],
        *[(400, "rejected"), (401, "rejected"), (404, "rejected"), (410, "rejected"), (413, "rejected")],
        *[(408, "retry"), (425, "retry"), (429, "retry"), (500, "retry"), (502, "retry"), (504, "retry")],
        (600, "retry"),
    ],
)
def test_the_status_decides(endpoint, alert, soon, status, kind):
    endpoint.answer_with(status, body=b"why " * 10)
    outcome = local(endpoint.url).send(notice_of(alert), soon)
    assert outcome.kind == kind
    assert kind == "sent" or f"HTTP {status}" in outcome.reason
    assert "why" not in outcome.reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_metadata_service_is_not_followed(endpoint, alert, soon, status):
    with WebhookEndpoint() as metadata:
        endpoint.answer_with(
            status, {"Location": metadata.url + "/latest/meta-data/ram/security-credentials/"}
        )
        outcome = local(endpoint.url).send(notice_of(alert), soon)
        assert metadata.requests == []
    assert outcome.kind == "rejected"
    assert "redirects are not followed" in outcome.reason


def in_ninety_seconds() -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        ("0", 0, 0),
        (in_ninety_seconds, 60, 91),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("99999999999", MAX_RETRY_AFTER, MAX_RETRY_AFTER),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_up_to_an_hour(endpoint, alert, soon, status, header, least, most):
    endpoint.answer_with(status, {"Retry-After": header if isinstance(header, str) else header()})
    assert least <= local(endpoint.url).send(notice_of(alert), soon).retry_after <= most


@pytest.mark.parametrize("header", ["", "soon", "-5", "1.5", "²", "Wed, 99 Foo", "9" * 400])
def test_a_retry_after_that_says_nothing_is_ignored(endpoint, alert, soon, header):
    endpoint.answer_with(429, {"Retry-After": header})
    outcome = local(endpoint.url).send(notice_of(alert), soon)
    assert (outcome.kind, outcome.retry_after) in [("retry", None), ("retry", MAX_RETRY_AFTER)]


def test_an_endpoint_that_is_down_is_retried(alert, soon):
    with WebhookEndpoint() as endpoint:
        channel = local(endpoint.url)
    outcome = channel.send(notice_of(alert), soon)
    assert (outcome.kind, "refused" in outcome.reason) == ("retry", True)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(delay=30),
        Answer(body=b"x" * 1000, drip=0.05, drip_head=True),
        Answer(headers={"X-Long": "x" * 70_000}),
        Answer(status=200, headers={f"X-{n}": "x" for n in range(300)}),
    ],
    ids=["silent", "drips", "endless header", "too many headers"],
)
def test_an_answer_without_end_is_given_up_at_the_deadline(endpoint, alert, answer):
    endpoint.script(answer)
    started = time.monotonic()
    outcome = local(endpoint.url).send(notice_of(alert), time.time() + 0.5)
    assert outcome.kind == "retry"
    assert time.monotonic() - started < 1.5


def test_a_body_without_end_is_not_waited_for(endpoint, alert, soon):
    endpoint.script(Answer(body=b"x" * 50_000_000, drip=0.01))
    started = time.monotonic()
    assert local(endpoint.url).send(notice_of(alert), soon).kind == "sent"
    assert time.monotonic() - started < 1


def test_after_the_deadline_nothing_is_sent(endpoint, alert):
    assert local(endpoint.url).send(notice_of(alert), time.time() - 1).kind == "retry"
    assert endpoint.requests == []


# TLS


def test_https_is_verified_by_name_at_the_address_that_was_checked(authority, tmp_path, alert, soon):
    asked = []

    def lookup(host):
        asked.append(host)
        return ["127.0.0.1"]

    with WebhookEndpoint(ca=authority, names=("hooks.example.com",)) as endpoint:
        url = f"https://hooks.example.com:{endpoint.port}/in"
        channel = Webhook(
            url, [SECRET], allow_private=LOCAL, cafile=cafile(authority, tmp_path), lookup=lookup
        )
        assert channel.send(notice_of(alert), soon).kind == "sent"
        assert endpoint.requests[0].headers["Host"] == f"hooks.example.com:{endpoint.port}"
    assert asked == ["hooks.example.com"]


def test_an_untrusted_authority_is_rejected_with_a_clear_reason(authority, alert, soon):
    with WebhookEndpoint(ca=authority) as endpoint:
        outcome = Webhook(endpoint.url, [SECRET], allow_private=LOCAL).send(notice_of(alert), soon)
        assert endpoint.requests == []
    assert outcome.kind == "rejected"
    assert "certificate is not trusted: unable to get local issuer certificate" in outcome.reason


def test_a_certificate_for_another_name_is_rejected(authority, tmp_path, alert, soon):
    with WebhookEndpoint(ca=authority, names=("other.example.com",)) as endpoint:
        trusting = cafile(authority, tmp_path)
        outcome = Webhook(endpoint.url, [SECRET], allow_private=LOCAL, cafile=trusting).send(
            notice_of(alert), soon
        )
        assert endpoint.requests == []
    assert outcome.kind == "rejected"
    assert "certificate is not trusted: IP address mismatch" in outcome.reason


def test_a_tls_server_that_drips_is_given_up_at_the_deadline(authority, tmp_path, alert):
    with WebhookEndpoint(ca=authority) as endpoint:
        endpoint.script(Answer(body=b"x" * 1000, drip=0.05, drip_head=True))
        channel = Webhook(endpoint.url, [SECRET], allow_private=LOCAL, cafile=cafile(authority, tmp_path))
        started = time.monotonic()
        outcome = channel.send(notice_of(alert), time.time() + 0.5)
    assert (outcome.kind, "no answer in time" in outcome.reason) == ("retry", True)
    assert time.monotonic() - started < 1.5


# Where it may go


def test_a_name_that_leads_to_a_private_address_is_refused(endpoint, alert, soon):
    outcome = Webhook(f"https://localhost:{endpoint.port}/", [SECRET]).send(notice_of(alert), soon)
    assert outcome.kind == "rejected"
    assert "localhost leads to 127.0.0.1, which is not public" in outcome.reason
    assert endpoint.requests == []


def test_an_unknown_name_is_retried(alert, soon):
    outcome = Webhook("https://no-such-host.invalid/", [SECRET]).send(notice_of(alert), soon)
    assert outcome.kind == "retry"


def test_plain_http_needs_to_be_allowed(endpoint):
    with pytest.raises(ValueError, match="must be https"):
        Webhook(endpoint.url, [SECRET], allow_private=LOCAL)


def test_no_secret_is_ever_in_an_outcome_or_a_repr(endpoint, alert, soon):
    url = endpoint.url + "/hooks/path-secret-1?key=query-secret-2"
    channel = local(url)
    endpoint.answer_with(500, body=url.encode())
    told = [repr(channel), channel.send(notice_of(alert), soon).reason]
    endpoint.answer_with(302, {"Location": url})
    told.append(channel.send(notice_of(alert), soon).reason)
    endpoint.__exit__()
    told.append(channel.send(notice_of(alert), soon).reason)
    told.append(Webhook(url.replace("http:", "https:"), [SECRET]).send(notice_of(alert), soon).reason)
    assert not any(secret in text for text in told for secret in ("path-secret", "query-secret", SECRET[6:]))
    assert all(told)


def test_a_receiver_that_hangs_up_at_once_is_retried(endpoint, alert, soon):
    endpoint.write = lambda answer, out: None
    assert local(endpoint.url).send(notice_of(alert), soon).kind == "retry"
    assert eventually(lambda: len(endpoint.requests) == 1)


# Alertmanager's JSON


def as_alertmanager(endpoint) -> Webhook:
    def links(notice):
        return (Link("do", "https://git.example.com/x.md"), Link("query", "https://sls.console.aliyun.com/q"))

    return local(endpoint.url, payload=alertmanager("on-call", links))


def test_alertmanagers_receivers_get_what_they_know(endpoint, notice, alert, soon):
    other = replace(alert, id="f" * 32, actor="bob")
    told = replace(notice, incident="1a2b", alerts=(alert, other), count=7)
    assert as_alertmanager(endpoint).send(told, soon).kind == "sent"
    [body] = endpoint.notices
    assert (body["version"], body["groupKey"], body["status"]) == ("4", "1a2b", "firing")
    assert (body["receiver"], body["truncatedAlerts"]) == ("on-call", 5)
    assert body["commonLabels"]["alertname"] == "actiontrail-root-sign-in-without-mfa"
    assert "actor" not in body["commonLabels"]
    first = body["alerts"][0]
    assert first["labels"]["severity"] == "critical"
    assert first["annotations"]["runbook_url"] == "https://git.example.com/x.md"
    assert first["generatorURL"] == "https://sls.console.aliyun.com/q"
    assert (first["startsAt"], first["endsAt"]) == ("2026-11-02T18:30:05Z", "0001-01-01T00:00:00Z")
    assert [each["fingerprint"] for each in body["alerts"]] == [alert.id, other.id]


def test_a_closed_incident_is_resolved(endpoint, notice, soon):
    as_alertmanager(endpoint).send(replace(notice, kind="note", state="closed"), soon)
    [body] = endpoint.notices
    assert (body["status"], body["alerts"][0]["status"]) == ("resolved", "resolved")
    assert body["alerts"][0]["endsAt"] == "2026-11-02T18:30:05Z"


def test_what_is_over_is_resolved_by_itself_while_the_others_fire(endpoint, notice, alert, soon):
    standing = replace(alert, id="e" * 32, status="standing", finding="finding 1")
    over = replace(alert, id="f" * 32, status="resolved", finding="finding 2", time=alert.time + HOUR)
    told = replace(notice, kind="update", alerts=(standing, over), count=3)
    as_alertmanager(endpoint).send(told, soon)
    [body] = endpoint.notices
    assert body["status"] == "firing"
    assert [each["status"] for each in body["alerts"]] == ["firing", "resolved"]
    assert [each["endsAt"] for each in body["alerts"]] == ["0001-01-01T00:00:00Z", "2026-11-02T19:30:05Z"]
    assert [each["fingerprint"] for each in body["alerts"]] == ["finding 1", "finding 2"], "as it began"


def test_a_drill_and_what_a_look_has_shown_are_told_as_such(endpoint, notice, alert, soon):
    drill = replace(alert, mode="drill", confirmation="confirmed: the bucket is public")
    as_alertmanager(endpoint).send(replace(notice, alerts=(drill,)), soon)
    [told] = endpoint.notices[0]["alerts"]
    assert (told["labels"]["drill"], told["labels"]["severity"]) == ("true", "informational")
    assert told["annotations"]["summary"].startswith("DRILL: ")
    assert told["annotations"]["confirmation"] == "confirmed: the bucket is public"
    as_alertmanager(endpoint).send(replace(notice, alerts=(alert,)), soon)
    assert "drill" not in endpoint.notices[1]["alerts"][0]["labels"]


def test_hostile_text_is_one_clean_line_for_receivers_that_paste_it(endpoint, hostile, soon):
    as_alertmanager(endpoint).send(notice_of(hostile), soon)
    texts = [*endpoint.alerts[0]["labels"].values(), endpoint.alerts[0]["annotations"]["summary"]]
    assert all(text.isprintable() and "://" not in text for text in texts)


def test_a_notice_says_what_it_is(endpoint, notice, soon):
    told = replace(notice, kind="update", count=3, new=2)
    local(endpoint.url).send(told, soon)
    assert endpoint.notices[0]["type"] == "trailguard.update"
    assert Notice.from_dict(endpoint.notices[0]["data"]) == told
