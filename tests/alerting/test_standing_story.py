"""Findings that last: told once, not repeated, told as resolved; and once a week all that still stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from shared.alerting.channels.pagerduty import event
from shared.alerting.digest import digest_of
from shared.alerting.message import compose
from shared.alerting.notice import notice_of
from shared.alerting.standing import MOST_NAMED, StandingFinding, alert_of_standing
from shared.config import load_alerts
from tests.alerting.conftest import START
from tests.alerting.test_oncall_story import PLAIN, Night

ROUTES = PLAIN.replace("[rule]}", "[rule], repeat_interval: 0s}")
RULES = {rule.name: rule for rule in load_alerts().rules}


@pytest.fixture
def desk(clock, tmp_path) -> Night:
    return Night(clock, tmp_path / "night.sqlite", ROUTES)


@pytest.fixture
def finding(make_alert):
    """`finding(1)` begins, `finding(1, over=True)` ends the same."""

    def make(number: int, over: bool = False):
        status = "resolved" if over else "standing"
        return make_alert(number + 100 * over, status=status, finding=f"finding {number}")

    return make


def states(desk: Night) -> list[str]:
    return [incident.state for incident in desk.notifier.desk.incidents()]


def test_it_is_told_once_and_its_incident_lasts_as_long_as_it_does(desk, finding) -> None:
    desk.tell(finding(1))
    desk.pass_by(hours=50)
    assert desk.phone.story == [(0, "first", 1)]
    assert states(desk) == ["open"]


def test_its_end_is_told_and_closes_the_incident(desk, finding) -> None:
    desk.tell(finding(1))
    desk.pass_by(hours=30)
    desk.tell(finding(1, over=True))
    desk.pass_by(minutes=6)
    assert desk.phone.story == [(0, "first", 1), (1800, "update", 2)]
    assert desk.phone.notices[1][1].state == "closed"
    assert states(desk) == ["closed"]


def test_while_another_one_stands_the_incident_stays_open(desk, finding) -> None:
    desk.tell(finding(1), finding(2))
    desk.pass_by(hours=1)
    desk.tell(finding(1, over=True))
    desk.pass_by(hours=30)
    assert states(desk) == ["open"]
    desk.tell(finding(2, over=True))
    desk.pass_by(minutes=6)
    assert states(desk) == ["closed"]
    assert [notice.state for _, notice in desk.phone.notices] == ["open", "open", "closed"]


def test_an_end_is_told_though_somebody_is_on_it(desk, finding) -> None:
    desk.tell(finding(1))
    (incident,) = desk.notifier.desk.incidents()
    desk.notifier.desk.acknowledge(incident.id, "wang", desk.clock())
    desk.tell(finding(1, over=True))
    desk.pass_by(minutes=6)
    assert [kind for _, kind, _ in desk.phone.story] == ["first", "note", "update"]


def test_nobody_is_reminded_of_what_is_over(clock, tmp_path, finding) -> None:
    desk = Night(clock, tmp_path / "night.sqlite", PLAIN.replace("[rule]}", "[rule], repeat_interval: 1h}"))
    desk.tell(finding(1), finding(2))
    desk.pass_by(minutes=30)
    desk.tell(finding(1, over=True))
    desk.pass_by(hours=5)
    assert [kind for _, kind, _ in desk.phone.story] == ["first", "update"]


def test_the_message_says_that_it_is_over(finding) -> None:
    message = compose(notice_of(finding(1, over=True)), "en", timezone.utc)
    assert message.title == "[RESOLVED] Root signed in"
    assert message.subject == "[HIGH] Root signed in", "a mail's thread keeps its subject"
    assert "This is no longer so" in message.facts[0].text
    assert compose(notice_of(finding(1, over=True)), "zh", timezone.utc).title.startswith("[已恢复]")


def test_pagerduty_resolves_it(finding) -> None:
    notice = replace(notice_of(finding(1, over=True)), state="closed")
    assert event(notice, compose(notice, "en", timezone.utc))["event_action"] == "resolve"


def standing(count: int, name: str = "audit-incomplete") -> list[StandingFinding]:
    since = START - timedelta(days=12)
    return [
        StandingFinding(RULES[name], "1234567890123456", (f"resource {n}",), since.timestamp() + n)
        for n in range(count)
    ]


def test_once_a_week_all_that_stands_is_told_with_its_age() -> None:
    told = alert_of_standing(standing(2), START)
    assert told is not None
    assert told.summary == "2 finding(s) of the audits have not been resolved: 2 medium"
    assert told.summary_in("zh") == "2 项审计发现尚未解决：中危 2 项"
    assert told.reasons[0] == "[medium] An audit could not see everything: resource 0, for 12d"


def test_a_long_list_is_cut_and_says_so() -> None:
    told = alert_of_standing(standing(MOST_NAMED + 30), START)
    assert told is not None
    assert len(told.reasons) == MOST_NAMED + 1
    assert told.reasons[-1].startswith("and 30 more")


def test_where_nothing_stands_nothing_is_told() -> None:
    assert alert_of_standing([], START) is None
    shadow = [replace(each, rule=replace(each.rule, mode="shadow")) for each in standing(1)]
    assert alert_of_standing(shadow, START) is None


def test_the_same_week_gives_the_same_alert() -> None:
    first, again = (alert_of_standing(standing(1), START + timedelta(hours=hour)) for hour in (0, 5))
    later = alert_of_standing(standing(1), START + timedelta(days=7))
    assert first and again and later
    assert first.id == again.id != later.id


def test_in_a_digest_and_beside_others_what_is_over_says_so(finding) -> None:
    over, stands = notice_of(finding(1, over=True)), notice_of(finding(2))
    digest = compose(digest_of([stands, over]), "en", timezone.utc)
    lines = [line for fact in digest.facts if fact.key == "incidents" for line in fact.lines]
    assert [line.split("]")[0] for line in lines] == ["[HIGH", "[RESOLVED"]
    many = [notice_of(finding(n, over=n % 2 == 0)) for n in range(1, 100)]
    by_rule = compose(digest_of(many), "en", timezone.utc)
    (told,) = [fact.lines for fact in by_rule.facts if fact.key == "incidents"]
    assert sorted(line.split(" Root")[0] for line in told) == ["[HIGH] 50×", "[RESOLVED] 49×"]
    both = replace(notice_of(finding(2)), alerts=(stands.alert, over.alert), count=2)
    (also,) = [fact.text for fact in compose(both, "zh", timezone.utc).facts if fact.key == "also"]
    assert also.startswith("[已恢复]")
